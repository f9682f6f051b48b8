import { noteNumbers } from "../analysis/weights.js";
import type { LabelBlock } from "../channels/index.js";
import { chunksOf, elementsOf, type Tensor } from "../ir/index.js";

/** What the norms need to know of a block. */
type Slices = Pick<LabelBlock, "axes" | "blockCount">;

/** The p-norm of every slice along a block's last axis, for each block of its first where it has two. */
export function sliceNorms(tensor: Tensor, block: Slices, p: 1 | 2): Float64Array {
  const axis = block.axes.at(-1) as number;
  const width = tensor.dims[axis] as number;
  const inner = elementsOf(tensor.dims.slice(axis + 1));
  const outer = elementsOf(tensor.dims.slice(0, axis));
  const perBlock = outer / block.blockCount;
  const sums = new Float64Array(width * block.blockCount);
  if (inner === 1 && block.blockCount === 1 && p === 2) addRows(new Float64Array(outer), sums, tensor);
  else if (inner === 1) addSingles(sums, tensor, width, perBlock, p);
  else addStretches(sums, tensor, width, perBlock, inner, p);
  return normsOf(sums, tensor, p);
}

/** The same for several blocks of one tensor; for p = 2 what a layer's weight makes and what it reads in one pass. */
export function blockNorms(tensor: Tensor, blocks: readonly Slices[], p: 1 | 2): readonly Float64Array[] {
  const [one, other] = blocks;
  const isCrossed = p === 2 && blocks.length === 2 && one && other && areRowsAndColumns(tensor, one, other);
  if (!isCrossed) return blocks.map((block) => sliceNorms(tensor, block, p));
  const [a, b] = [one.axes[0] as number, other.axes[0] as number];
  const rows = new Float64Array(tensor.dims[Math.min(a, b)] as number);
  const columns = new Float64Array(tensor.dims[Math.max(a, b)] as number);
  addRows(rows, columns, tensor);
  const [ofRows, ofColumns] = [normsOf(rows, tensor, p), normsOf(columns, tensor, p)];
  return a < b ? [ofRows, ofColumns] : [ofColumns, ofRows];
}

/** The sums are of powers: where none is NaN, no element is. */
function normsOf(sums: Float64Array, tensor: Tensor, p: 1 | 2): Float64Array {
  if (!sums.some(Number.isNaN)) noteNumbers(tensor);
  return p === 1 ? sums : sums.map(Math.sqrt);
}

/** Whether two blocks are the rows of the tensor and their columns, whatever lies inside these. */
function areRowsAndColumns({ dims }: Tensor, x: Slices, y: Slices): boolean {
  if (x.axes.length !== 1 || y.axes.length !== 1) return false;
  const [a, b] = [x.axes[0] as number, y.axes[0] as number].sort((one, other) => one - other) as [
    number,
    number,
  ];
  return a < b && dims.slice(0, b).every((size, axis) => axis === a || size === 1);
}

function addRows(rows: Float64Array, columns: Float64Array, tensor: Tensor): void {
  const inner = tensor.elements / rows.length / columns.length;
  const row = columns.length * inner;
  let at = 0;
  for (const values of chunksOf(tensor, row)) {
    for (let from = 0; from < values.length; from += row) {
      rows[at++] = inner === 1 ? addRow(columns, values, from) : addWideRow(columns, values, from, inner);
    }
  }
}

/** Adds the square of each element of a row to its column; returns the sum of the row. */
function addRow(columns: Float64Array, values: ArrayLike<number>, from: number): number {
  const pairs = columns.length - (columns.length % 2);
  let even = 0;
  let odd = 0;
  for (let i = 0; i < pairs; i += 2) {
    const x = values[from + i] as number;
    const y = values[from + i + 1] as number;
    columns[i] = (columns[i] as number) + x * x;
    columns[i + 1] = (columns[i + 1] as number) + y * y;
    even += x * x;
    odd += y * y;
  }
  if (pairs === columns.length) return even + odd;
  const x = values[from + pairs] as number;
  columns[pairs] = (columns[pairs] as number) + x * x;
  return even + x * x + odd;
}

/**
 * The same where columns are stretches of `inner` elements. Even and odd places are summed apart, of the row and of each
 * stretch, as `addStretch` does it: the result is the same to the last bit.
 */
function addWideRow(columns: Float64Array, values: ArrayLike<number>, from: number, inner: number): number {
  let even = 0;
  let odd = 0;
  let at = from;
  for (let i = 0; i < columns.length; i++) {
    const end = at + inner;
    let first = 0;
    let second = 0;
    let k = at;
    for (; k + 1 < end; k += 2) {
      const x = values[k] as number;
      const y = values[k + 1] as number;
      first += x * x;
      second += y * y;
      even += x * x;
      odd += y * y;
    }
    if (k < end) {
      const x = values[k] as number;
      first += x * x;
      even += x * x;
      // The next stretch starts at an odd place of the row.
      const swapped = even;
      even = odd;
      odd = swapped;
    }
    at = end;
    columns[i] = (columns[i] as number) + first + second;
  }
  return even + odd;
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
