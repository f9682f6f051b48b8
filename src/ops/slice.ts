import { invariant } from "../base/errors.js";
import { attribute, elementsOf, type Node } from "../ir/index.js";
import {
  axisOf,
  type ChannelLink,
  defineOp,
  type IntegerTensor,
  type OpDefinition,
  type SliceContext,
} from "./define.js";
import { allKnown, copied } from "./integer-tensor.js";
import { range, type Take, takeAll } from "./relations.js";
import { setSizes } from "./sizes.js";

/** One axis of a Slice as the file writes it; start and end may be negative or beyond the axis. */
interface Cut {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

type Numbers = readonly number[] | undefined;

/** The cuts of a Slice: attributes before opset 10, inputs 1 to 4 from there on. Undefined where they are not known. */
export function cutsOf(node: Node, input: (index: number) => Numbers, rank: number): Cut[] | undefined {
  const starts = node.ints("starts") ?? input(1);
  const ends = node.ints("ends") ?? input(2);
  const axes = axesOf(node, input, starts?.length);
  const steps = node.input(4) ? input(4) : starts?.map(() => 1);
  if (!starts || !ends || !axes || !steps) return undefined;
  return starts.map((start, i) => ({
    axis: axisOf(axes[i] ?? i, rank),
    start,
    end: ends[i] ?? 0,
    step: steps[i] ?? 1,
  }));
}

function axesOf(node: Node, input: (index: number) => Numbers, count: number | undefined): Numbers {
  return node.ints("axes") ?? (node.input(3) ? input(3) : count === undefined ? undefined : range(count));
}

/** The positions that a cut reads on an axis of the given size, in order. */
export function cutPositions(cut: Cut, size: number): number[] {
  const { first, count } = cutExtent(cut, size);
  return range(count).map((i) => first + i * cut.step);
}

/** The first position that a cut reads, and how many. */
export function cutExtent({ start, end, step }: Cut, size: number): { first: number; count: number } {
  const clamp = (value: number, low: number, high: number) =>
    Math.min(Math.max(value < 0 ? value + size : value, low), high);
  const [from, to] =
    step > 0
      ? [clamp(start, 0, size), clamp(end, 0, size)]
      : [clamp(start, 0, size - 1), clamp(end, -1, size - 1)];
  return { first: from, count: Math.max(0, Math.ceil((to - from) / step)) };
}

/** https://onnx.ai/onnx/operators/onnx__Slice.html */
const slice = defineOp({
  type: "Slice",
  since: [1, 10, 11, 13],
  inputs: ["data", "starts", "ends", "axes?", "steps?"],
  outputs: ["output"],
  kind: "movement",
  channels(node, link) {
    const [x, y] = [link.input(0), link.output(0)];
    if (!x || !y) return link.barrier("unknown-shape");
    const input = (index: number) => link.integers(link.input(index));
    const cuts = cutsOf(node, input, x.dims.length);
    if (!cuts) return linkUnknownCut(node, link, input);
    const takes = cuts.flatMap((cut): Take[] => {
      const size = x.dims[cut.axis] ?? 0;
      const indices = cutPositions(cut, size);
      return isEverything(indices, size) ? [] : [{ axis: cut.axis, indices }];
    });
    takeAll(link, x, y, takes);
  },
  afterSlice: recut,
  evaluate(node, [x, ...inputs]) {
    const cuts = x && cutsOf(node, (index) => inputs[index - 1]?.values, x.dims.length);
    return x && cuts?.reduce(cutIntegers, x);
  },
});

function cutIntegers(x: IntegerTensor | undefined, cut: Cut): IntegerTensor | undefined {
  const size = x?.dims[cut.axis];
  if (!x || size === undefined) return undefined;
  const positions = cutPositions(cut, size);
  const inner = elementsOf(x.dims.slice(cut.axis + 1));
  const outer = elementsOf(x.dims.slice(0, cut.axis));
  const indices = range(outer).flatMap((o) =>
    positions.flatMap((at) => range(inner, (o * size + at) * inner)),
  );
  return copied(
    x,
    indices,
    x.dims.map((dim, axis) => (axis === cut.axis ? positions.length : dim)),
  );
}

/** A cut at computed places: its axes stay whole (all of them where even the axes are computed), the others pass. */
function linkUnknownCut(node: Node, link: ChannelLink, input: (index: number) => Numbers): void {
  const [x, y] = [link.input(0), link.output(0)];
  const count = node.ints("starts")?.length ?? link.input(1)?.dims[0];
  const axes = axesOf(node, input, count);
  if (!x || !y || !axes) {
    link.barrier("dynamic-index");
    return;
  }
  const cut = new Set(axes.map((axis) => axisOf(axis, x.dims.length)));
  x.dims.forEach((_, axis) => {
    if (cut.has(axis)) link.freeze(x, axis, "dynamic-index");
    else link.pass(x, axis, y, axis);
  });
}

const isEverything = (indices: readonly number[], size: number) =>
  indices.length === size && indices.every((index, i) => index === i);

/** Writes starts, ends and steps for the ranks that the wanted positions have among those that are left. */
function recut(node: Node, context: SliceContext): void {
  const [before, after] = [context.inputBefore(0), context.inputAfter(0)];
  if (!before || !after) return;
  const old = cutsOf(node, (index) => context.integersBefore(index), before.length);
  const now = cutsOf(node, (index) => context.integers(index), before.length);
  if (!old || !now || old.length !== now.length) return;
  const wanted = now.map((cut, i) => {
    const ranks = keptRanks(context, old[i] ?? cut, before[cut.axis] ?? 0);
    const fits = equal(ranks, cutPositions(cut, after[cut.axis] ?? 0));
    return { ranks, axis: cut.axis, fits, next: fits ? cut : regularCut(ranks, cut) };
  });
  if (wanted.every(({ fits }) => fits)) return;
  const cuts = allKnown(wanted.map(({ next }) => next));
  if (cuts) {
    writeCuts(node, context, now, cuts);
    return;
  }
  const [only, ...others] = wanted;
  if (!only || others.length > 0) context.refuse("a Slice over several axes would need uneven steps");
  const indices = context.integersConstant("indices", only.ranks);
  context.replace("Gather", [node.input(0) ?? null, indices], [attribute.int("axis", only.axis)]);
}

/** Ranks, among the input's positions that are left, of those that the cut still reads. */
function keptRanks(context: SliceContext, cut: Cut, size: number): number[] {
  const positions = cutPositions(cut, size);
  const ranks = new Map(context.keptInput(0, cut.axis).map((position, rank) => [position, rank]));
  return context.keptOutput(0, cut.axis).map((at) => {
    const rank = ranks.get(positions[at] ?? -1);
    invariant(rank !== undefined, () => `Slice keeps output ${at} of axis ${cut.axis} without its input`);
    return rank;
  });
}

/** A cut that reads exactly these ranks; undefined where no step does. */
function regularCut(ranks: readonly number[], { axis, step: oldStep }: Cut): Cut | undefined {
  const [first, second] = ranks;
  const last = ranks.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const step = second === undefined ? Math.sign(oldStep) : second - first;
  if (step === 0 || !ranks.every((rank, i) => rank === first + i * step)) return undefined;
  const end = last + Math.sign(step);
  // Going down to the front: an end of -1 would mean the last position.
  return { axis, start: first, end: end < 0 ? -LARGEST : end, step };
}

/** Beyond every axis, and still an int32. */
const LARGEST = 2 ** 31 - 1;

function writeCuts(node: Node, context: SliceContext, from: readonly Cut[], to: readonly Cut[]): void {
  for (const [index, field] of [
    [1, "start"],
    [2, "end"],
    [4, "step"],
  ] as const) {
    // Larger numbers mean the same and do not survive as doubles.
    const [current, wanted] = [from, to].map((cuts) =>
      cuts.map((cut) => Math.min(Math.max(cut[field], -LARGEST), LARGEST)),
    );
    if (!current || !wanted || equal(current, wanted)) continue;
    if (node.ints("starts")) context.setAttribute(attribute.ints(`${field}s`, wanted));
    else setSizes(context, index, current, wanted);
  }
}

const equal = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((x, i) => x === b[i]);

export const sliceOps: readonly OpDefinition[] = [slice];
