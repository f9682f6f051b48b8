import { elementsOf } from "../ir/index.js";
import { axisOf } from "./define.js";
import { range } from "./relations.js";

/** For each of the first axes of a tensor the positions that an index tensor names, which form a grid. */
export type Positions = readonly (readonly number[])[];

/**
 * Positions that indices [d0, ..., dk-1, k] name, where coordinate a changes along axis a alone (a slice that is read or
 * written); undefined for any other pattern.
 */
export function gridOf(
  indices: readonly number[],
  dims: readonly number[],
  data: readonly number[],
): Positions | undefined {
  const grid = dims.slice(0, -1);
  if (dims.at(-1) !== grid.length || grid.length > data.length || indices.length !== elementsOf(dims))
    return undefined;
  const strides = grid.map((_, axis) => elementsOf(dims.slice(axis + 1)));
  const positions = grid.map((size, axis) => {
    return range(size).map((at) => axisOf(indices[at * (strides[axis] ?? 0) + axis] ?? -1, data[axis] ?? 0));
  });
  const isIn = positions.every((list, axis) => list.every((at) => at >= 0 && at < (data[axis] ?? 0)));
  const coordinate = (i: number, axis: number) =>
    positions[axis]?.[Math.floor(i / (strides[axis] ?? 1)) % (grid[axis] ?? 1)];
  const fits = indices.every((index, i) => {
    const axis = i % grid.length;
    return axisOf(index, data[axis] ?? 0) === coordinate(i, axis);
  });
  return isIn && fits ? positions : undefined;
}

/** The same for indices into one axis alone, which change along that axis alone; other axes start at their first place. */
export function alongOf(
  indices: readonly number[],
  dims: readonly number[],
  data: readonly number[],
  axis: number,
): Positions | undefined {
  if (indices.length !== elementsOf(dims) || dims.length !== data.length) return undefined;
  const stride = elementsOf(dims.slice(axis + 1));
  const along = range(dims[axis] ?? 0).map((at) => axisOf(indices[at * stride] ?? -1, data[axis] ?? 0));
  const fits = indices.every(
    (index, i) => axisOf(index, data[axis] ?? 0) === along[Math.floor(i / stride) % along.length],
  );
  const isIn = along.every((at) => at >= 0 && at < (data[axis] ?? 0));
  return fits && isIn ? dims.map((size, at) => (at === axis ? along : range(size))) : undefined;
}

/** Every cell of a grid, row-major. */
export function cells(grid: readonly number[]): number[][] {
  return grid.reduce<number[][]>(
    (all, size) => all.flatMap((cell) => range(size).map((at) => [...cell, at])),
    [[]],
  );
}
