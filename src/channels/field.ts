import { elementsOf } from "../ir/index.js";
import type { LabelBlock } from "./holders.js";

/**
 * Labels on one or several axes of a value together. On one axis: one atom per index. On several (after a reshape that
 * split an axis): one atom per position of their grid, row-major. An axis may lie in several fields (a merged outer
 * product); an index then goes when any of its atoms goes.
 */
export interface Field {
  /** Ascending. */
  readonly axes: readonly number[];
  /** Sizes of these axes. */
  readonly dims: readonly number[];
  /** Atom ids, as many as the product of dims. */
  readonly labels: Int32Array;
  /** The constants' axes that these labels came from, as long as only constants were involved. */
  readonly sources: readonly LabelBlock[];
  /** The axis repeats one element: it follows whatever it meets, and yields to channels on an axis with it. */
  readonly isRepeat?: boolean | undefined;
}

/** Whether two atoms are of one class. */
export type Same = (a: number, b: number) => boolean;

/** The field seen through a transposition: axis i of the result is axis perm[i] of the source. */
export function permuteField(field: Field, perm: readonly number[]): Field {
  const placed = field.axes.map((axis, i) => ({ to: perm.indexOf(axis), i })).sort((a, b) => a.to - b.to);
  const order = placed.map(({ i }) => i);
  return {
    axes: placed.map(({ to }) => to),
    dims: order.map((i) => field.dims[i] as number),
    labels: order.every((i, at) => i === at)
      ? field.labels
      : transposeLabels(field.labels, field.dims, order),
    sources: field.sources,
    isRepeat: field.isRepeat,
  };
}

function transposeLabels(labels: Int32Array, dims: readonly number[], order: readonly number[]): Int32Array {
  const strides = stridesOf(dims);
  const outDims = order.map((i) => dims[i] as number);
  const outStrides = order.map((i) => strides[i] as number);
  return gatherGrid(labels, outDims, outStrides);
}

/** Reads `labels` on a grid of `dims` with the given strides (stride 0 repeats), row-major. */
export function gatherGrid(
  labels: Int32Array,
  dims: readonly number[],
  strides: readonly number[],
): Int32Array {
  const result = new Int32Array(elementsOf(dims));
  const index = new Array<number>(dims.length).fill(0);
  let from = 0;
  for (let i = 0; i < result.length; i++) {
    result[i] = labels[from] as number;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      const stride = strides[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      from += stride;
      if ((index[axis] as number) < (dims[axis] as number)) break;
      from -= stride * (dims[axis] as number);
      index[axis] = 0;
    }
  }
  return result;
}

/** How many elements apart neighbours along each axis lie, row-major. */
export function stridesOf(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length).fill(1);
  for (let i = dims.length - 2; i >= 0; i--)
    strides[i] = (strides[i + 1] as number) * (dims[i + 1] as number);
  return strides;
}

/** Drops every axis along which the labels do not change; where they never do (one class everywhere), the first axis is left. */
export function reduceField(field: Field, same: Same): Field {
  let { axes, dims, labels } = field;
  for (let i = axes.length - 1; i >= 0 && axes.length > 1; i--) {
    if (!isConstantAlong(labels, dims, i, same)) continue;
    const strides = stridesOf(dims);
    const keep = (_: unknown, at: number) => at !== i;
    labels = gatherGrid(labels, dims.filter(keep), strides.filter(keep));
    dims = dims.filter(keep);
    axes = axes.filter(keep);
  }
  return axes === field.axes ? field : { ...field, axes, dims, labels };
}

function isConstantAlong(labels: Int32Array, dims: readonly number[], axis: number, same: Same): boolean {
  const stride = stridesOf(dims)[axis] as number;
  const size = dims[axis] as number;
  for (let i = 0; i < labels.length; i++) {
    if (Math.floor(i / stride) % size === 0) continue;
    if (!same(labels[i] as number, labels[i - stride] as number)) return false;
  }
  return true;
}

/** Rows of a field along one of its axes: labels[i] with every other label of the same row, for tying. */
export function pairsAlong(field: Field, axis: number): { first: Int32Array; rest: Int32Array } {
  const at = field.axes.indexOf(axis);
  const stride = stridesOf(field.dims)[at] as number;
  const size = field.dims[at] as number;
  const first: number[] = [];
  const rest: number[] = [];
  field.labels.forEach((label, i) => {
    const row = Math.floor(i / stride) % size;
    if (row === 0) return;
    first.push(field.labels[i - row * stride] as number);
    rest.push(label);
  });
  return { first: Int32Array.from(first), rest: Int32Array.from(rest) };
}

/** The field's labels on a larger set of axes, repeated along the new ones. */
export function spreadField(field: Field, axes: readonly number[], dims: readonly number[]): Int32Array {
  if (axes.length === field.axes.length) return field.labels;
  const own = stridesOf(field.dims);
  const strides = axes.map((axis) => {
    const at = field.axes.indexOf(axis);
    return at < 0 ? 0 : (own[at] as number);
  });
  return gatherGrid(field.labels, dims, strides);
}

/** The labels `times` times one after another. */
export function tiled(labels: Int32Array, times: number): Int32Array {
  return Int32Array.from({ length: labels.length * times }, (_, i) => labels[i % labels.length] as number);
}

/** Concatenates grids of labels along one of their axes. */
export function concatGrids(
  parts: readonly Int32Array[],
  partDims: readonly (readonly number[])[],
  at: number,
  dims: readonly number[],
): Int32Array {
  const inner = elementsOf(dims.slice(at + 1));
  const outer = elementsOf(dims.slice(0, at));
  const result = new Int32Array(elementsOf(dims));
  let to = 0;
  for (let o = 0; o < outer; o++) {
    parts.forEach((part, i) => {
      const width = ((partDims[i] as readonly number[])[at] as number) * inner;
      result.set(part.subarray(o * width, (o + 1) * width), to);
      to += width;
    });
  }
  return result;
}

/** Positions `indices` along one of a grid's axes; -1 takes the next of `blanks`. */
export function takeFromGrid(
  field: Field,
  axis: number,
  indices: ArrayLike<number>,
  blanks: (count: number) => Int32Array,
): Field {
  const at = field.axes.indexOf(axis);
  const size = field.dims[at] as number;
  const inner = elementsOf(field.dims.slice(at + 1));
  const outer = field.labels.length / (size * inner);
  const missing = Array.from(indices).filter((index) => index < 0).length * outer * inner;
  const fresh = missing > 0 ? blanks(missing) : new Int32Array(0);
  const labels = new Int32Array(outer * indices.length * inner);
  let [blank, to] = [0, 0];
  for (let o = 0; o < outer; o++) {
    for (let k = 0; k < indices.length; k++) {
      const index = indices[k] as number;
      for (let i = 0; i < inner; i++) {
        const from = (o * size + index) * inner + i;
        labels[to++] = (index < 0 ? fresh[blank++] : field.labels[from]) as number;
      }
    }
  }
  const dims = field.dims.map((dim, i) => (i === at ? indices.length : dim));
  return { axes: field.axes, dims, labels, sources: [] };
}
