import { type Families, tokensOf } from "./family.js";
import { rowFamily, symbolOf, weightOf } from "./rows.js";
import type { Section, Sequence } from "./section.js";

/** How often a symbol stands in the rows, and how often two stand next to each other. */
interface Counts {
  readonly symbols: ReadonlyMap<string, number>;
  readonly pairs: ReadonlyMap<string, Pair>;
}

interface Pair {
  readonly symbols: readonly [string, string];
  readonly count: number;
}

/** A pair that saves as much as it takes to write it: four times two layers. */
const LEAST_COUNT = 4;

/**
 * Groups what repeats in these rows without standing next to its like, such as the double convolutions of a U-Net: pairs
 * of neighbours first, then pairs of pairs (Larsson and Moffat, "Off-line dictionary-based compression", Proc. IEEE 88,
 * 2000). A pair counts where at least half of one partner's places are in such pairs, so that it is more than chance.
 */
export function foldPairs(rows: readonly Sequence[], families: Families): void {
  for (;;) {
    const pairs = independent(count(rows));
    if (pairs.size === 0) return;
    for (const row of rows) row.items = folded(row.items, pairs, families);
  }
}

function count(rows: readonly Sequence[]): Counts {
  const symbols = new Map<string, number>();
  const pairs = new Map<string, { symbols: [string, string]; count: number }>();
  for (const { items } of rows) {
    for (const item of items) symbols.set(symbolOf(item), (symbols.get(symbolOf(item)) ?? 0) + 1);
    for (let i = 0; i + 1 < items.length; i++) {
      const both = pairAt(items, i);
      if (!both) continue;
      const pair = pairs.get(both.join(SEPARATOR)) ?? { symbols: both, count: 0 };
      pair.count++;
      pairs.set(both.join(SEPARATOR), pair);
    }
  }
  return { symbols, pairs };
}

const SEPARATOR = " + ";

/** The symbols of two neighbours that may be a pair: layers or blocks, and of equal ones just two. */
function pairAt(items: readonly Section[], i: number): [string, string] | undefined {
  const [first, second] = [items[i], items[i + 1]];
  if (!first || !second || weightOf(first) === 0 || weightOf(second) === 0) return undefined;
  if ([first, second].some((item) => item.type === "sequence" && item.role === "stage")) return undefined;
  const [a, b] = [symbolOf(first), symbolOf(second)];
  const isLonger = [items[i - 1], items[i + 2]].some((item) => item && symbolOf(item) === a);
  return a === b && isLonger ? undefined : [a, b];
}

/** The pairs that are worth it, the most frequent first; of several that share a symbol only the first. */
function independent({ symbols, pairs }: Counts): ReadonlySet<string> {
  const isFrequent = ({ symbols: [a, b], count }: Pair) => {
    const rarer = Math.min(symbols.get(a) ?? 0, symbols.get(b) ?? 0);
    return count >= LEAST_COUNT && count * (a === b ? 2 : 1) >= rarer / 2;
  };
  const taken = new Set<string>();
  const chosen = new Set<string>();
  for (const [key, pair] of [...pairs].sort(([, a], [, b]) => b.count - a.count)) {
    if (!isFrequent(pair) || pair.symbols.some((symbol) => taken.has(symbol))) continue;
    for (const symbol of pair.symbols) taken.add(symbol);
    chosen.add(key);
  }
  return chosen;
}

function folded(items: readonly Section[], pairs: ReadonlySet<string>, families: Families): Section[] {
  const result: Section[] = [];
  for (let i = 0; i < items.length; i++) {
    const key = pairAt(items, i)?.join(SEPARATOR);
    if (key !== undefined && pairs.has(key)) {
      const pair = items.slice(i, i + 2);
      result.push({
        type: "sequence",
        role: "unit",
        items: pair,
        family: rowFamily(tokensOf(pair), families),
      });
      i++;
    } else result.push(items[i] as Section);
  }
  return result;
}
