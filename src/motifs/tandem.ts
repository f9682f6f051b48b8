/** A stretch of a row of symbols that repeats itself: `count` times `period` symbols from `start` on. */
export interface Tandem {
  readonly start: number;
  readonly period: number;
  readonly count: number;
}

/**
 * Stretches that stand at least twice one after another: those of the smallest period at which there are any, disjoint,
 * from left to right. A stretch must weigh at least two, by the sum of `weights`, and be no repetition of one symbol.
 * O(n log² n): for every period p only the places i, i + p, i + 2p, ... are compared with those p further on (Main and
 * Lorentz, "An O(n log n) algorithm for finding all repetitions in a string", J. Algorithms 5, 1984), as far as they agree
 * by hashes.
 */
export function shortestTandems(symbols: readonly number[], weights: readonly number[]): Tandem[] {
  const row = new HashedRow(symbols);
  const weightBefore = [0];
  for (const weight of weights) weightBefore.push((weightBefore.at(-1) ?? 0) + weight);
  const weightOf = (start: number, end: number) => (weightBefore[end] ?? 0) - (weightBefore[start] ?? 0);
  for (let period = 2; 2 * period <= symbols.length; period++) {
    const found: Tandem[] = [];
    let done = 0;
    for (let at = 0; at + period < symbols.length; at += period) {
      const start = Math.max(done, at - row.agreeBefore(at, at + period, period - 1));
      const end = at + period + row.agreeFrom(at, at + period);
      const tandem = { start, period, count: Math.floor((end - start) / period) };
      if (tandem.count < 2) continue;
      // The rest of this stretch has nothing new to say.
      at = end - (end % period) - period;
      if (weightOf(start, start + period) < 2 || row.agreeFrom(start, start + 1) >= period) continue;
      if (!isTrue(tandem, symbols)) continue;
      found.push(tandem);
      done = start + tandem.count * period;
    }
    if (found.length > 0) return found;
  }
  return [];
}

/** Hashes may agree by accident; symbols do not. */
function isTrue({ start, period, count }: Tandem, symbols: readonly number[]): boolean {
  for (let i = start + period; i < start + count * period; i++) {
    if (symbols[i] !== symbols[i - period]) return false;
  }
  return true;
}

/** Says how far two places of a row agree, by polynomial hashes of its prefixes modulo 2³². */
class HashedRow {
  readonly #prefix: Uint32Array;
  readonly #power: Uint32Array;

  constructor(readonly symbols: readonly number[]) {
    this.#prefix = new Uint32Array(symbols.length + 1);
    this.#power = new Uint32Array(symbols.length + 1).fill(1);
    symbols.forEach((symbol, i) => {
      // Mixed, since small symbols alone would make weak hashes.
      const mixed = Math.imul(symbol + 1, 0x9e3779b1) ^ (symbol >>> 7);
      this.#prefix[i + 1] = Math.imul(this.#prefix[i] as number, BASE) + mixed;
      this.#power[i + 1] = Math.imul(this.#power[i] as number, BASE);
    });
  }

  /** How many symbols from `a` on equal those from `b` > a on. */
  agreeFrom(a: number, b: number): number {
    return this.#longest(this.symbols.length - b, (length) => this.#equal(a, b, length));
  }

  /** How many symbols right before `a` equal those right before `b` > a, up to `most`. */
  agreeBefore(a: number, b: number, most: number): number {
    return this.#longest(Math.min(a, most), (length) => this.#equal(a - length, b - length, length));
  }

  #longest(most: number, agrees: (length: number) => boolean): number {
    if (most <= 0 || !agrees(1)) return 0;
    let [low, high] = [1, most];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (agrees(middle)) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #equal(a: number, b: number, length: number): boolean {
    return this.#hash(a, length) === this.#hash(b, length);
  }

  #hash(start: number, length: number): number {
    const before = Math.imul(this.#prefix[start] as number, this.#power[length] as number);
    return ((this.#prefix[start + length] as number) - before) >>> 0;
  }
}

const BASE = 0x01000193;
