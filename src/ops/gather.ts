import { elementsOf, type Node } from "../ir/index.js";
import {
  axisOf,
  type ChannelLink,
  defineOp,
  type OpDefinition,
  type Operand,
  type SliceContext,
} from "./define.js";
import { copied } from "./integer-tensor.js";
import { makes, takeAll } from "./relations.js";
import { setSizes } from "./sizes.js";

/** https://onnx.ai/onnx/operators/onnx__Gather.html: the axes of the indices take the place of the data's axis. */
const gather = defineOp({
  type: "Gather",
  since: [1, 11, 13],
  inputs: ["data", "indices"],
  outputs: ["output"],
  kind: "movement",
  channels(node, link) {
    const [data, indices, y] = [link.input(0), link.input(1), link.output(0)];
    if (!data || !indices || !y || data.dims.length === 0) return link.barrier("unknown-shape");
    const axis = axisOf(node.int("axis") ?? 0, data.dims.length);
    const size = data.dims[axis] ?? 0;
    const positions = link.integers(indices)?.map((index) => axisOf(index, size));
    const inRange =
      positions?.length === elementsOf(indices.dims) && positions.every((at) => at >= 0 && at < size);
    if (inRange) linkPositions(link, data, y, axis, indices.dims, positions);
    else linkLookup(link, data, indices, y, axis);
  },
  afterSlice: reindex,
  evaluate(_, [data, indices]) {
    if (data?.dims.length !== 1 || !indices) return undefined;
    const positions = indices.values.map((index) => axisOf(index, data.values.length));
    return copied(data, positions, indices.dims);
  },
});

/** Known indices: a movement along the axis, whose result is then given the indices' axes. */
function linkPositions(
  link: ChannelLink,
  data: Operand,
  y: Operand,
  axis: number,
  indexDims: readonly number[],
  positions: readonly number[],
): void {
  const flat = data.dims.with(axis, positions.length);
  if (indexDims.length === 1) {
    takeAll(link, data, y, [{ axis, indices: positions }]);
    return;
  }
  const taken = link.scratch(flat);
  link.take(data, taken, axis, positions);
  link.reshape(taken, y);
}

/** Indices that data decides, as in an embedding: any of the axis may be read, so it stays. */
function linkLookup(link: ChannelLink, data: Operand, indices: Operand, y: Operand, axis: number): void {
  if ((data.dims[axis] ?? 1) > 1) link.freeze(data, axis, "dynamic-index");
  const shift = indices.dims.length - 1;
  data.dims.forEach((_, at) => {
    if (at !== axis) makes(link, data, at, y, at < axis ? at : at + shift);
  });
  indices.dims.forEach((_, at) => {
    link.pass(indices, at, y, axis + at);
  });
}

/** Indices become ranks among what is left of the axis. */
function reindex(node: Node, slice: SliceContext): void {
  const [before, indices] = [slice.inputBefore(0), slice.integersBefore(1)];
  const [indexDims, to] = [slice.inputBefore(1), slice.outputAfter(0)];
  if (!before || !indices || !indexDims || !to) return;
  const axis = axisOf(node.int("axis") ?? 0, before.length);
  const size = before[axis] ?? 0;
  const ranks = new Map(slice.keptInput(0, axis).map((position, rank) => [position, rank]));
  const columns = indexDims.map((_, at) => slice.keptOutput(0, axis + at));
  const wanted = grid(columns, indexDims).map((at) => ranks.get(axisOf(indices[at] ?? 0, size)) ?? -1);
  if (wanted.includes(-1)) slice.refuse("a Gather reads a channel that is gone");
  const current = slice.integers(1) ?? indices;
  const dims = columns.map((column) => column.length);
  const left = slice.inputAfter(0)?.[axis] ?? 0;
  const fits =
    wanted.length === current.length && wanted.every((rank, i) => rank === axisOf(current[i] ?? 0, left));
  if (fits) return;
  if (wanted.length === current.length) setSizes(slice, 1, current, wanted);
  else slice.setIntegers(1, wanted, dims);
}

/** Row-major positions of the cells that the kept rows of every axis span. */
function grid(kept: readonly (readonly number[])[], dims: readonly number[]): number[] {
  return kept.reduce<number[]>(
    (cells, rows, axis) => cells.flatMap((cell) => rows.map((row) => cell * (dims[axis] ?? 1) + row)),
    [0],
  );
}

export const gatherOps: readonly OpDefinition[] = [gather];
