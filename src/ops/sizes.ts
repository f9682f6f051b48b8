import type { SliceContext } from "./define.js";

/**
 * Gives an integer input new numbers. Plain copies of constants change where they are stored; what arithmetic on shapes
 * computes follows the new sizes by itself, or is corrected: by a difference where no dynamic size (a batch) has a part in it, by a factor where it is a product.
 */
export function setSizes(
  slice: SliceContext,
  index: number,
  current: readonly number[],
  wanted: readonly number[],
): void {
  const origins = slice.integerTensor(index)?.origins;
  const stale = wanted.flatMap((value, i) => (origins?.[i] || value === current[i] ? [] : [i]));
  if (wanted.every((value, i) => value === current[i])) return;
  if (stale.length === 0) return slice.setIntegers(index, wanted);
  const isCorrectable = (i: number) => slice.isStatic(index, i) || slice.isProduct(index, i, wanted[i] ?? 0);
  if (!stale.every(isCorrectable)) {
    slice.refuse("a size is computed from data and does not follow the cut");
  }
  slice.fixIntegers(index, wanted);
}

export function sameDims(a: readonly number[], b: readonly number[] | undefined): boolean {
  return a.length === b?.length && a.every((size, axis) => size === b[axis]);
}

/** What all parts of an axis are together. */
export const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);
