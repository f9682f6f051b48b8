import type { Node } from "../ir/index.js";
import { type ChannelLink, defineOp, type OpDefinition, type Operand } from "./define.js";
import { countHeads, headsOf } from "./heads.js";

/**
 * Turns pairs of channels of every head by angles that tables give for each position. Heads are turned alike, so that
 * the tables, [positions, width / 2], stay as they are.
 */
function linkTurned(link: ChannelLink, x: Operand | undefined, y: Operand | undefined, heads: number): void {
  if (!x || !y) return link.barrier("unknown-shape");
  const count = x.dims.length === 4 ? (x.dims[1] ?? 0) : heads;
  if (!Number.isInteger(count) || count < 1 || !headsOf(link, x, count)) return link.barrier("unknown-shape");
  link.same(x, y);
}

/** https://onnx.ai/onnx/operators/onnx__RotaryEmbedding.html */
const rotaryEmbedding = defineOp({
  type: "RotaryEmbedding",
  since: [23],
  inputs: ["X", "cos_cache", "sin_cache", "position_ids?"],
  outputs: ["Y"],
  kind: "movement",
  channels: (node, link) => linkTurned(link, link.input(0), link.output(0), node.int("num_heads") ?? 0),
  afterSlice: (node, slice) => countHeads(node, slice, "num_heads", 0),
});

/** The same of onnxruntime, where tables may say how wide a head is. */
const vendorRotaryEmbedding = defineOp({
  type: "RotaryEmbedding",
  domain: "com.microsoft",
  since: [1],
  inputs: ["input", "position_ids", "cos_cache", "sin_cache"],
  outputs: ["output"],
  kind: "movement",
  channels: (node, link) => linkTurned(link, link.input(0), link.output(0), headsTurned(node, link)),
  afterSlice: (node, slice) => countHeads(node, slice, "num_heads", 0),
});

function headsTurned(node: Node, link: ChannelLink): number {
  const [x, tables] = [link.input(0), link.input(2)];
  return node.int("num_heads") || (x?.dims.at(-1) ?? 0) / (2 * (tables?.dims[1] ?? 0));
}

export const rotaryOps: readonly OpDefinition[] = [rotaryEmbedding, vendorRotaryEmbedding];
