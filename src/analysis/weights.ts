import { UserError } from "../base/errors.js";
import { chunksOf, type Graph, isFloat, type Tensor } from "../ir/index.js";
import { storedConstants } from "./cost.js";

/** NaN among a tensor's elements. */
export interface NaNCount {
  readonly count: number;
  /** Index of the first, in the order of the elements. */
  readonly first: number;
}

/** Tensors whose elements have been seen, and none was NaN; a tensor never changes. */
const numbers = new WeakSet<Tensor>();

/** Says that none of a tensor's elements is NaN, to whom it took no time to see. */
export function noteNumbers(tensor: Tensor): void {
  numbers.add(tensor);
}

/** How many of a float tensor's elements are NaN; undefined where none is. Throws what reading its data throws. */
export function countNaN(tensor: Tensor): NaNCount | undefined {
  if (!isFloat(tensor.dataType) || numbers.has(tensor)) return undefined;
  let [count, first, start] = [0, -1, 0];
  for (const values of chunksOf(tensor)) {
    const from = start;
    start += values.length;
    if (!mayHoldNaN(values)) continue;
    for (let i = 0; i < values.length; i++) {
      if (!Number.isNaN(values[i])) continue;
      if (count++ === 0) first = from + i;
    }
  }
  if (count > 0) return { count, first };
  numbers.add(tensor);
  return undefined;
}

/** One sum over everything shows a NaN and takes a third of the time of looking; so do infinities of both signs. */
function mayHoldNaN(values: ArrayLike<number>): boolean {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = values.length - (values.length % 4);
  for (let i = 0; i < whole; i += 4) {
    a += values[i] as number;
    b += values[i + 1] as number;
    c += values[i + 2] as number;
    d += values[i + 3] as number;
  }
  for (let i = whole; i < values.length; i++) a += values[i] as number;
  return Number.isNaN(a + b + c + d);
}

/** What is wrong with the constants of a graph. */
export interface WeightProblems {
  /** Tensors that hold NaN. */
  readonly nan: readonly { readonly tensor: string; readonly count: number }[];
  /** Tensors whose data cannot be read, with the reason in a line. */
  readonly unreadable: readonly { readonly tensor: string; readonly reason: string }[];
}

/** Reads every float constant once, one after another. */
export function weightProblems(graph: Graph): WeightProblems {
  const nan: { tensor: string; count: number }[] = [];
  const unreadable: { tensor: string; reason: string }[] = [];
  for (const { value, tensor } of storedConstants(graph)) {
    try {
      const found = countNaN(tensor);
      if (found) nan.push({ tensor: value.name, count: found.count });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      unreadable.push({ tensor: value.name, reason: error.message });
    }
  }
  return { nan, unreadable };
}
