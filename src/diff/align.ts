/** Positions of one sequence and of the other that hold the same token. */
export type Pair = readonly [a: number, b: number];

/**
 * Edits after which the search for the shortest script gives up and goes on from the furthest point reached: keeps
 * sequences that have nothing in common near linear.
 */
const MOST_EDITS = 2048;

/** A stretch of both sequences: from (included) and to (excluded). */
interface Stretch {
  readonly a0: number;
  readonly a1: number;
  readonly b0: number;
  readonly b1: number;
}

/**
 * A longest common subsequence of two sequences of tokens as pairs in ascending order, in linear space: E. W. Myers, "An
 * O(ND) difference algorithm and its variations" (1986), section 4b. Not always the longest above 4,000 edits.
 */
export function alignTokens(a: Int32Array, b: Int32Array): Pair[] {
  // What the other sequence does not hold cannot be paired; without it there is less to search.
  const [keptA, keptB] = [positionsIn(a, new Set(b)), positionsIn(b, new Set(a))];
  const pairs = alignCommon(
    keptA.map((at) => a[at] as number),
    keptB.map((at) => b[at] as number),
  );
  return pairs.map(([x, y]): Pair => [keptA[x] as number, keptB[y] as number]).sort(([x], [y]) => x - y);
}

function positionsIn(tokens: Int32Array, others: ReadonlySet<number>): Int32Array {
  return Int32Array.from(tokens.keys()).filter((at) => others.has(tokens[at] as number));
}

function alignCommon(a: Int32Array, b: Int32Array): Pair[] {
  const pairs: Pair[] = [];
  const open: Stretch[] = [{ a0: 0, a1: a.length, b0: 0, b1: b.length }];
  for (let next = open.pop(); next; next = open.pop()) {
    const rest = trimEqual(a, b, next, pairs);
    if (rest.a0 === rest.a1 || rest.b0 === rest.b1) continue;
    const [x, y] = splitPoint(a, b, rest);
    open.push({ ...rest, a1: x, b1: y }, { ...rest, a0: x, b0: y });
  }
  return pairs;
}

/** Pairs what is equal at both ends; what is left lies between. */
function trimEqual(a: Int32Array, b: Int32Array, { a0, a1, b0, b1 }: Stretch, pairs: Pair[]): Stretch {
  while (a0 < a1 && b0 < b1 && a[a0] === b[b0]) pairs.push([a0++, b0++]);
  while (a0 < a1 && b0 < b1 && a[a1 - 1] === b[b1 - 1]) pairs.push([--a1, --b1]);
  return { a0, a1, b0, b1 };
}

/** A point on a shortest edit script near its middle; both sequences of the stretch differ at both ends. */
function splitPoint(a: Int32Array, b: Int32Array, stretch: Stretch): Pair {
  const { a0, b0 } = stretch;
  const n = stretch.a1 - a0;
  const m = stretch.b1 - b0;
  const half = Math.min(Math.ceil((n + m) / 2), MOST_EDITS);
  const forward = new Front(half, n, m, (x, y) => a[a0 + x] === b[b0 + y]);
  const backward = new Front(half, n, m, (x, y) => a[a0 + n - 1 - x] === b[b0 + m - 1 - y]);
  const delta = n - m;
  for (let edits = 0; edits <= half; edits++) {
    const met = forward.advance(edits, (k, x) => {
      const other = delta - k;
      return delta % 2 !== 0 && Math.abs(other) < edits && x + backward.reach(other) >= n;
    });
    if (met !== undefined) return [a0 + forward.reach(met), b0 + forward.reach(met) - met];
    const metBack = backward.advance(edits, (k, x) => {
      const other = delta - k;
      return delta % 2 === 0 && Math.abs(other) <= edits && x + forward.reach(other) >= n;
    });
    if (metBack !== undefined) {
      const x = backward.reach(metBack);
      return [a0 + n - x, b0 + m - (x - metBack)];
    }
  }
  const best = forward.furthest(half);
  return [a0 + forward.reach(best), b0 + forward.reach(best) - best];
}

/** Furthest points on every diagonal k = x - y after some number of edits, from one of the two corners. */
class Front {
  readonly #reach: Int32Array;
  readonly #zero: number;

  constructor(
    half: number,
    readonly n: number,
    readonly m: number,
    readonly same: (x: number, y: number) => boolean,
  ) {
    this.#zero = half + 1;
    this.#reach = new Int32Array(2 * half + 3);
  }

  reach(k: number): number {
    return this.#reach[this.#zero + k] ?? 0;
  }

  /** One edit more on every diagonal; the first on which `met` holds. */
  advance(edits: number, met: (k: number, x: number) => boolean): number | undefined {
    for (let k = -edits; k <= edits; k += 2) {
      const down = k === -edits || (k !== edits && this.reach(k - 1) < this.reach(k + 1));
      let x = edits === 0 ? 0 : down ? this.reach(k + 1) : this.reach(k - 1) + 1;
      while (x < this.n && x - k < this.m && x >= k && this.same(x, x - k)) x++;
      this.#reach[this.#zero + k] = x;
      if (this.#isInside(k, x) && met(k, x)) return k;
    }
    return undefined;
  }

  /** The diagonal that got furthest. */
  furthest(edits: number): number {
    let [best, most] = [0, -1];
    for (let k = -edits; k <= edits; k += 2) {
      const x = this.reach(k);
      if (this.#isInside(k, x) && 2 * x - k > most) [best, most] = [k, 2 * x - k];
    }
    return best;
  }

  #isInside(k: number, x: number): boolean {
    return x <= this.n && x - k <= this.m && x - k >= 0;
  }
}
