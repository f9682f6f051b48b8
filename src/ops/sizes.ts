import type { SliceContext } from "./define.js";

/**
 * Gives an integer input new numbers. What arithmetic on shapes computes follows the new sizes by itself and must not be
 * frozen into a constant (it may hold a batch size), so only plain copies of constants may change; and elements that
 * `isStatic` vouches for, which speak of a channel axis and so cannot depend on a dynamic size.
 */
export function setSizes(
  slice: SliceContext,
  index: number,
  current: readonly number[],
  wanted: readonly number[],
  isStatic: (element: number) => boolean = () => false,
): void {
  if (wanted.every((value, i) => value === current[i])) return;
  const tensor = slice.integerTensor(index);
  const computed = wanted.flatMap((_, i) => (tensor?.origins[i] ? [] : [i]));
  if (computed.every((i) => wanted[i] === current[i])) {
    slice.setIntegers(index, wanted);
    return;
  }
  const isFixed = slice.hasFixedSizes || tensor?.isMeasured === false;
  if (!isFixed && !computed.every(isStatic))
    slice.refuse("a size is computed from data and does not follow the cut");
  slice.fixIntegers(index, wanted);
}

export function sameDims(a: readonly number[], b: readonly number[] | undefined): boolean {
  return a.length === b?.length && a.every((size, axis) => size === b[axis]);
}
