import type { SliceContext } from "./define.js";

/**
 * Gives an integer input new numbers. What arithmetic on shapes computes follows the new sizes by itself and must not be
 * frozen into a constant (it may hold a batch size), so only plain copies of constants may change.
 */
export function setSizes(
  slice: SliceContext,
  index: number,
  current: readonly number[],
  wanted: readonly number[],
): void {
  const origins = slice.integerTensor(index)?.origins;
  wanted.forEach((value, i) => {
    if (value !== current[i] && !origins?.[i])
      slice.refuse("a size is computed from data and does not follow the cut");
  });
  if (wanted.some((value, i) => value !== current[i])) slice.setIntegers(index, wanted);
}

export function sameDims(a: readonly number[], b: readonly number[] | undefined): boolean {
  return a.length === b?.length && a.every((size, axis) => size === b[axis]);
}
