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
  const crossed = p === 2 && blocks.length === 2 && one && other && rowsAndColumns(tensor, one, other);
  if (!crossed) return blocks.map((block) => sliceNorms(tensor, block, p));
  const sums = crossed.map(
    ({ axes, blockCount }) => new Float64Array((tensor.dims[axes.at(-1) as number] as number) * blockCount),
  ) as [Float64Array, Float64Array];
  addRows(...sums, tensor, crossed[1].blockCount);
  const [ofRows, ofColumns] = [normsOf(sums[0], tensor, p), normsOf(sums[1], tensor, p)];
  return crossed[0] === one ? [ofRows, ofColumns] : [ofColumns, ofRows];
}

/** Makes norms of sums of powers, in their place. Where no sum is NaN, no element is. */
function normsOf(sums: Float64Array, tensor: Tensor, p: 1 | 2): Float64Array {
  let areNumbers = true;
  for (let i = 0; i < sums.length; i++) {
    const sum = sums[i] as number;
    if (Number.isNaN(sum)) areNumbers = false;
    if (p === 2) sums[i] = Math.sqrt(sum);
  }
  if (areNumbers) noteNumbers(tensor);
  return sums;
}

/** Of two blocks first the rows of the tensor and then their columns, whatever lies inside these; undefined for others. */
function rowsAndColumns({ dims }: Tensor, x: Slices, y: Slices): [Slices, Slices] | undefined {
  const last = ({ axes }: Slices) => axes.at(-1) as number;
  const [rows, columns] = last(x) < last(y) ? [x, y] : [y, x];
  const [outer, inner] = [last(rows), last(columns)];
  const isPlain = rows.axes.length === 1 && outer < inner;
  const isWithin = columns.axes.length === 1 || columns.axes[0] === outer;
  const isAlone = dims.slice(0, inner).every((size, axis) => axis === outer || size === 1);
  return isPlain && isWithin && isAlone ? [rows, columns] : undefined;
}

/** Adds the squares of a tensor to its rows and to their columns, which are others in each of `blocks` equal parts of the rows. */
function addRows(rows: Float64Array, columns: Float64Array, tensor: Tensor, blocks = 1): void {
  const width = columns.length / blocks;
  const inner = tensor.elements / rows.length / width;
  const row = width * inner;
  let at = 0;
  const perBlock = rows.length / blocks;
  for (const values of chunksOf(tensor, row)) {
    for (let from = 0; from < values.length; from += row) {
      const block = Math.floor(at / perBlock);
      const own = blocks === 1 ? columns : columns.subarray(block * width, (block + 1) * width);
      const isPaired = inner === 1 && from + row < values.length && at + 1 < (block + 1) * perBlock;
      if (isPaired) {
        addTwoRows(rows, at, own, values, from);
        from += row;
        at += 2;
      } else rows[at++] = inner === 1 ? addRow(own, values, from) : addWideRow(own, values, from, inner);
    }
  }
}

/** `addRow` for the rows `at` and `at` + 1 at once, which reads and writes every column once: the same to the last bit. */
function addTwoRows(
  rows: Float64Array,
  at: number,
  columns: Float64Array,
  values: ArrayLike<number>,
  from: number,
): void {
  const row = columns.length;
  const pairs = row - (row % 2);
  let even = 0;
  let odd = 0;
  let evenBelow = 0;
  let oddBelow = 0;
  for (let i = 0; i < pairs; i += 2) {
    const a = values[from + i] as number;
    const b = values[from + i + 1] as number;
    const c = values[from + row + i] as number;
    const d = values[from + row + i + 1] as number;
    columns[i] = (columns[i] as number) + a * a + c * c;
    columns[i + 1] = (columns[i + 1] as number) + b * b + d * d;
    even += a * a;
    odd += b * b;
    evenBelow += c * c;
    oddBelow += d * d;
  }
  if (pairs < row) {
    const a = values[from + pairs] as number;
    const c = values[from + row + pairs] as number;
    columns[pairs] = (columns[pairs] as number) + a * a + c * c;
    even += a * a;
    evenBelow += c * c;
  }
  rows[at] = even + odd;
  rows[at + 1] = evenBelow + oddBelow;
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
