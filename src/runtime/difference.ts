import { DataType } from "../ir/index.js";
import { type HostTensor, numbersIn } from "./host-tensor.js";

/** Differences of outputs smaller than this are measured against it instead of against the output itself. */
const SMALLEST_SCALE = 1e-3;

/**
 * The largest |a - b| over the largest finite |a| (at least 1e-3): how far `b` is from the reference `a`. 0 for equal
 * tensors, Infinity where the dimensions differ, one of two elements is NaN or infinite and the other is not, or
 * strings differ.
 */
export function relativeDifference(a: HostTensor, b: HostTensor): number {
  if (a.dims.length !== b.dims.length || a.dims.some((size, axis) => size !== b.dims[axis])) return Infinity;
  if (a.dataType === DataType.STRING)
    return a.data.every((item: unknown, i: number) => item === b.data[i]) ? 0 : Infinity;
  const reference = numbersIn(a);
  const other = numbersIn(b);
  let scale = SMALLEST_SCALE;
  let largest = 0;
  for (let i = 0; i < reference.length; i++) {
    const x = reference[i] as number;
    const y = other[i] as number;
    if (Number.isFinite(x)) scale = Math.max(scale, Math.abs(x));
    if (Object.is(x, y) || x === y) continue;
    const distance = Math.abs(x - y);
    if (Number.isNaN(distance)) return Infinity;
    largest = Math.max(largest, distance);
  }
  return largest / scale;
}
