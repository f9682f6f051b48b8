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
    const { free, cells, sizes } = divided(group, kept, countsOf);
    for (const { left } of cells) left.sort((a, b) => (scores[b] as number) - (scores[a] as number) || b - a);
    free.sort((a, b) => (scores[a] as number) - (scores[b] as number));
    const steps: PruningStep[] = free.map((unit) => ({ units: [unit], score: scores[unit] as number }));
    const balanced = balancedSteps(cells, widths, scores);
    if (balanced.length > 0) {
      for (const step of balanced) steps.push(step);
      steps.sort((a, b) => a.score - b.score);
    }
    return { group, steps, cells: sizes };
  });
}

/** A group's removable units without constraints, its cells, and how many units each has with those that are kept. */
function divided(
  group: ChannelGroup,
  kept: ReadonlySet<number>,
  countsOf: ReadonlyMap<number, readonly BlockCount[]>,
): { free: number[]; cells: Cell[]; sizes: number[] } {
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
  const sizes = [...cells.values()].map(({ size }) => size);
  return { free, cells: [...cells.values()], sizes: freeSize > 0 ? [freeSize, ...sizes] : sizes };
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
  const cellsIn = cellsOfBlocks(cells);
  const open = new Set(cells);
  for (;;) {
    const seed = seedOf(open, scores);
    if (!seed) return steps;
    const taken = completeStep(seed, cellsIn, widths);
    if (!taken) {
      open.delete(seed);
      continue;
    }
    const units: number[] = [];
    for (const [cell, count] of taken) for (let i = 0; i < count; i++) units.push(cell.left.pop() as number);
    const score = units.reduce((sum, unit) => sum + (scores[unit] as number), 0) / units.length;
    steps.push({ units, score });
  }
}

/** For every balance the cells with channels in its first block, its second, ... */
type CellsOfBlocks = ReadonlyMap<number, readonly (readonly Cell[] | undefined)[]>;

function cellsOfBlocks(cells: readonly Cell[]): CellsOfBlocks {
  const found = new Map<number, Cell[][]>();
  for (const cell of cells) {
    for (const { balance, block } of cell.counts) {
      const blocks = found.get(balance) ?? [];
      found.set(balance, blocks);
      blocks[block] ??= [];
      blocks[block].push(cell);
    }
  }
  return found;
}

/** The cell whose next unit is the least important of all; the empty ones are dropped. */
function seedOf(open: Set<Cell>, scores: ArrayLike<number>): Cell | undefined {
  let seed: Cell | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const cell of open) {
    const next = cell.left.at(-1);
    if (next === undefined) open.delete(cell);
    else if (!seed || (scores[next] as number) < least) [seed, least] = [cell, scores[next] as number];
  }
  return seed;
}

/** How many units of which cells go with one of `seed` so that every balance holds; undefined where none is found. */
function completeStep(
  seed: Cell,
  cellsIn: CellsOfBlocks,
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
  for (;;) {
    const behind = firstBehind(lost);
    if (!behind) return taken;
    // The cell that has lost the smallest share goes first, which keeps all of them usable to the end.
    let next: Cell | undefined;
    let most = 0;
    for (const cell of cellsIn.get(behind.balance)?.[behind.block] ?? []) {
      const share = (cell.left.length - (taken.get(cell) ?? 0)) / cell.size;
      if (share > most) [next, most] = [cell, share];
    }
    if (!next) return undefined;
    take(next);
  }
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
