import { allOf, type Kept, type Numbers, offsetsOver, stridesOf } from "./cut.js";

/** Elements of a channel that are compared. */
const SAMPLES = 48;

/** Elements by which a list of kept positions is tried before channels are compared. */
const TRIED_ELEMENTS = 512;

/** Lists that are tried for each axis, the newest first. */
const MOST_TRIED = 32;

/** Rows by which the more promising of several lists is found. */
const FIRST_ROWS = 12;

/** Products beyond this take seconds; such a tensor is left without an answer. */
const MOST_PRODUCTS = 2 ** 28;

/** Mean cosine of channels that are surely the same ones. */
const SURE_LIKENESS = 0.9;

/** Mean cosine below this is chance: the best of many unrelated channels reach 0.4. */
const LEAST_LIKENESS = 0.6;

/**
 * A channel whose cosine to another one is nearly as large could be either: nearer than what its own lacks of 1, within
 * these limits.
 */
const [LEAST_MARGIN, MOST_MARGIN] = [0.001, 0.05];

/** The fractional part of its multiples is spread most evenly. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

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
  const met = metBefore(before, after, axes, lists);
  if (met) return met;
  if (second === undefined) return likely(likenessAlong(before, after, first, new Map()), new Map(), first);
  let best: LikelyKept | undefined;
  for (const [given, wanted] of [
    [second, first],
    [first, second],
  ] as const) {
    const list = mostLikely(before, after, { given, wanted }, lists);
    if (!list) continue;
    const known = new Map([[given, list]]);
    const found = likely(likenessAlong(before, after, wanted, known), known, wanted);
    if (found && found.likeness > (best?.likeness ?? 0)) best = found;
    if (best) return best;
  }
  return undefined;
}

/** Lists found in other tensors that fit here as well: networks cut most channels in several places. */
function metBefore(
  before: Numbers,
  after: Numbers,
  axes: readonly number[],
  lists: KeptLists,
): LikelyKept | undefined {
  const known = axes.map((axis) =>
    lists.of(before.dims[axis] as number, after.dims[axis] as number).slice(0, MOST_TRIED),
  );
  const [first = 0, second] = axes;
  for (const one of known[0] ?? []) {
    for (const other of second === undefined ? [undefined] : (known[1] ?? [])) {
      const kept = new Map([[first, one]]);
      if (second !== undefined && other) kept.set(second, other);
      const likeness = sampledCosine(before, after, kept);
      if (likeness > SURE_LIKENESS) return { kept, likeness };
    }
  }
  return undefined;
}

/** The cosine of some elements of `after` and those of `before` at the kept positions. */
function sampledCosine(before: Numbers, after: Numbers, kept: Kept): number {
  const count = Math.min(TRIED_ELEMENTS, after.values.length);
  const axes = [...after.dims.keys()];
  let [product, own, others] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const at = sampleAt(i, count, after.values.length);
    const x = after.values[at] as number;
    const y = before.values[offsetAt(at, after.dims, axes, before.dims, kept)] as number;
    product += x * y;
    own += x * x;
    others += y * y;
  }
  return product / (Math.sqrt(own * others) || 1);
}

/** Sample `i` of `count` among `size` elements: one from each part of equal length, at steps that meet no period of rows. */
function sampleAt(i: number, count: number, size: number): number {
  if (count === size) return i;
  return Math.floor(((i + ((i * GOLDEN) % 1)) * size) / count);
}

/** Of several lists for one axis the one under which the first rows of the other axis find the most like channels. */
function mostLikely(
  before: Numbers,
  after: Numbers,
  { given, wanted }: { readonly given: number; readonly wanted: number },
  lists: KeptLists,
): readonly number[] | undefined {
  const tried = lists.of(before.dims[given] as number, after.dims[given] as number).slice(0, MOST_TRIED);
  if (tried.length < 2) return tried[0];
  const scores = tried.map((list) => {
    const cosines = likenessAlong(before, after, wanted, new Map([[given, list]]), FIRST_ROWS);
    return cosines ? meanOfBest(cosines) : 0;
  });
  return tried[scores.indexOf(Math.max(...scores))];
}

function meanOfBest({ rows, columns, values }: Cosines): number {
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    let best = -1;
    for (let column = 0; column < columns; column++)
      best = Math.max(best, values[row * columns + column] as number);
    sum += best;
  }
  return sum / Math.max(rows, 1);
}

function likely(cosines: Cosines | undefined, known: Kept, axis: number): LikelyKept | undefined {
  if (!cosines) return undefined;
  const { list, mean } = bestAscending(cosines);
  if (mean < LEAST_LIKENESS || !isPlain(cosines, list)) return undefined;
  return { kept: new Map([...known, [axis, list]]), likeness: mean };
}

/** Every channel is clearly more like its own than like any other: a guess would be worse than no answer. */
function isPlain({ columns, values }: Cosines, list: readonly number[]): boolean {
  return list.every((own, row) => {
    const cosineTo = (column: number) => values[row * columns + column] as number;
    const margin = Math.min(MOST_MARGIN, Math.max(LEAST_MARGIN, 1 - cosineTo(own)));
    for (let column = 0; column < columns; column++)
      if (column !== own && cosineTo(column) > cosineTo(own) - margin) return false;
    return true;
  });
}

/** Cosines between every channel of after (rows) and every one of before (columns). */
interface Cosines {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

/** `most` rows at most, spread evenly. */
function likenessAlong(
  before: Numbers,
  after: Numbers,
  axis: number,
  known: Kept,
  most = Infinity,
): Cosines | undefined {
  const all = after.dims[axis] as number;
  const rows = Math.min(all, most);
  const columns = before.dims[axis] as number;
  const others = [...after.dims.keys()].filter((other) => other !== axis);
  const block = others.reduce((product, other) => product * (after.dims[other] as number), 1);
  const count = Math.min(SAMPLES, block);
  if (rows * columns * count > MOST_PRODUCTS) return undefined;
  const picks = Array.from({ length: count }, (_, i) => sampleAt(i, count, block));
  const offsetsIn = ({ dims }: Numbers, lists: Kept) =>
    picks.map((at) => offsetAt(at, after.dims, others, dims, lists));
  const a = unitChannels(before, axis, offsetsIn(before, known));
  const b = unitChannels(after, axis, offsetsIn(after, new Map()));
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const start = Math.floor((row * all) / rows) * count;
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += (b[start + i] as number) * (a[column * count + i] as number);
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
