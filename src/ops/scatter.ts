import { integersOf, type Node } from "../ir/index.js";
import { constantTensor } from "./constant.js";
import {
  axisOf,
  type ChannelLink,
  defineOp,
  type OpDefinition,
  type Operand,
  type SliceContext,
} from "./define.js";
import { alongOf, cells, gridOf, type Positions } from "./index-grid.js";
import { passAxes, range, type Take, takeAll } from "./relations.js";

/** What an index input holds, in the graph as it stands. */
function storedIndices(node: Node): { values: readonly number[]; dims: readonly number[] } | undefined {
  const value = node.input(1);
  const tensor = value && constantTensor(value);
  return tensor && { values: integersOf(tensor), dims: tensor.dims };
}

function knownIndices(link: ChannelLink): readonly number[] | undefined {
  const tensor = link.tensor(link.input(1));
  return tensor ? integersOf(tensor) : link.integers(link.input(1));
}

const takesOf = (positions: Positions, dims: readonly number[]): Take[] =>
  positions.flatMap((indices, axis) => {
    const isWhole = indices.length === dims[axis] && indices.every((at, i) => at === i);
    return isWhole ? [] : [{ axis, indices }];
  });

/** y is data, but for a grid of positions, which `updates` fill. */
function linkWrite(
  link: ChannelLink,
  data: Operand,
  updates: Operand,
  y: Operand,
  positions: Positions,
): void {
  link.same(data, y);
  link.hidesZeros(y);
  const filled = link.scratch(updates.dims);
  takeAll(link, data, filled, takesOf(positions, data.dims));
  updates.dims.forEach((_, axis) => {
    link.ride(updates, axis, filled, axis);
  });
}

/** Data decides where `updates` go along the first `count` axes: these stay; behind them every axis carries the same. */
function linkUnknown(link: ChannelLink, data: Operand, updates: Operand, y: Operand, count: number): void {
  link.same(data, y);
  link.hidesZeros(y);
  const shift = updates.dims.length - data.dims.length;
  data.dims.forEach((_, axis) => {
    if (axis < count) link.freeze(data, axis, "dynamic-index");
    else link.ride(updates, axis + shift, data, axis);
  });
  for (const axis of range(count + shift)) link.freeze(updates, axis, "dynamic-index");
}

/** https://onnx.ai/onnx/operators/onnx__ScatterND.html */
const scatterND = defineOp({
  type: "ScatterND",
  since: [11, 13, 16, 18],
  inputs: ["data", "indices", "updates"],
  outputs: ["output"],
  kind: "movement",
  channels(_, link) {
    const [data, indices, updates, y] = [link.input(0), link.input(1), link.input(2), link.output(0)];
    const depth = indices?.dims.at(-1);
    const rank = (indices?.dims.length ?? 1) - 1 + (data?.dims.length ?? 0) - (depth ?? 0);
    if (!data || !indices || !updates || !y || depth === undefined || updates.dims.length !== rank)
      return link.barrier("unknown-shape");
    const values = knownIndices(link);
    const positions = values && gridOf(values, indices.dims, data.dims);
    if (positions) linkWrite(link, data, updates, y, positions);
    else linkUnknown(link, data, updates, y, depth);
  },
  afterSlice: (node, slice) => moveGrid(node, slice, (axis) => slice.keptInput(2, axis)),
});

/** https://onnx.ai/onnx/operators/onnx__GatherND.html */
const gatherND = defineOp({
  type: "GatherND",
  since: [11, 12, 13],
  inputs: ["data", "indices"],
  outputs: ["output"],
  kind: "movement",
  channels(node, link) {
    const [data, indices, y] = [link.input(0), link.input(1), link.output(0)];
    const depth = (indices?.dims.at(-1) ?? 0) + (node.int("batch_dims") ?? 0);
    if (!data || !indices || !y) return link.barrier("unknown-shape");
    const values = node.int("batch_dims") ? undefined : knownIndices(link);
    const positions = values && gridOf(values, indices.dims, data.dims);
    if (positions) return takeAll(link, data, y, takesOf(positions, data.dims));
    for (const axis of range(Math.min(depth, data.dims.length))) link.freeze(data, axis, "dynamic-index");
    const shift = y.dims.length - data.dims.length;
    for (let axis = depth; axis < data.dims.length; axis++) link.pass(data, axis, y, axis + shift);
  },
  afterSlice: (node, slice) => moveGrid(node, slice, (axis) => slice.keptOutput(0, axis)),
});

/** A grid of coordinates becomes that of what is left; `kept`: which places of the grid stay along an axis. */
function moveGrid(node: Node, slice: SliceContext, kept: (axis: number) => readonly number[]): void {
  const stored = storedIndices(node);
  const [values, dims] = [stored?.values ?? slice.integersBefore(1), stored?.dims ?? slice.inputBefore(1)];
  const data = slice.inputBefore(0);
  const positions = values && dims && data && gridOf(values, dims, data);
  if (!positions) return;
  const moved = movedPositions(slice, positions, kept);
  const grid = moved.map((list) => list.length);
  const next = cells(grid).flatMap((cell) => cell.map((at, axis) => moved[axis]?.[at] ?? 0));
  putIndices(slice, stored !== undefined, values, next, [...grid, grid.length]);
}

