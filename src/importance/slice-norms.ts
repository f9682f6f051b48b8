import type { LabelBlock } from "../channels/index.js";
import { chunksOf, elementsOf, type Tensor } from "../ir/index.js";

/** The p-norm of every slice along a block's last axis, for each block of its first where it has two. */
export function sliceNorms(tensor: Tensor, block: LabelBlock, p: 1 | 2): Float64Array {
  const axis = block.axes.at(-1) as number;
  const width = tensor.dims[axis] as number;
  const inner = elementsOf(tensor.dims.slice(axis + 1));
  const perBlock = elementsOf(tensor.dims.slice(0, axis)) / block.blockCount;
  const sums = new Float64Array(width * block.blockCount);
  if (inner === 1) addSingles(sums, tensor, width, perBlock, p);
  else addStretches(sums, tensor, width, perBlock, inner, p);
  return p === 1 ? sums : sums.map(Math.sqrt);
}

/** Slices on the last axis: each element belongs to another one than its neighbour. */
function addSingles(sums: Float64Array, tensor: Tensor, width: number, perBlock: number, p: 1 | 2): void {
  let [slice, row] = [0, 0];
  for (const values of chunksOf(tensor)) {
    for (let i = 0; i < values.length; ) {
      const first = Math.floor(row / perBlock) * width;
      const count = Math.min(values.length - i, width - slice);
      addEach(sums, first + slice, values, i, count, p);
      i += count;
      slice += count;
      if (slice === width) [slice, row] = [0, row + 1];
    }
  }
}

function addEach(
  sums: Float64Array,
  at: number,
  values: ArrayLike<number>,
  from: number,
  count: number,
  p: 1 | 2,
): void {
  for (let k = 0; k < count; k++) {
    const value = values[from + k] as number;
    sums[at + k] = (sums[at + k] as number) + power(value, p);
  }
}

/** Slices that are stretches of `inner` elements, once in each row of outer axes. */
function addStretches(
  sums: Float64Array,
  tensor: Tensor,
  width: number,
  perBlock: number,
  inner: number,
  p: 1 | 2,
): void {
  let [slice, row, done] = [0, 0, 0];
  const halves = new Float64Array(2);
  for (const values of chunksOf(tensor)) {
    for (let i = 0; i < values.length; ) {
      const count = Math.min(values.length - i, inner - done);
      addStretch(halves, values, i, count, done, p);
      i += count;
      done += count;
      if (done < inner) break;
      const at = Math.floor(row / perBlock) * width + slice;
      sums[at] = (sums[at] as number) + (halves[0] as number) + (halves[1] as number);
      halves.fill(0);
      done = 0;
      if (++slice === width) [slice, row] = [0, row + 1];
    }
  }
}

/**
 * Adds to two sums, of the elements at even and at odd places of their slice: a processor works on both at once, and
 * where a slice is cut into chunks makes no difference to the result. `done`: how many elements came before.
 */
function addStretch(
  halves: Float64Array,
  values: ArrayLike<number>,
  from: number,
  count: number,
  done: number,
  p: 1 | 2,
): void {
  const end = from + count;
  let i = from;
  let even = halves[0] as number;
  let odd = halves[1] as number;
  if (done % 2 === 1) odd += power(values[i++] as number, p);
  // A loop for each p, and no destructuring: either takes longer than the sum itself.
  if (p === 1) {
    for (; i + 1 < end; i += 2) {
      even += Math.abs(values[i] as number);
      odd += Math.abs(values[i + 1] as number);
    }
  } else {
    for (; i + 1 < end; i += 2) {
      const x = values[i] as number;
      const y = values[i + 1] as number;
      even += x * x;
      odd += y * y;
    }
  }
  if (i < end) even += power(values[i] as number, p);
  halves[0] = even;
  halves[1] = odd;
}

function power(value: number, p: 1 | 2): number {
  return p === 1 ? Math.abs(value) : value * value;
}
