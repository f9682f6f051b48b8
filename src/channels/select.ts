import type { ModelCost } from "../analysis/cost.js";
import { UserError } from "../base/errors.js";
import type { CostModel } from "./cost.js";
import type { ChannelGroup } from "./groups.js";
import type { PlanCost } from "./plan.js";
import { type RankingOptions, shareToLevels, takenSteps } from "./ranking.js";
import type { RunningCost } from "./running-cost.js";
import type { PruningOrder } from "./steps.js";
import { type Limits, levelFor, type Stops, stopsOf } from "./stops.js";

/** What must be reached: the kept share of a cost, or the removed share of every group. */
export type Budget =
  | { readonly kind: "macs" | "params" | "bytes"; readonly keep: number }
  | {
      readonly kind: "ratio";
      readonly remove: number;
      /** The share of one group where it has its own. */
      readonly of?: ((group: ChannelGroup) => number | undefined) | undefined;
    };

export interface SelectionOptions extends Limits, RankingOptions {}

export interface Selection {
  /** 1 for every removed unit. */
  readonly removed: Uint8Array;
  /** Steps taken in each order. */
  readonly levels: readonly number[];
  readonly cost: ModelCost;
  /** The same as a plan says it. */
  readonly planned: PlanCost;
  readonly met: boolean;
}

/**
 * Removes as much as the budget asks for and as little more as integer widths allow: one factor is found by bisection,
 * then single steps are given back while the budget holds.
 */
export function selectChannels(
  model: CostModel,
  orders: readonly PruningOrder[],
  budget: Budget,
  options: SelectionOptions = {},
): Selection {
  const stops = orders.map((order) => stopsOf(order, model.analysis, options));
  if (budget.kind === "ratio") {
    const { remove, of } = budget;
    const levels = stops.map((each) => levelFor(each, of?.(each.order.group) ?? remove));
    return selectionAt(model, stops, levels, true);
  }
  const trial = new Trial(model, stops);
  const isMet = () =>
    trial.cost.measure(budget.kind) <= budget.keep * model.before[budget.kind] * (1 + 1e-12);
  const meets = (levels: readonly number[]) => {
    trial.moveTo(levels);
    return isMet();
  };
  const levelsFor = shareToLevels(stops, options);
  const isReachable = meets(levelsFor(1));
  if (isReachable) {
    trial.moveTo(leastThatMeets(levelsFor, meets));
    giveBack(trial, isMet);
  }
  return selectionAt(model, stops, trial.levels, isReachable);
}

function selectionAt(
  model: CostModel,
  stops: readonly Stops[],
  levels: readonly number[],
  met: boolean,
): Selection {
  const removed = new Uint8Array(model.analysis.unitCount);
  const taken = stops.map(({ order, levels: allowed }, i) => {
    const count = allowed[levels[i] as number] as number;
    for (const { units } of order.steps.slice(0, count)) for (const unit of units) removed[unit] = 1;
    return count;
  });
  const left = model.running(removed);
  return { removed, levels: taken, cost: left.cost, planned: left.planned, met };
}

/** Levels of all orders with what they cost; moving costs what changes. */
export class Trial {
  readonly cost: RunningCost;
  readonly #levels: number[];

  constructor(
    model: CostModel,
    readonly stops: readonly Stops[],
  ) {
    this.cost = model.running();
    this.#levels = stops.map(() => 0);
  }

  get levels(): readonly number[] {
    return this.#levels;
  }

  moveTo(levels: readonly number[]): void {
    for (const [i, level] of levels.entries()) this.move(i, level);
  }

  /** Takes or gives back steps of one order. */
  move(i: number, level: number): void {
    const was = this.#levels[i] as number;
    if (level === was) return;
    const { order, levels: allowed } = this.stops[i] as Stops;
    const [from, to] = [allowed[was] as number, allowed[level] as number];
    for (const { units } of order.steps.slice(from, to)) for (const unit of units) this.cost.remove(unit);
    for (const { units } of order.steps.slice(to, from)) for (const unit of units) this.cost.restore(unit);
    this.#levels[i] = level;
  }
}

/** The smallest share, up to what single steps can tell apart, whose levels meet the budget; the largest one does. */
export function leastThatMeets(
  levelsFor: (share: number) => number[],
  isMet: (levels: readonly number[]) => boolean,
): number[] {
  let [low, high] = [0, 1];
  let [under, over] = [levelsFor(low), levelsFor(high)];
  if (isMet(under)) return under;
  for (let i = 0; i < 48 && under.some((level, k) => level !== over[k]); i++) {
    const middle = (low + high) / 2;
    const levels = levelsFor(middle);
    if (isMet(levels)) [high, over] = [middle, levels];
    else [low, under] = [middle, levels];
  }
  return over;
}

/** Undoes one last step after another, the most important of all groups first, as long as the budget still holds. */
export function giveBack(trial: Trial, isMet: () => boolean): void {
  const closed = new Set<number>();
  for (const { group, level } of takenSteps(trial.stops, trial.levels)) {
    if (closed.has(group)) continue;
    trial.move(group, level - 1);
    if (isMet()) continue;
    // What does not fit now will not fit later either: what is given back in between only adds.
    trial.move(group, level);
    closed.add(group);
  }
}

/** The share of a cost that is left when everything that may go is gone. */
export function leastReachable(model: CostModel, orders: readonly PruningOrder[]): ModelCost {
  const removed = new Uint8Array(model.analysis.unitCount);
  for (const { steps } of orders) for (const { units } of steps) for (const unit of units) removed[unit] = 1;
  return model.of(removed);
}

/** Throws a UserError where a share is not a number in (0, 1] (kept) or [0, 1) (removed). */
export function checkBudget(budget: Budget): void {
  const [value, name] =
    budget.kind === "ratio" ? [budget.remove, "--ratio"] : [budget.keep, `--${budget.kind}`];
  const ok = budget.kind === "ratio" ? value >= 0 && value < 1 : value > 0 && value <= 1;
  if (!ok) {
    const range =
      budget.kind === "ratio" ? "a removed share from 0 to below 1" : "a kept share above 0, at most 1";
    throw new UserError("budget", `${name} ${value}: expected ${range}, such as 0.5`);
  }
}
