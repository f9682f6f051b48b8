import type { Action, BoxSpace, Encoder, GraphObservation, GraphSpace } from "../../agent/index.js";
import { invariant } from "../../base/errors.js";
import type { PruningSpace, SearchBudget } from "../space.js";
import type { PlanningTask, TaskState } from "./task.js";

interface LayerWiseState extends TaskState {
  /** Removed share of each group of the space; 0 where it is not decided yet. */
  readonly shares: readonly number[];
}

/** Place, width, layers tied, cost now, cost that is left when the rest goes, what this group saves at most, last share, budget. */
const FEATURES = 8;
/** The largest share that one action removes: AMC keeps a fifth of every layer at least. */
const MOST = 0.8;

/** No graph: an observation is its global numbers. */
export const handMadeOnly: Encoder = {
  description: "hand-made features",
  encode(_build, { globals }) {
    invariant(globals, "the observation has global numbers");
    return { graph: globals, sites: undefined };
  },
};

/**
 * AMC's task (He et al., 2018): one group after another in the order of the data; an action says which share of it goes, and
 * is raised where the groups that follow could not meet the budget otherwise. What is seen are a few hand-made numbers of
 * the group at hand; there is no graph.
 */
export class LayerWiseTask implements PlanningTask {
  readonly observationSpace: GraphSpace = {
    structures: [
      {
        id: "group",
        level: 1,
        holds: [],
        nodes: 1,
        edges: 0,
        capacity: 1,
        topology: { sources: new Int32Array(0), targets: new Int32Array(0) },
      },
    ],
    nodeFeatures: 1,
    edgeFeatures: 1,
    globals: FEATURES,
  };
  readonly actionSpace: BoxSpace = { kind: "box", size: 1, low: 0, high: 1 };
  readonly #most: number;

  constructor(
    readonly space: PruningSpace,
    readonly budget: SearchBudget,
  ) {
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
    return { shares, levels, steps, done: false, observation: this.#observe(shares, steps, last) };
  }

  #observe(shares: readonly number[], at: number, last: number): GraphObservation {
    const { groups, costs } = this.space;
    const { kind, keep } = this.budget;
    const shareOf = (tried: readonly number[]) =>
      this.space.costAt(this.space.levelsFor(tried))[kind] / costs.before[kind];
    const group = groups[Math.min(at, groups.length - 1)];
    invariant(group, "there is a group");
    const now = shareOf(shares);
    const globals = Float32Array.of(
      at / groups.length,
      Math.log2(1 + group.units.length) / 16,
      Math.log2(1 + group.producers.length) / 8,
      now,
      shareOf(shares.map((share, i) => (i < at ? share : this.#most))),
      now - shareOf(shares.map((share, i) => (i === at ? this.#most : share))),
      last,
      keep,
    );
    const graph = {
      structure: 0,
      nodes: new Float32Array(1),
      edges: new Float32Array(0),
      inner: new Int32Array(0),
    };
    return { graphs: [graph], globals };
  }
}
