import { IntegerEvaluator } from "../analysis/integers.js";
import { invariant } from "../base/errors.js";
import {
  type ChannelAnalysis,
  cutKey,
  cutOf,
  type HolderCut,
  KeptChannels,
  type PlanSlice,
  slicesOf,
} from "../channels/index.js";
import { cloneModel, type Graph, type Model, type Node, type Tensor, type Value } from "../ir/index.js";
import { constantTensor, type DimsOf, lookupOp } from "../ops/index.js";
import { addConstant, putConstant } from "./constants.js";
import { keepCounts } from "./counts.js";
import { dimsElsewhere } from "./elsewhere.js";
import { type AxisCut, cutTensor } from "./gather.js";
import { type Refusal, RewriteRefused } from "./refusal.js";
import { rewriteShuffle } from "./shuffle.js";
import { NodeSlice } from "./slice-context.js";

/** A model without the removed channels, and what was cut, entry by entry. */
export interface SlicedModel {
  readonly model: Model;
  readonly slices: readonly PlanSlice[];
  /** Constants that had to become several: new name to original name. */
  readonly originals: ReadonlyMap<string, string>;
  /** Dimensions of the sliced model's values at the pinned sizes; undefined where they are not known. */
  readonly dims: DimsOf;
}

/**
 * Cuts the removed units out of every constant, and out of every attribute and integer constant that holds a channel
 * count. The given model stays as it is. Throws RewriteRefused where an operator cannot express the cut.
 */
export function sliceModel(model: Model, analysis: ChannelAnalysis, removed: Uint8Array): SlicedModel {
  invariant(analysis.graph === model.graph, "the analysis is of this model's graph");
  const copy = cloneModel(model);
  const kept = new KeptChannels(analysis, removed);
  const pairs = model.graph.nodes.map((node, i) => [node, copy.graph.nodes[i] as Node] as const);
  const twins = new Map<Node, Node>(pairs);
  const { slices, originals } = cutConstants(copy, analysis, removed, twins);
  slices.push(...silencedReads(analysis, removed));
  const dims = dimsAfter(model.graph, kept);
  const dimsOf = (value: Value) => constantTensor(value)?.dims ?? dims.get(value.name);
  const elsewhere = new IntegerEvaluator(dimsElsewhere(analysis));
  followNodes(copy, analysis, kept, dims, elsewhere, twins);
  keepCounts(copy, analysis, dimsOf, elsewhere, twins);
  removeOrphans(copy.graph, pairs);
  refreshShapes(analysis, copy.graph, dims);
  copy.graph.dropUnusedValues(({ name }) => model.graph.find(name)?.useCount === 0);
  return { model: copy, slices, originals, dims: dimsOf };
}

function cutConstants(
  copy: Model,
  analysis: ChannelAnalysis,
  removed: Uint8Array,
  twins: ReadonlyMap<Node, Node>,
): { slices: PlanSlice[]; originals: Map<string, string> } {
  const slices: PlanSlice[] = [];
  const originals = new Map<string, string>();
  const cuts = new Map<Value, HolderCut[]>();
  for (const holder of analysis.holders) {
    const cut = cutOf(analysis, holder, removed);
    if (!cut) continue;
    const list = cuts.get(holder.constant);
    if (list) list.push(cut);
    else cuts.set(holder.constant, [cut]);
  }
  for (const [constant, list] of cuts) {
    const first = list[0] as HolderCut;
    const together = !first.holder.reader || (list.length === constant.useCount && areAlike(list));
    if (together) {
      putConstant(copy.graph.value(constant.name), cutHolder(first));
      slices.push(...slicesOf(first, constant.name));
      continue;
    }
    const copies = new Map<string, Value>();
    for (const cut of list) {
      const key = cutKey(cut);
      let value = copies.get(key);
      if (!value) {
        value = addConstant(copy, `${constant.name}_pruned`, cutHolder(cut));
        copies.set(key, value);
        originals.set(value.name, constant.name);
      }
      const reader = twins.get(cut.holder.reader as Node);
      const indices = reader?.inputs.flatMap((input, i) => (input?.name === constant.name ? [i] : [])) ?? [];
      for (const i of indices) if (cut.holder.key.endsWith(`:${i}`)) reader?.setInput(i, value);
      slices.push(...slicesOf(cut, value.name));
    }
  }
  return { slices, originals };
}

/** Whether all readers of a constant lose the same of it, as the same: what one makes channels of, another may read them with. */
function areAlike([first, ...others]: readonly HolderCut[]): boolean {
  if (!first || others.length === 0) return true;
  const rolesOf = ({ cuts }: HolderCut) => cuts.map(({ block }) => block.role).join();
  const [key, roles] = [cutKey(first), rolesOf(first)];
  return others.every((cut) => cutKey(cut) === key && rolesOf(cut) === roles);
}

function cutHolder({ holder, cuts }: HolderCut): Tensor {
  const axisCuts = cuts.map(({ block, removed }): AxisCut => {
    const width = block.dims.at(-1) as number;
    const lists = removed.map((gone) => without(gone, width));
    const axis = block.axes.at(-1) as number;
    if (block.axes.length === 1) return { axis, kept: lists[0] as number[] };
    return { axis, kept: [], blocks: { axis: block.axes[0] as number, kept: lists } };
  });
  return cutTensor(holder.tensor, axisCuts);
}

