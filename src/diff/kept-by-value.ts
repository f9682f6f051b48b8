import { allOf, type Kept, type Numbers, offsetsOver } from "./cut.js";

/** Blocks looked at for each position that stayed. */
const SAMPLES = 8;

/** Hashes that are none of the samples' are told apart by their last bits before they are looked up. */
const FILTER = 1 << 20;

/** A block that is met more often says nothing about where it comes from (zeros). */
const MOST_TWINS = 16;

/**
 * Which positions stayed, where the values that stayed are bit for bit those of before: every block over the other axes
 * is found again by its hash, and each position that stayed takes the old position that most of its blocks name.
 * Undefined where some position is not found, or they do not ascend.
 */
export function keptByValue(before: Numbers, after: Numbers, axes: readonly number[]): Kept | undefined {
  const samples = sampleBlocks(after, axes);
  const votes = axes.map((axis) =>
    Array.from({ length: after.dims[axis] as number }, () => new Map<number, number>()),
  );
  const hash = blockHash(before, axes);
  const starts = offsetsOver(before.dims, axes, (axis) => allOf(before.dims[axis] as number));
  const sizes = axes.map((axis) => before.dims[axis] as number);
  const isSampled = new Uint8Array(FILTER);
  for (const key of samples.keys()) isSampled[key & (FILTER - 1)] = 1;
  for (let flat = 0; flat < starts.length; flat++) {
    const key = hash(starts[flat] as number);
    const twins = isSampled[key & (FILTER - 1)] === 1 ? samples.get(key) : undefined;
    if (!twins || twins.length > MOST_TWINS) continue;
    let rest = flat;
    for (let x = axes.length - 1; x >= 0; x--) {
      const size = sizes[x] as number;
      const at = rest % size;
      rest = (rest - at) / size;
      for (const twin of twins) {
        const own = votes[x]?.[twin[x] as number];
        own?.set(at, (own.get(at) ?? 0) + 1);
      }
    }
  }
  const kept = new Map<number, readonly number[]>();
  for (const [x, axis] of axes.entries()) {
    const list = (votes[x] ?? []).map(winner);
    if (!list.every((at, i) => at !== undefined && at > (i === 0 ? -1 : (list[i - 1] ?? Infinity))))
      return undefined;
    kept.set(axis, list as number[]);
  }
  return kept;
}

/** The position with most votes, if no other has as many. */
function winner(votes: ReadonlyMap<number, number>): number | undefined {
  let [best, most, second] = [-1, 0, 0];
  for (const [at, count] of votes) {
    if (count > most) [best, most, second] = [at, count, most];
    else second = Math.max(second, count);
  }
  return most > second ? best : undefined;
}

/** Positions on the cut axes of some blocks by their hash; each position on each axis is in some of them. */
function sampleBlocks(after: Numbers, axes: readonly number[]): Map<number, number[][]> {
  const hash = blockHash(after, axes);
  const found = new Map<number, number[][]>();
  for (const [x, axis] of axes.entries()) {
    const size = after.dims[axis] as number;
    const times = axes.length === 1 ? 1 : SAMPLES;
    for (let at = 0; at < size; at++) {
      for (let sample = 0; sample < times; sample++) {
        const position = axes.map((other, y) =>
          y === x ? at : Math.floor(((sample + 0.5) / times) * (after.dims[other] as number)),
        );
        const [offset] = offsetsOver(after.dims, axes, (other) => [position[axes.indexOf(other)] as number]);
        const key = hash(offset as number);
        const list = found.get(key);
        if (list) list.push(position);
        else found.set(key, [position]);
      }
    }
  }
  return found;
}

/** A number for the elements of the block that starts at an offset: FNV-1a over their float32 bits, folded from two lanes. */
function blockHash({ dims, values }: Numbers, axes: readonly number[]): (offset: number) => number {
  const floats = values instanceof Float32Array ? values : Float32Array.from(values);
  const bits = new Int32Array(floats.buffer, floats.byteOffset, floats.length);
  const others = [...dims.keys()].filter((axis) => !axes.includes(axis));
  const inner = offsetsOver(dims, others, (axis) => allOf(dims[axis] as number));
  return (offset) => {
    let [low, high] = [0x811c9dc5, 0x1b873593];
    for (let i = 0; i < inner.length; i++) {
      const bit = bits[offset + (inner[i] as number)] as number;
      low = Math.imul(low ^ bit, 0x01000193);
      high = Math.imul(high ^ (bit >>> 7), 0x85ebca6b) ^ low;
    }
    return low ^ (high >>> 3);
  };
}
