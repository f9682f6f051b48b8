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

type Same = (a: number, b: number) => boolean;

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
function gatherGrid(labels: Int32Array, dims: readonly number[], strides: readonly number[]): Int32Array {
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

export function stridesOf(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length).fill(1);
  for (let i = dims.length - 2; i >= 0; i--)
    strides[i] = (strides[i + 1] as number) * (dims[i + 1] as number);
  return strides;
}

/** Drops every axis along which the labels do not change; undefined where none is left (a single class everywhere). */
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

/** What became of the fields of a reshaped value. */
export interface Reshaped {
  readonly fields: readonly Field[];
  /** Fields that the reshape tears in a way that no grid describes. */
  readonly torn: readonly Field[];
  /** For every output axis the input axis that it (mostly) comes from; undefined for an added axis of size one. */
  readonly origin: readonly (number | undefined)[];
}

/**
 * Fields under a row-major reshape. Both shapes are cut into their common factors; a field lives on factors, and its
 * new axes are those that own them.
 */
export function reshapeFields(
  fields: readonly Field[],
  from: readonly number[],
  to: readonly number[],
  same: Same,
): Reshaped {
  const factors = commonFactors(from, to);
  const origin = to.map((_, axis) => factors.find((factor) => factor.to === axis && factor.size > 1)?.from);
  const moved: Field[] = [];
  const torn: Field[] = [];
  for (const field of fields) {
    const result = reshapeField(field, factors, to, same);
    if (result) moved.push(result);
    else torn.push(field);
  }
  return { fields: moved, torn, origin: origin.map((axis, i) => axis ?? sizeOneOrigin(from, to, i)) };
}

function sizeOneOrigin(from: readonly number[], to: readonly number[], axis: number): number | undefined {
  return to[axis] === 1 && from[axis] === 1 ? axis : undefined;
}

interface Factor {
  readonly size: number;
  /** Input and output axis that own the factor; undefined where a stretch has no common factors. */
  readonly from: number | undefined;
  readonly to: number | undefined;
}

/** The finest sizes, left to right, that both dimension lists are products of. */
function commonFactors(from: readonly number[], to: readonly number[]): Factor[] {
  const factors: Factor[] = [];
  let i = 0;
  let j = 0;
  let left = from[0] ?? 0;
  let right = to[0] ?? 0;
  while (i < from.length && j < to.length) {
    if (left === 1 && right !== 1) left = from[++i] ?? 0;
    else if (right === 1 && left !== 1) right = to[++j] ?? 0;
    else {
      // Row-major: the left factor is the outer one, so only a divisor of the whole rest is common.
      const outer =
        left === 0 || right === 0 ? 0 : left % right === 0 ? right : right % left === 0 ? left : 0;
      if (outer === 0) {
        const end = nextAlignment(from, to, i, j, left, right);
        for (let axis = i; axis < end.i; axis++)
          factors.push({ size: from[axis] as number, from: axis, to: undefined });
        for (let axis = j; axis < end.j; axis++)
          factors.push({ size: to[axis] as number, from: undefined, to: axis });
        ({ i, j } = end);
        left = from[i] ?? 0;
        right = to[j] ?? 0;
        continue;
      }
      factors.push({ size: outer, from: i, to: j });
      left /= outer;
      right /= outer;
      if (left === 1 && right === 1) {
        left = from[++i] ?? 0;
        right = to[++j] ?? 0;
      }
    }
  }
  return factors;
}

/** The first axes after (i, j) at which both shapes have used up equally many elements. */
function nextAlignment(
  from: readonly number[],
  to: readonly number[],
  i: number,
  j: number,
  left: number,
  right: number,
): { i: number; j: number } {
  let [x, y, a, b] = [left, right, i + 1, j + 1];
  while (x !== y && (a < from.length || b < to.length)) {
    if ((x < y && a < from.length) || b >= to.length) x *= from[a++] ?? 1;
    else y *= to[b++] ?? 1;
  }
  return x === y && x > 0 ? { i: a, j: b } : { i: from.length, j: to.length };
}

function reshapeField(
  field: Field,
  factors: readonly Factor[],
  to: readonly number[],
  same: Same,
): Field | undefined {
  const own = factors.filter((factor) => factor.from !== undefined && field.axes.includes(factor.from));
  if (own.some((factor) => factor.to === undefined)) return undefined;
  if (elementsOf(own.map((factor) => factor.size)) !== field.labels.length) return undefined;
  // As a field over factors, without those along which it does not change.
  const fine = reduceField(
    { axes: own.map((_, i) => i), dims: own.map((factor) => factor.size), labels: field.labels, sources: [] },
    same,
  );
  const used = fine.axes.map((i) => own[i] as Factor);
  const axes = [...new Set(used.map((factor) => factor.to as number))].sort((a, b) => a - b);
  const wanted = factors.filter((factor) => factor.to !== undefined && axes.includes(factor.to));
  const strides = stridesOf(fine.dims);
  const labels = gatherGrid(
    fine.labels,
    wanted.map((factor) => factor.size),
    wanted.map((factor) => strides[used.indexOf(factor)] ?? 0),
  );
  const dims = axes.map((axis) => to[axis] as number);
  if (labels.length !== elementsOf(dims)) return undefined;
  return { axes, dims, labels, sources: field.sources, isRepeat: field.isRepeat };
}

/** Concatenates grids of labels along one of their axes. */
export function concatGrids(
  parts: readonly Int32Array[],
  partDims: readonly (readonly number[])[],
  at: number,
  dims: readonly number[],
): Int32Array {
  const inner = dims.slice(at + 1).reduce((a, b) => a * b, 1);
  const outer = dims.slice(0, at).reduce((a, b) => a * b, 1);
  const result = new Int32Array(dims.reduce((a, b) => a * b, 1));
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
