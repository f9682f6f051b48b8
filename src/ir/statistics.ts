import { DataType } from "./data-type.js";
import { chunksOf } from "./elements.js";
import type { Tensor } from "./tensor.js";

/** What a tensor's elements are like, over all that are no NaN; the spread is that of the population. */
export interface TensorStatistics {
  readonly mean: number;
  readonly std: number;
  readonly min: number;
  readonly max: number;
  /** Euclidean norm. */
  readonly l2: number;
  readonly zeros: number;
  readonly nan: number;
}

/** Undefined for a tensor without numbers, or of NaN alone. Throws what reading its data throws. */
export function statisticsOf(tensor: Tensor): TensorStatistics | undefined {
  if (tensor.dataType === DataType.COMPLEX64 || tensor.dataType === DataType.COMPLEX128) return undefined;
  let [count, sum, squares, min, max, zeros] = [
    0,
    0,
    0,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    0,
  ];
  for (const numbers of chunksOf(tensor)) {
    for (let at = 0; at < numbers.length; at++) {
      const value = numbers[at] as number;
      if (Number.isNaN(value)) continue;
      count++;
      sum += value;
      squares += value * value;
      if (value === 0) zeros++;
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  if (count === 0) return undefined;
  const mean = sum / count;
  let spread = 0;
  for (const numbers of chunksOf(tensor)) {
    for (let at = 0; at < numbers.length; at++) {
      const value = numbers[at] as number;
      if (!Number.isNaN(value)) spread += (value - mean) ** 2;
    }
  }
  const nan = tensor.elements - count;
  return { mean, std: Math.sqrt(spread / count), min, max, l2: Math.sqrt(squares), zeros, nan };
}

/** Euclidean norm of every channel along an axis. Throws what reading the tensor's data throws. */
export function channelNorms(tensor: Tensor, axis: number): Float64Array {
  const size = tensor.dims[axis] ?? 0;
  const inner = tensor.dims.slice(axis + 1).reduce((product, each) => product * each, 1);
  const squares = new Float64Array(size);
  let start = 0;
  for (const numbers of chunksOf(tensor)) {
    for (let i = 0; i < numbers.length; i++) {
      const channel = Math.floor((start + i) / inner) % size;
      squares[channel] = (squares[channel] as number) + (numbers[i] as number) ** 2;
    }
    start += numbers.length;
  }
  return squares.map(Math.sqrt);
}
