import { allOf, type Kept, type Numbers, offsetsOver, stridesOf } from "./cut.js";

/** Elements of a channel that are compared. */
const SAMPLES = 48;

/** Products beyond this take seconds; such a tensor is left without an answer. */
const MOST_PRODUCTS = 2 ** 28;

/** Mean cosine of channels that are surely the same ones. */
const SURE_LIKENESS = 0.9;

/** Mean cosine below this is chance: the best of many unrelated channels reach 0.4. */
const LEAST_LIKENESS = 0.6;

/** Which positions of an axis of `before` were kept in tensors met before; keyed by both sizes. */
export class KeptLists {
  readonly #lists = new Map<string, Map<string, readonly number[]>>();

  add(size: number, list: readonly number[]): void {
    const key = `${size} ${list.length}`;
    const known = this.#lists.get(key) ?? new Map<string, readonly number[]>();
    known.set(list.join(), list);
    this.#lists.set(key, known);
  }

  /** Newest first. */
  of(size: number, kept: number): (readonly number[])[] {
    return [...(this.#lists.get(`${size} ${kept}`)?.values() ?? [])].reverse();
  }
}

/** Kept positions and how like their channels are on average: a cosine. */
export interface LikelyKept {
  readonly kept: Kept;
  readonly likeness: number;
}

/**
 * Which positions stayed, where the values have changed since (fine-tuning): the choice in ascending order that makes
 * the sum of the cosines of channels largest. Of two cut axes one must have been found in another tensor.
 */
export function keptByLikeness(
  before: Numbers,
  after: Numbers,
  axes: readonly number[],
  lists: KeptLists,
): LikelyKept | undefined {
  const [first, second] = axes;
  if (first === undefined || axes.length > 2) return undefined;
  if (second === undefined) return likely(likenessAlong(before, after, first, new Map()), new Map(), first);
  let best: LikelyKept | undefined;
  for (const [given, wanted] of [
    [second, first],
    [first, second],
  ] as const) {
    for (const list of lists.of(before.dims[given] as number, after.dims[given] as number)) {
      const known = new Map([[given, list]]);
      const found = likely(likenessAlong(before, after, wanted, known), known, wanted);
      if (found && found.likeness > (best?.likeness ?? 0)) best = found;
      if (found && found.likeness > SURE_LIKENESS) return found;
    }
    if (best) return best;
  }
  return undefined;
}

function likely(cosines: Cosines | undefined, known: Kept, axis: number): LikelyKept | undefined {
  if (!cosines) return undefined;
  const { list, mean } = bestAscending(cosines);
  return mean < LEAST_LIKENESS ? undefined : { kept: new Map([...known, [axis, list]]), likeness: mean };
}

/** Cosines between every channel of after (rows) and every one of before (columns). */
interface Cosines {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

function likenessAlong(before: Numbers, after: Numbers, axis: number, known: Kept): Cosines | undefined {
  const rows = after.dims[axis] as number;
  const columns = before.dims[axis] as number;
  const others = [...after.dims.keys()].filter((other) => other !== axis);
  const block = others.reduce((product, other) => product * (after.dims[other] as number), 1);
  const count = Math.min(SAMPLES, block);
  if (rows * columns * count > MOST_PRODUCTS) return undefined;
  const picks = Array.from({ length: count }, (_, i) => Math.floor((i * block) / count));
  const offsetsIn = ({ dims }: Numbers, lists: Kept) =>
    picks.map((at) => offsetAt(at, after.dims, others, dims, lists));
  const a = unitChannels(before, axis, offsetsIn(before, known));
  const b = unitChannels(after, axis, offsetsIn(after, new Map()));
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let i = 0; i < count; i++)
        sum += (b[row * count + i] as number) * (a[column * count + i] as number);
      values[row * columns + column] = sum;
    }
  }
  return { rows, columns, values };
}

/** The offset, in a tensor of `dims`, of the element that is number `at` over some axes of sizes `counted`. */
function offsetAt(
  at: number,
  counted: readonly number[],
  axes: readonly number[],
  dims: readonly number[],
  lists: Kept,
): number {
  const strides = stridesOf(dims);
  let [offset, rest] = [0, at];
  for (const axis of axes.toReversed()) {
    const size = counted[axis] as number;
    const position = rest % size;
    rest = (rest - position) / size;
    offset += (lists.get(axis)?.[position] ?? position) * (strides[axis] as number);
  }
  return offset;
}

/** The picked elements of every channel, scaled to length one. */
function unitChannels({ dims, values }: Numbers, axis: number, offsets: readonly number[]): Float32Array {
  const size = dims[axis] as number;
  const starts = offsetsOver(dims, [axis], () => allOf(size));
  const units = new Float32Array(size * offsets.length);
  starts.forEach((start, channel) => {
    const own = offsets.map((offset) => values[start + offset] as number);
    const norm = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0)) || 1;
    own.forEach((value, i) => {
      units[channel * offsets.length + i] = value / norm;
    });
  });
  return units;
}

/** For each row a column, ascending, with the largest sum (dynamic programming over rows × columns). */
function bestAscending({ rows, columns, values }: Cosines): { list: number[]; mean: number } {
  let sums = new Float64Array(columns + 1);
  const taken = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const next = new Float64Array(columns + 1).fill(-Infinity);
    for (let column = row; column < columns; column++) {
      const take = (sums[column] as number) + (values[row * columns + column] as number);
      const skip = next[column] as number;
      if (take > skip) taken[row * columns + column] = 1;
      next[column + 1] = Math.max(take, skip);
    }
    sums = next;
  }
  const list: number[] = [];
  let column = columns - 1;
  for (let row = rows - 1; row >= 0; row--) {
    while (column > 0 && taken[row * columns + column] === 0) column--;
    list.push(column--);
  }
  return { list: list.reverse(), mean: (sums[columns] as number) / Math.max(rows, 1) };
}