/** Each position as a rank among what is left of its axis. */
function movedPositions(
  slice: SliceContext,
  positions: Positions,
  kept: (axis: number) => readonly number[],
): number[][] {
  return positions.map((list, axis) => {
    const ranks = new Map(slice.keptInput(0, axis).map((position, rank) => [position, rank]));
    return kept(axis).map((at) => {
      const rank = ranks.get(list[at] ?? -1);
      return rank ?? slice.refuse("a position that is read or written is gone");
    });
  });
}

function putIndices(
  slice: SliceContext,
  isStored: boolean,
  before: readonly number[],
  next: readonly number[],
  dims: readonly number[],
): void {
  if (next.length === before.length && next.every((index, i) => index === before[i])) return;
  if (!isStored && next.length !== before.length) slice.refuse("indices are computed");
  slice.setIntegers(1, next, dims);
}

/** https://onnx.ai/onnx/operators/onnx__ScatterElements.html */
const scatterElements = defineOp({
  type: "ScatterElements",
  since: [11, 13, 16, 18],
  inputs: ["data", "indices", "updates"],
  outputs: ["output"],
  kind: "movement",
  channels(node, link) {
    const [data, indices, updates, y] = [link.input(0), link.input(1), link.input(2), link.output(0)];
    if (!data || !indices || !updates || !y || updates.dims.length !== data.dims.length)
      return link.barrier("unknown-shape");
    const axis = axisOf(node.int("axis") ?? 0, data.dims.length);
    const values = knownIndices(link);
    const positions = values && alongOf(values, indices.dims, data.dims, axis);
    if (positions) return linkWrite(link, data, updates, y, positions);
    link.same(data, y);
    link.hidesZeros(y);
    linkLookedUp(link, data, indices, updates, axis);
  },
  afterSlice: (node, slice) => moveAlong(node, slice, (axis) => slice.keptInput(2, axis)),
});

/** https://onnx.ai/onnx/operators/onnx__GatherElements.html */
const gatherElements = defineOp({
  type: "GatherElements",
  since: [11, 13],
  inputs: ["data", "indices"],
  outputs: ["output"],
  kind: "movement",
  channels(node, link) {
    const [data, indices, y] = [link.input(0), link.input(1), link.output(0)];
    if (!data || !indices || !y || indices.dims.length !== data.dims.length)
      return link.barrier("unknown-shape");
    const axis = axisOf(node.int("axis") ?? 0, data.dims.length);
    const values = knownIndices(link);
    const positions = values && alongOf(values, indices.dims, data.dims, axis);
    if (positions) return takeAll(link, data, y, takesOf(positions, data.dims));
    passAxes(link, indices, y, () => true);
    linkLookedUp(link, data, indices, y, axis);
  },
  afterSlice: (node, slice) => moveAlong(node, slice, (axis) => slice.keptOutput(0, axis)),
});

/** Along `axis` data decides; along the others the indices stand for the same channels, if they cover them all. */
function linkLookedUp(
  link: ChannelLink,
  data: Operand,
  indices: Operand,
  other: Operand,
  axis: number,
): void {
  const isOther = other !== link.output(0);
  data.dims.forEach((size, at) => {
    const covers = at !== axis && link.originalDims(indices)[at] === link.originalDims(data)[at];
    for (const operand of isOther ? [indices, other] : [indices]) {
      if (covers) link.ride(operand, at, data, at);
      else if ((operand.dims[at] ?? 1) > 1) link.freeze(operand, at, "dynamic-index");
    }
    if (!covers && size > 1) link.freeze(data, at, "dynamic-index");
  });
}

function moveAlong(node: Node, slice: SliceContext, kept: (axis: number) => readonly number[]): void {
  const stored = storedIndices(node);
  const [values, dims] = [stored?.values ?? slice.integersBefore(1), stored?.dims ?? slice.inputBefore(1)];
  const data = slice.inputBefore(0);
  const axis = axisOf(node.int("axis") ?? 0, data?.length ?? 0);
  const positions = values && dims && data && alongOf(values, dims, data, axis);
  if (!positions) return;
  const moved = movedPositions(slice, positions, kept);
  const left = moved.map((list) => list.length);
  const isPrefix = moved.every((list, at) => at === axis || list.every((rank, i) => rank === i));
  if (!isPrefix) slice.refuse("what is left of the written part is no first part any more");
  const next = cells(left).map((cell) => moved[axis]?.[cell[axis] ?? 0] ?? 0);
  putIndices(slice, stored !== undefined, values, next, left);
}

/** https://onnx.ai/onnx/operators/onnx__Trilu.html: which elements stay depends on their places in the last two axes. */
const trilu = defineOp({
  type: "Trilu",
  since: [14],
  inputs: ["input", "k?"],
  outputs: ["output"],
  kind: "movement",
  channels(_, link) {
    const [x, y] = [link.input(0), link.output(0)];
    if (!x || !y || x.dims.length < 2) return link.barrier("unknown-shape");
    const rank = x.dims.length;
    passAxes(link, x, y, (axis) => axis < rank - 2);
    for (const axis of [rank - 2, rank - 1]) link.freeze(x, axis, "spatial-axis");
  },
});

export const scatterOps: readonly OpDefinition[] = [
  scatterND,
  gatherND,
  scatterElements,
  gatherElements,
  trilu,
];
