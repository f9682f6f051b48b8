import { attribute, elementsOf, type Node } from "../ir/index.js";
import {
  type ChannelLink,
  type DimsOf,
  defineOp,
  knownDims,
  type OpDefinition,
  type Operand,
  type SliceContext,
} from "./define.js";
import { makes, range, rides } from "./relations.js";

/**
 * Attentions in one node: whole heads go, with the queries, keys and values that belong to them, since the width of a
 * head is a sum inside the node. https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
 */
const domain = "com.microsoft";

/** Every position meets every other of its sequence, and each its own place in masks and tables: these axes stay. */
function keepsPlaces(link: ChannelLink, x: Operand, places: number): void {
  link.freeze(x, 0, "batch-axis");
  link.freeze(x, places, "spatial-axis");
}

/** x's last axis cut into heads; only whole heads leave it. */
function headsOf(link: ChannelLink, x: Operand, heads: number): Operand | undefined {
  const [batch = 1, positions = 1, channels = 0] = x.dims;
  const width = channels / heads;
  if (x.dims.length !== 3 || !Number.isInteger(width) || width < 1) return undefined;
  keepsPlaces(link, x, 1);
  const cut = link.scratch([batch, positions, heads, width]);
  link.reshape(x, cut);
  link.mix(cut, [3], "collapsed");
  return cut;
}

/** What else has one entry for each head: a cache, [batch, heads, positions, width], or a bias of the scores. */
function ridesHeads(link: ChannelLink, p: Operand | undefined, heads: Operand): void {
  if (p?.dims.length === 4) rides(link, p, 1, heads, 2);
}

/** The heads of the queries are those of the layer's output, at the same positions. */
function gives(link: ChannelLink, queries: Operand, y: Operand): void {
  const [batch = 1, positions = 1, heads = 1] = queries.dims;
  const context = link.scratch([batch, positions, heads, (y.dims.at(-1) ?? 0) / heads]);
  link.pass(queries, 2, context, 2);
  link.reshape(context, y);
}

/** How many of so many equal heads on the last axis of an operand stay. */
function headsLeft(kept: readonly number[], width: number): number {
  return new Set(kept.map((at) => Math.floor(at / width))).size;
}

/** One head count as attribute, from what is left of an output of so many heads before. */
function countHeads(node: Node, slice: SliceContext): void {
  const heads = node.int("num_heads") ?? 1;
  const width = (slice.outputBefore(0)?.at(-1) ?? 0) / heads;
  slice.setAttribute(attribute.int("num_heads", headsLeft(slice.keptOutput(0, 2), width)));
}

/** Scores and their sum over values: two products for each query, key and channel. */
function scoreMacs(queries: readonly number[], keys: number): number {
  return 2 * elementsOf(queries) * keys;
}

/** One weight makes queries, keys and values: [inputs, 3 · heads · width]. */
const attention = defineOp({
  type: "Attention",
  domain,
  since: [1],
  inputs: ["input", "weights", "bias?", "mask_index?", "past?", "attention_bias?", "past_sequence_length?"],
  outputs: ["output", "present?"],
  kind: "attention",
  channels(node, link) {
    const [x, w, y] = [link.input(0), link.input(1), link.output(0)];
    const heads = node.int("num_heads") ?? 0;
    if (!x || !w || !y || heads < 1 || x.dims.length !== 3 || w.dims.length !== 2)
      return link.barrier("unknown-shape");
    const width = (w.dims[1] ?? 0) / (3 * heads);
    // Values may have another width; rotations and caches bring tables of their own.
    const sizes = node.ints("qkv_hidden_sizes");
    const isPlain = !sizes?.some((size) => size !== heads * width) && !node.int("do_rotary");
    if (!isPlain || !Number.isInteger(width) || link.input(4) || link.output(1))
      return link.barrier("no-rule");
    const [batch = 1, positions = 1] = x.dims;
    const packed = link.scratch([batch, positions, 3 * heads * width]);
    keepsPlaces(link, x, 1);
    link.contract(x, 2, w, 0);
    makes(link, w, 1, packed, 2);
    rides(link, link.input(2), 0, packed, 2);
    const cut = link.scratch([batch, positions, 3, heads, width]);
    link.reshape(packed, cut);
    link.mix(cut, [2, 4], "collapsed");
    const bias = link.input(5);
    if (bias?.dims.length === 4) rides(link, bias, 1, cut, 3);
    const values = link.scratch([batch, positions, 1, heads, width]);
    link.take(cut, values, 2, [2]);
    link.reshape(values, y);
  },
  afterSlice(node, slice) {
    countHeads(node, slice);
    if (!node.ints("qkv_hidden_sizes")) return;
    const width = slice.keptOutput(0, 2).length;
    slice.setAttribute(attribute.ints("qkv_hidden_sizes", [width, width, width]));
  },
  macs(node, dims) {
    const [batch = 1, positions = 1] = knownDims(node.input(0), dims);
    const [inputs = 0, outputs = 0] = knownDims(node.input(1), dims);
    // Of other widths than the queries' no head goes: what the attribute says of them stays true.
    const [queries = 0, keys = 0, values = 0] = node.ints("qkv_hidden_sizes") ?? [];
    const summed = keys === values && queries === keys ? (2 * outputs) / 3 : queries + values;
    return batch * positions * (inputs * outputs + positions * summed);
  },
});

