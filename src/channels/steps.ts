import type { ChannelAnalysis } from "./analysis.js";
import { type ChannelGroup, channelGroups, unevenUnits } from "./groups.js";

/** Units that go together in one step of pruning, with the mean of their scores. */
export interface PruningStep {
  readonly units: readonly number[];
  readonly score: number;
}

/** In which order a group's units go, least important first; any number of first steps may be taken. */
export interface PruningOrder {
  readonly group: ChannelGroup;
  readonly steps: readonly PruningStep[];
  /** Sizes of the cells: classes of units that count alike in every constraint; the unconstrained are one cell. */
  readonly cells: readonly number[];
}

/** Class of units that put equally many channels into every block of every balance. */
interface Cell {
  readonly counts: readonly BlockCount[];
  /** Removable units, least important last (so that `pop` takes it). */
  readonly left: number[];
  size: number;
}

interface BlockCount {
  readonly balance: number;
  readonly block: number;
  readonly times: number;
}

/**
 * Orders the units of every group for removal by ascending score. `scores[unit]` is any number where more is more
 * important; the `keepAtLeast` best channels of every layer's axis are never removed. Constrained units go in balanced
 * steps: each step takes equally many channels from every block of every balance.
 */
export function pruningOrders(
  analysis: ChannelAnalysis,
  scores: ArrayLike<number>,
  keepAtLeast = 1,
): PruningOrder[] {
  const kept = protectedUnits(analysis, scores, keepAtLeast);
  const balances = analysis.labelling.balances.map(({ blocks }) =>
    blocks.map((labels) => analysis.unitsOf(labels)),
  );
  const uneven = balances.map((blocks) => unevenUnits(blocks));
  const countsOf = blockCounts(balances, uneven);
  const widths = balances.map((blocks) => blocks.length);
  return channelGroups(analysis).map((group) => {
    const free: number[] = [];
    const cells = new Map<string, Cell>();
    let freeSize = 0;
    for (const unit of group.units) {
      const counts = countsOf.get(unit);
      if (!counts) {
        freeSize++;
        if (!kept.has(unit)) free.push(unit);
        continue;
      }
      const key = counts.map(({ balance, block, times }) => `${balance}.${block}x${times}`).join();
      let cell = cells.get(key);
      if (!cell) {
        cell = { counts, left: [], size: 0 };
        cells.set(key, cell);
      }
      cell.size++;
      if (!kept.has(unit)) cell.left.push(unit);
    }
    for (const { left } of cells.values())
      left.sort((a, b) => (scores[b] as number) - (scores[a] as number) || b - a);
    free.sort((a, b) => (scores[a] as number) - (scores[b] as number));
    const steps: PruningStep[] = free.map((unit) => ({ units: [unit], score: scores[unit] as number }));
    const balanced = balancedSteps([...cells.values()], widths, scores);
    if (balanced.length > 0) {
      for (const step of balanced) steps.push(step);
      steps.sort((a, b) => a.score - b.score);
    }
    const sizes = [...cells.values()].map((cell) => cell.size);
    return { group, steps, cells: freeSize > 0 ? [freeSize, ...sizes] : sizes };
  });
}

function blockCounts(
  balances: readonly Int32Array[][],
  uneven: readonly Set<number>[],
): Map<number, BlockCount[]> {
  const countsOf = new Map<number, BlockCount[]>();
  balances.forEach((blocks, balance) => {
    blocks.forEach((units, block) => {
      for (const unit of units) {
        if (unit < 0 || !uneven[balance]?.has(unit)) continue;
        const counts = countsOf.get(unit) ?? [];
        countsOf.set(unit, counts);
        const last = counts.at(-1);
        if (last?.balance === balance && last.block === block) {
          counts[counts.length - 1] = { ...last, times: last.times + 1 };
        } else counts.push({ balance, block, times: 1 });
      }
    });
  });
  return countsOf;
}