/** 0 to `size` - 1 but for those that are gone, which ascend. */
function without(gone: readonly number[], size: number): number[] {
  const kept: number[] = [];
  let next = 0;
  for (let at = 0; at < size; at++) {
    if (gone[next] === at) next++;
    else kept.push(at);
  }
  return kept;
}

/** Readers that sum without a weight see zeros in the silenced original. */
function silencedReads(analysis: ChannelAnalysis, removed: Uint8Array): PlanSlice[] {
  return analysis.labelling.silenced.flatMap(({ value, reader, axis, labels }) => {
    const units = analysis.unitsOf(labels);
    const gone = Array.from(units.keys()).filter(
      (at) => (units[at] as number) >= 0 && removed[units[at] as number] === 1,
    );
    if (gone.length === 0) return [];
    const dims = analysis.dims(value) ?? [];
    const first = reader.outputs.find((output) => output)?.name ?? "";
    return [
      {
        value: value.name,
        reader: first,
        axis,
        rank: dims.length,
        size: dims[axis] ?? 0,
        removed: gone,
        role: "consumer" as const,
      },
    ];
  });
}

/** Dimensions of every value that is no constant by name, as whoever makes it (or a first reader) sees them. */
function dimsAfter(graph: Graph, kept: KeptChannels): Map<string, readonly number[]> {
  const dims = new Map<string, readonly number[]>();
  const look = (node: Node, value: Value | null) => {
    if (!value || dims.has(value.name) || constantTensor(value)) return;
    const after = kept.dims(node, value);
    if (after) dims.set(value.name, after);
  };
  for (const node of graph.nodes) {
    for (const value of node.outputs) look(node, value);
    for (const value of node.inputs) look(node, value);
  }
  return dims;
}

function followNodes(
  copy: Model,
  analysis: ChannelAnalysis,
  kept: KeptChannels,
  dims: Map<string, readonly number[]>,
  elsewhere: IntegerEvaluator,
  twins: ReadonlyMap<Node, Node>,
): void {
  const dimsOf = (value: Value) => constantTensor(value)?.dims ?? dims.get(value.name);
  const integers = { evaluator: new IntegerEvaluator(dimsOf) };
  const fresh = () => {
    integers.evaluator = new IntegerEvaluator(dimsOf);
  };
  const done = new Set<Node>();
  for (const shuffle of analysis.shuffles) {
    for (const node of shuffle.nodes) done.add(node);
    const changed = rewriteShuffle(copy, shuffle, kept, twins);
    if (changed) fresh();
  }
  // All refusals at once: each costs another analysis.
  const refusals: Refusal[] = [];
  for (const [node, twin] of twins) {
    const op = done.has(node) ? undefined : lookupOp(node);
    if (!op?.afterSlice || !isTouched(node, analysis, kept)) continue;
    const slice = new NodeSlice(
      node,
      twin,
      copy,
      kept,
      analysis.dims,
      () => integers.evaluator,
      elsewhere,
      fresh,
      (value, size) => dims.set(value.name, size),
    );
    try {
      op.afterSlice(twin, slice);
    } catch (error) {
      if (!(error instanceof RewriteRefused)) throw error;
      refusals.push(...error.refusals);
    }
  }
  if (refusals.length > 0) throw new RewriteRefused(refusals);
}

/** Removes nodes whose results were read before the edits and are read no more (shape arithmetic, mostly). */
function removeOrphans(graph: Graph, pairs: readonly (readonly [Node, Node])[]): void {
  const orphans = new Set<Node>();
  const isRead = (node: Node) =>
    node.outputs.some(
      (value) => value && (value.isOutput || value.uses().some((use) => !orphans.has(use.node))),
    );
  const present = new Set(graph.nodes);
  for (const [original, twin] of [...pairs].reverse()) {
    if (present.has(twin) && isRead(original) && !isRead(twin)) orphans.add(twin);
  }
  graph.remove(orphans);
}

/** Whether any operand of the node has become smaller. */
function isTouched(node: Node, analysis: ChannelAnalysis, kept: KeptChannels): boolean {
  return [...node.inputs, ...node.outputs].some((value) => {
    if (!value) return false;
    const before = analysis.dims(value);
    const after = kept.dims(node, value);
    return before !== undefined && after !== undefined && before.some((size, axis) => size !== after[axis]);
  });
}

/** Types that the file states follow the new sizes; names of dynamic sizes stay, and so does what a pinned size hides. */
function refreshShapes(
  analysis: ChannelAnalysis,
  after: Graph,
  dims: ReadonlyMap<string, readonly number[]>,
): void {
  for (const value of after.values) {
    const type = value.info?.type;
    if (type?.kind !== "tensor" || !type.shape) continue;
    const original = analysis.graph.find(value.name);
    const before = original && analysis.dims(original);
    const now = constantTensor(value)?.dims ?? dims.get(value.name);
    if (!before || !now || now.every((size, axis) => size === before[axis])) continue;
    const shape = type.shape.map((dim, axis) => {
      const changed = typeof dim.size === "number" && now[axis] !== before[axis];
      return changed ? { ...dim, size: now[axis] as number } : dim;
    });
    value.info = { ...value.info, type: { ...type, shape } };
  }
}
