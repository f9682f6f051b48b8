import type { Action, BoxSpace, GraphObservation, GraphSpace } from "../../agent/index.js";
import type { Levels, PruningSpace, SearchBudget } from "../space.js";
import type { PlanningTask, TaskState } from "./task.js";

/** What is decided before a step. */
export interface Decided {
  /** Removed share of each group of the space; 0 where it is not decided yet. */
  readonly shares: readonly number[];
  readonly levels: Levels;
  /** The group at hand; the number of groups where all are decided. */
  readonly at: number;
  /** The share that was decided last. */
  readonly last: number;
  /** The largest share that an action removes. */
  readonly most: number;
}

/** What an agent sees before a step. */
export interface LayerObserver {
  readonly space: GraphSpace;
  observe(decided: Decided): GraphObservation;
}

interface LayerWiseState extends TaskState {
  readonly shares: readonly number[];
}

/** The largest share that one action removes: AMC keeps a fifth of every layer at least, as AGMC does. */
const MOST = 0.8;

/**
 * AMC's task (He et al., 2018): one group after another in the order of the data; an action says which share of it goes, and
 * is raised where the groups that follow could not meet the budget otherwise.
 */
export class LayerWiseTask implements PlanningTask {
  readonly observationSpace: GraphSpace;
  readonly actionSpace: BoxSpace = { kind: "box", size: 1, low: 0, high: 1 };
  readonly #most: number;

  constructor(
    readonly space: PruningSpace,
    readonly budget: SearchBudget,
    private readonly observer: LayerObserver,
  ) {
    this.observationSpace = observer.space;
    const fits = this.#isWithin(space.groups.map(() => MOST));
    this.#most = fits ? MOST : 1;
  }

  start(): LayerWiseState {
    return this.#state(
      this.space.groups.map(() => 0),
      0,
      0,
    );
  }

  next(state: TaskState, action: Action): LayerWiseState {
    const { shares, steps } = state as LayerWiseState;
    const wanted = this.#most * (action[0] as number);
    const share = this.#least(shares, steps, wanted);
    const decided = shares.map((each, i) => (i === steps ? share : each));
    if (steps + 1 < shares.length) return this.#state(decided, steps + 1, share);
    const { levels } = this.space.scaledTo(this.budget, decided);
    return { ...this.#state(decided, steps + 1, share), levels, done: true };
  }

  /** The smallest share from `wanted` on with which the groups that follow can still meet the budget. */
  #least(shares: readonly number[], at: number, wanted: number): number {
    const meets = (share: number) =>
      this.#isWithin(shares.map((each, i) => (i < at ? each : i === at ? share : this.#most)));
    if (meets(wanted)) return wanted;
    let [low, high] = [wanted, this.#most];
    for (let i = 0; i < 12; i++) {
      const middle = (low + high) / 2;
      if (meets(middle)) high = middle;
      else low = middle;
    }
    return high;
  }

  #isWithin(shares: readonly number[]): boolean {
    return this.space.isWithin(this.space.levelsFor(shares), this.budget);
  }

  #state(shares: readonly number[], steps: number, last: number): LayerWiseState {
    const levels = this.space.levelsFor(shares);
    const observation = this.observer.observe({ shares, levels, at: steps, last, most: this.#most });
    return { shares, levels, steps, done: false, observation };
  }
}
