import { elementsOf } from "../ir/index.js";
import { type Field, gatherGrid, reduceField, type Same, stridesOf } from "./field.js";

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
