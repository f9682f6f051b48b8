import type { Node, Value } from "../ir/index.js";
import { constantTensor } from "../ops/index.js";
import type { ChannelAnalysis } from "./analysis.js";
import { type Holder, type LabelBlock, unitPosition } from "./holders.js";

/** A weight that sums over channels, and the activation whose channels it reads there. */
export interface ChannelRead {
  readonly holder: Holder;
  readonly block: LabelBlock;
  readonly node: Node;
  readonly value: Value;
  /** Of the activation; index i on it is the i-th slice of the block. */
  readonly axis: number;
}

/** A weight is so many nodes away from its reader at most (Identity, Transpose, DequantizeLinear, ...). */
const MOST_STEPS = 8;

/** Every place where a weight sums over an activation's channels some of which can go, in the order of the graph. */
export function channelReads(analysis: ChannelAnalysis): ChannelRead[] {
  const reads: ChannelRead[] = [];
  for (const holder of analysis.holders) {
    for (const block of holder.blocks.values()) {
      if (block.role !== "consumer") continue;
      const labels = analysis.unitsOf(block.labels);
      const slices = (block.dims.at(-1) as number) * (block.axes.length === 1 ? 1 : block.blockCount);
      const units = Int32Array.from({ length: slices }, (_, i) => labels[unitPosition(block, i)] as number);
      if (units.every((unit) => unit < 0)) continue;
      const { nodes, derived } = readersOf(holder);
      for (const node of nodes) {
        for (const value of node.inputs) {
          if (!value || derived.has(value)) continue;
          const axis = axisWith(analysis, node, value, units);
          if (axis !== undefined) reads.push({ holder, block, node, value, axis });
        }
      }
    }
  }
  return reads;
}

/** The nodes that may multiply with the constant, and what moves and conversions make of it on the way. */
function readersOf({ reader, constant }: Holder): { nodes: Iterable<Node>; derived: ReadonlySet<Value> } {
  const derived = new Set([constant]);
  if (reader) return { nodes: [reader], derived };
  const found = new Set<Node>();
  let open = [constant];
  for (let step = 0; step < MOST_STEPS && open.length > 0; step++) {
    const nodes = open.flatMap((value) => value.uses().map(({ node }) => node));
    for (const node of nodes) found.add(node);
    open = nodes
      .filter((node) => node.inputs.every((value) => !value || derived.has(value) || constantTensor(value)))
      .flatMap((node) => node.outputs.filter((value) => value !== null));
    for (const value of open) derived.add(value);
  }
  return { nodes: found, derived };
}

/** The one axis of an activation that carries exactly these units. */
function axisWith(
  analysis: ChannelAnalysis,
  node: Node,
  value: Value,
  units: Int32Array,
): number | undefined {
  if (constantTensor(value)) return undefined;
  for (const field of analysis.fieldsOf(node, value)) {
    if (field.axes.length !== 1) continue;
    const own = analysis.unitsOf(field.labels);
    if (own.length === units.length && own.every((unit, i) => unit === units[i])) return field.axes[0];
  }
  return undefined;
}