/** The best units of every axis that carries channels, so that none runs empty. */
function protectedUnits(
  analysis: ChannelAnalysis,
  scores: ArrayLike<number>,
  keepAtLeast: number,
): Set<number> {
  const kept = new Set<number>();
  const seen = new Set<Int32Array>();
  const protect = (labels: Int32Array, least = keepAtLeast) => {
    if (seen.has(labels)) return;
    seen.add(labels);
    const units = analysis.unitsOf(labels);
    let staying = 0;
    for (const unit of units) if (unit < 0) staying++;
    if (staying >= least) return;
    for (const unit of bestOf(units, scores, least - staying)) kept.add(unit);
  };
  for (const { fields } of analysis.labelling.values.values())
    for (const field of fields) protect(field.labels);
  for (const block of analysis.producers()) protect(block.labels);
  for (const { blocks, atLeast = 1 } of analysis.labelling.balances) {
    for (const labels of blocks) protect(labels, Math.max(atLeast, keepAtLeast));
  }
  return kept;
}

/** The `count` units of the highest scores, of equal ones the first; -1 is none. */
function bestOf(units: Int32Array, scores: ArrayLike<number>, count: number): number[] {
  if (count > 1) {
    const removable = new Set(units.filter((unit) => unit >= 0));
    return [...removable]
      .sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b)
      .slice(0, count);
  }
  let best = -1;
  for (const unit of units) {
    if (unit < 0) continue;
    const lead = best < 0 ? 1 : (scores[unit] as number) - (scores[best] as number) || best - unit;
    if (lead > 0) best = unit;
  }
  return best < 0 ? [] : [best];
}

/** Steps until no balanced one is left: a seed unit, then whatever fills the blocks that have lost less. */
function balancedSteps(
  cells: readonly Cell[],
  widths: readonly number[],
  scores: ArrayLike<number>,
): PruningStep[] {
  const steps: PruningStep[] = [];
  const exhausted = new Set<Cell>();
  for (;;) {
    const open = cells.filter((cell) => cell.left.length > 0 && !exhausted.has(cell));
    const seed = least(open, (cell) => scores[cell.left.at(-1) as number] as number);
    if (!seed) return steps;
    const taken = completeStep(seed, cells, widths);
    if (!taken) {
      exhausted.add(seed);
      continue;
    }
    const units: number[] = [];
    for (const [cell, count] of taken) for (let i = 0; i < count; i++) units.push(cell.left.pop() as number);
    const score = units.reduce((sum, unit) => sum + (scores[unit] as number), 0) / units.length;
    steps.push({ units, score });
  }
}

/** How many units of which cells go with one of `seed` so that every balance holds; undefined where none is found. */
function completeStep(
  seed: Cell,
  cells: readonly Cell[],
  widths: readonly number[],
): Map<Cell, number> | undefined {
  const taken = new Map<Cell, number>();
  const lost = new Map<number, number[]>();
  const take = (cell: Cell) => {
    taken.set(cell, (taken.get(cell) ?? 0) + 1);
    for (const { balance, block, times } of cell.counts) {
      const row = lost.get(balance) ?? new Array<number>(widths[balance] as number).fill(0);
      lost.set(balance, row);
      row[block] = (row[block] as number) + times;
    }
  };
  take(seed);
  const budget = cells.reduce((sum, cell) => sum + cell.left.length, 0);
  for (let count = 1; count <= budget; count++) {
    const behind = firstBehind(lost);
    if (!behind) return taken;
    const fits = cells.filter(
      (cell) =>
        cell.left.length > (taken.get(cell) ?? 0) &&
        cell.counts.some(({ balance, block }) => balance === behind.balance && block === behind.block),
    );
    // The cell that has lost the smallest share goes first, which keeps all of them usable to the end.
    const next = least(fits, (cell) => -(cell.left.length - (taken.get(cell) ?? 0)) / cell.size);
    if (!next) return undefined;
    take(next);
  }
  return undefined;
}

function firstBehind(
  lost: ReadonlyMap<number, readonly number[]>,
): { balance: number; block: number } | undefined {
  for (const [balance, row] of lost) {
    const most = Math.max(...row);
    const block = row.findIndex((count) => count < most);
    if (block >= 0) return { balance, block };
  }
  return undefined;
}

function least<T>(items: readonly T[], key: (item: T) => number): T | undefined {
  let best: T | undefined;
  for (const item of items) if (best === undefined || key(item) < key(best)) best = item;
  return best;
}