/** Queries, keys and values of as many heads each. */
const multiHeadAttention = defineOp({
  type: "MultiHeadAttention",
  domain,
  since: [1],
  inputs: [
    "query",
    "key?",
    "value?",
    "bias?",
    "key_padding_mask?",
    "attention_bias?",
    "past_key?",
    "past_value?",
    "past_sequence_length?",
    "cache_indirection?",
  ],
  outputs: ["output", "present_key?", "present_value?", "qk?"],
  kind: "attention",
  channels(node, link) {
    const [q, k, v, y] = [link.input(0), link.input(1), link.input(2), link.output(0)];
    const heads = node.int("num_heads") ?? 0;
    // Packed keys and values, and caches of other layouts, have their own forms.
    if (!q || !k || !v || !y || heads < 1 || link.input(8) || link.input(9) || link.output(3))
      return link.barrier("no-rule");
    const [queries, keys, values] = [q, k, v].map((each) => headsOf(link, each, heads));
    if (!queries || !keys || !values) return link.barrier("no-rule");
    link.ride(keys, 2, queries, 2);
    link.ride(values, 2, queries, 2);
    ridesPacked(link, link.input(3), [q, k, v]);
    for (const index of [5, 6, 7]) ridesHeads(link, link.input(index), queries);
    for (const index of [1, 2]) passHeads(link, queries, link.output(index));
    gives(link, queries, y);
  },
  afterSlice: countHeads,
  macs: separateMacs,
});

/** One vector holds the biases of several operands, one after another. */
function ridesPacked(link: ChannelLink, bias: Operand | undefined, operands: readonly Operand[]): void {
  if (!bias) return;
  let start = 0;
  for (const operand of operands) {
    const size = operand.dims.at(-1) ?? 0;
    const part = link.scratch([size]);
    link.take(bias, part, 0, range(size, start));
    link.ride(part, 0, operand, -1);
    start += size;
  }
}

/** A cache that goes on to the next step: [batch, heads, positions, width]. */
function passHeads(link: ChannelLink, heads: Operand, cache: Operand | undefined): void {
  if (cache) link.pass(heads, 2, cache, 1);
}

function separateMacs(node: Node, dims: DimsOf): number {
  const keys = (node.input(1) && knownDims(node.input(1), dims).at(1)) ?? 0;
  return scoreMacs(knownDims(node.input(0), dims), keys);
}

/** Several heads of queries share a head of keys and values: they go together. */
const groupQueryAttention = defineOp({
  type: "GroupQueryAttention",
  domain,
  since: [1],
  inputs: [
    "query",
    "key?",
    "value?",
    "past_key?",
    "past_value?",
    "seqlens_k",
    "total_sequence_length",
    "cos_cache?",
    "sin_cache?",
    "position_ids?",
    "attention_bias?",
    "head_sink?",
    "k_scale?",
    "v_scale?",
    "q_norm_weight?",
    "k_norm_weight?",
  ],
  outputs: ["output", "present_key?", "present_value?", "output_qk?"],
  kind: "attention",
  channels(node, link) {
    const [q, k, v, y] = [link.input(0), link.input(1), link.input(2), link.output(0)];
    const [heads, shared] = [node.int("num_heads") ?? 0, node.int("kv_num_heads") ?? 0];
    const others = range(6, 10).some((index) => link.input(index)) || link.output(3);
    if (!q || !k || !v || !y || shared < 1 || heads % shared !== 0 || others) return link.barrier("no-rule");
    const [queries, keys, values] = [q, k, v].map((each) => headsOf(link, each, shared));
    if (!queries || !keys || !values) return link.barrier("no-rule");
    link.ride(keys, 2, queries, 2);
    link.ride(values, 2, queries, 2);
    for (const index of [3, 4]) ridesHeads(link, link.input(index), queries);
    for (const index of [1, 2]) passHeads(link, queries, link.output(index));
    gives(link, queries, y);
  },
  afterSlice(node, slice) {
    const [heads, shared] = [node.int("num_heads") ?? 1, node.int("kv_num_heads") ?? 1];
    const width = (slice.outputBefore(0)?.at(-1) ?? 0) / heads;
    slice.setAttribute(attribute.int("num_heads", headsLeft(slice.keptInput(0, 2), width)));
    const sharedWidth = (slice.inputBefore(1)?.at(-1) ?? 0) / shared;
    slice.setAttribute(attribute.int("kv_num_heads", headsLeft(slice.keptInput(1, 2), sharedWidth)));
  },
  macs: separateMacs,
});

/** Turns pairs of channels of every head by angles that tables give for each position. */
const rotaryEmbedding = defineOp({
  type: "RotaryEmbedding",
  domain,
  since: [1],
  inputs: ["input", "position_ids", "cos_cache", "sin_cache"],
  outputs: ["output"],
  kind: "movement",
  channels(node, link) {
    const [x, tables, y] = [link.input(0), link.input(2), link.output(0)];
    if (!x || !tables || !y) return link.barrier("unknown-shape");
    link.same(x, y);
    if (x.dims.length === 4) {
      keepsPlaces(link, x, 2);
      return link.mix(x, [3], "collapsed");
    }
    const heads = node.int("num_heads") || (x.dims.at(-1) ?? 0) / (2 * (tables.dims[1] ?? 0));
    if (!Number.isInteger(heads) || !headsOf(link, x, heads)) link.barrier("no-rule");
  },
  afterSlice(node, slice) {
    const heads = node.int("num_heads") ?? 0;
    if (heads === 0) return;
    const before = slice.inputBefore(0);
    const width = (before?.at(-1) ?? 0) / heads;
    if (before?.length === 3)
      slice.setAttribute(attribute.int("num_heads", headsLeft(slice.keptInput(0, 2), width)));
    else slice.setAttribute(attribute.int("num_heads", slice.keptInput(0, 1).length));
  },
});

export const attentionOps: readonly OpDefinition[] = [
  attention,
  multiHeadAttention,
  groupQueryAttention,
  rotaryEmbedding,
];
