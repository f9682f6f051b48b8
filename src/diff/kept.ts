import { isParameter } from "../analysis/index.js";
import type { PlanSlice, PrunePlan } from "../channels/index.js";
import { numbersOf } from "../ir/index.js";
import { cutAxes, type Kept, type Numbers } from "./cut.js";
import { KeptLists, keptByLikeness } from "./kept-by-likeness.js";
import { keptByValue } from "./kept-by-value.js";
import type { TensorPair } from "./tensor-pairs.js";
import { VectorLists } from "./vector-lists.js";

/** How it is known which channels stayed: a plan says so, the values are found again, or similar ones. */
export type KeptBy = "plan" | "value" | "likeness";

export interface KeptChannels {
  readonly by: KeptBy;
  readonly kept: Kept;
  /** Mean cosine of the channels, where they were found by likeness. */
  readonly likeness?: number;
}

/**
 * The channels that stayed in every tensor that became smaller. Tensors without an answer are left out: cut
 * differently in blocks (grouped weights), or changed beyond recognition.
 */
export function keptChannels(pairs: readonly TensorPair[], plan?: PrunePlan): Map<TensorPair, KeptChannels> {
  const found = new Map<TensorPair, KeptChannels>();
  const slices = slicesByTensor(plan);
  const smaller = pairs.filter(({ before, after }) => {
    const axes = cutAxes(before.tensor.dims, after.tensor.dims);
    return axes !== undefined && axes.length > 0 && isParameter(before.tensor) && after.tensor.elements > 0;
  });
  const lists = new KeptLists();
  const take = (pair: TensorPair, channels: KeptChannels | undefined) => {
    if (!channels || found.has(pair)) return;
    found.set(pair, channels);
    for (const [axis, list] of channels.kept) lists.add(pair.before.tensor.dims[axis] as number, list);
  };
  const isVector = ({ after }: TensorPair) => after.tensor.dims.filter((size) => size > 1).length < 2;
  const rest = () => smaller.filter((pair) => !found.has(pair));
  for (const pair of smaller) take(pair, planned(pair, slices.get(pair.after.value.name) ?? []));
  for (const pair of rest().filter((each) => !isVector(each))) take(pair, byValue(pair));
  for (const pair of rest().filter((each) => !isVector(each))) take(pair, byLikeness(pair, lists));
  const vectors = new VectorLists(found, lists);
  for (const pair of rest().filter(isVector)) take(pair, vectors.keptOf(pair) ?? byValue(pair));
  return found;
}

function slicesByTensor(plan: PrunePlan | undefined): Map<string, PlanSlice[]> {
  const slices = new Map<string, PlanSlice[]>();
  for (const slice of plan?.slices ?? []) {
    if (slice.tensor === undefined || slice.silence) continue;
    slices.set(slice.tensor, [...(slices.get(slice.tensor) ?? []), slice]);
  }
  return slices;
}

function planned({ before, after }: TensorPair, slices: readonly PlanSlice[]): KeptChannels | undefined {
  if (slices.some(({ within }) => within)) return undefined;
  const axes = cutAxes(before.tensor.dims, after.tensor.dims) ?? [];
  const kept = new Map<number, number[]>();
  for (const axis of axes) {
    const gone = new Set(slices.filter((slice) => slice.axis === axis).flatMap(({ removed }) => removed));
    const list = Array.from({ length: before.tensor.dims[axis] as number }, (_, at) => at);
    kept.set(
      axis,
      list.filter((at) => !gone.has(at)),
    );
    if (kept.get(axis)?.length !== after.tensor.dims[axis]) return undefined;
  }
  return { by: "plan", kept };
}

function numbersIn({ before, after }: TensorPair): [before: Numbers, after: Numbers] {
  const [a, b] = [before.tensor, after.tensor];
  return [
    { dims: a.dims, values: numbersOf(a) },
    { dims: b.dims, values: numbersOf(b) },
  ];
}

function byValue(pair: TensorPair): KeptChannels | undefined {
  const [before, after] = numbersIn(pair);
  const kept = keptByValue(before, after, cutAxes(before.dims, after.dims) ?? []);
  return kept && { by: "value", kept };
}

function byLikeness(pair: TensorPair, lists: KeptLists): KeptChannels | undefined {
  const [before, after] = numbersIn(pair);
  const found = keptByLikeness(before, after, cutAxes(before.dims, after.dims) ?? [], lists);
  return found && { by: "likeness", ...found };
}
