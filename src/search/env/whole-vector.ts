import type { Action, BoxSpace, GraphObservation, GraphSpace } from "../../agent/index.js";
import type { HierarchicalGraphOptions } from "../../motifs/index.js";
import type { Levels, PruningSpace, SearchBudget } from "../space.js";
import { PlanObserver } from "./plan-observer.js";
import type { PlanningTask, TaskState } from "./task.js";

export interface WholeVectorOptions extends HierarchicalGraphOptions {
  /** Largest share of what is left in a group that one step removes; 0.2 by default. */
  readonly stepShare?: number;
  /** After so many steps the last action is repeated until the budget is met; 20 by default. */
  readonly mostSteps?: number;
}

interface WholeVectorState extends TaskState {
  /** Removed share of each group of the space, before integer rounding. */
  readonly shares: readonly number[];
}

/** Cost kept, cost to keep, how far that is, and the share of the steps taken. */
const GLOBALS = 4;
/** Kept share, what a step there saves, width, place, and whether anything can go. */
const SITE_FEATURES = 5;

/**
 * The paper's task: every action says for all groups at once how much of what is left goes; the agent sees the hierarchical
 * graph of what remains, and acts again until the budget is met. The last step goes only as far as it has to.
 */
export class WholeVectorTask implements PlanningTask {
  readonly observationSpace: GraphSpace;
  readonly actionSpace: BoxSpace;
  readonly #observer: PlanObserver;
  readonly #stepShare: number;
  readonly #mostSteps: number;

  constructor(
    readonly space: PruningSpace,
    readonly budget: SearchBudget,
    options: WholeVectorOptions = {},
  ) {
    this.#stepShare = options.stepShare ?? 0.2;
    this.#mostSteps = options.mostSteps ?? 20;
    this.#observer = new PlanObserver(space, { ...options, globals: GLOBALS, siteFeatures: SITE_FEATURES });
    this.observationSpace = this.#observer.space;
    this.actionSpace = { kind: "box", size: this.#observer.siteCount, low: 0, high: 1 };
  }

  start(): WholeVectorState {
    return this.#state(
      this.space.groups.map(() => 0),
      0,
    );
  }

  next(state: TaskState, action: Action): WholeVectorState {
    const { shares, steps } = state as WholeVectorState;
    const kept = this.#observer.sites.map((site) => 1 - this.#stepShare * (action[site] as number));
    const after = (times: number) => shares.map((share, i) => 1 - (1 - share) * (kept[i] as number) ** times);
    if (steps + 1 < this.#mostSteps && !this.space.isWithin(this.space.levelsFor(after(1)), this.budget))
      return this.#state(after(1), steps + 1);
    const fit = this.space.firstWithin((t) => this.#wayTo(after, t), this.budget);
    return this.#done(fit.levels, steps + 1);
  }

  /** On to one more action (t up to a half), many more, and everything (1). */
  #wayTo(after: (times: number) => number[], t: number): number[] {
    if (t <= 0.5) return after(2 * t);
    const many = after(1 + 100 * (2 * t - 1));
    return t < 1 ? many : many.map(() => 1);
  }

  #done(levels: Levels, steps: number): WholeVectorState {
    const shares = this.space.sharesOf(levels);
    return { shares, levels, steps, done: true, observation: this.#observe(levels, steps) };
  }

  #state(shares: readonly number[], steps: number): WholeVectorState {
    const levels = this.space.levelsFor(shares);
    const done = this.space.isWithin(levels, this.budget);
    return { shares, levels, steps, done, observation: this.#observe(levels, steps) };
  }

  #observe(levels: Levels, steps: number): GraphObservation {
    const { kind, keep } = this.budget;
    const before = this.space.fullCost(kind);
    const kept = this.space.costIn(kind, levels) / before;
    const globals = Float32Array.of(kept, keep, (kept - keep) / (1 - keep || 1), steps / this.#mostSteps);
    return this.#observer.observe(levels, globals, this.#siteRows(levels, kept * before));
  }

  #siteRows(levels: Levels, cost: number): Float32Array {
    const rows = new Float32Array(this.actionSpace.size * SITE_FEATURES);
    const shares = this.space.sharesOf(levels);
    const last = Math.max(1, this.space.groups.length - 1);
    this.space.groups.forEach(({ units }, i) => {
      const less = shares.map((share, k) => (k === i ? 1 - (1 - share) * (1 - this.#stepShare) : share));
      const saving = 1 - this.space.costIn(this.budget.kind, this.space.levelsFor(less)) / cost;
      const row = [
        1 - (shares[i] as number),
        Math.sqrt(Math.max(0, saving)),
        Math.log2(1 + units.length) / 16,
        i / last,
        1,
      ];
      rows.set(row, (this.#observer.sites[i] as number) * SITE_FEATURES);
    });
    return rows;
  }
}
