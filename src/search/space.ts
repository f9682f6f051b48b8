import type { ModelCost } from "../analysis/cost.js";
import { invariant, UserError } from "../base/errors.js";
import {
  type Budget,
  ChannelAnalysis,
  type ChannelGroup,
  CostModel,
  channelAxis,
  giveBack,
  leastThatMeets,
  levelFor,
  type PrunePlan,
  type PruningOrder,
  planGroups,
  pruningOrders,
  type SelectionOptions,
  type Sharing,
  type Stops,
  selectChannels,
  sharedOrders,
  stopsOf,
  Trial,
} from "../channels/index.js";
import type { Criterion } from "../importance/index.js";
import type { Model } from "../ir/index.js";
import type { DimsOf } from "../ops/index.js";
import { type Refusal, type SlicedModel, sliceChecked } from "../rewrite/index.js";
import { LatencyModel, type PlanTime } from "./latency/latency-model.js";

/** A kept share of a cost that can be computed without a session, or of the time of a run as far as it can be estimated. */
export type SearchBudget =
  | Extract<Budget, { readonly keep: number }>
  | { readonly kind: "latency"; readonly keep: number };

export interface SpaceOptions extends SelectionOptions {
  /** Which channels of a group go first. */
  readonly criterion: Criterion;
  readonly seed?: number | undefined;
  /** Fewest channels that any layer keeps. */
  readonly minChannels?: number | undefined;
  /** Names of nodes or tensors whose channels stay. */
  readonly isFrozen?: ((name: string) => boolean) | undefined;
  /** Which groups go, and which of them together; "exact" by default. */
  readonly sharing?: Sharing | undefined;
}

/** How far each group of the space is pruned: a number of stops. */
export type Levels = readonly number[];

/** The removed share of each group of the space, in [0, 1]. */
export type Shares = ArrayLike<number>;

export interface Fit {
  readonly levels: Levels;
  /** False where even the end of the way is too expensive; `levels` is that end then. */
  readonly met: boolean;
}

/** How often operators may refuse a cut before that counts as a bug of ours. */
const MOST_ATTEMPTS = 50;

/**
 * All ways to prune one model: which channels go first in a group is decided once, by a criterion; how many go in each
 * is what a search decides. Groups from which nothing can go are left out; those that lose the same share are one.
 */
export class PruningSpace {
  readonly groups: readonly ChannelGroup[];
  readonly costs: CostModel;
  /** Each for itself. */
  readonly #members: readonly ChannelGroup[];
  readonly #stops: readonly Stops[];
  readonly #trial: Trial;
  #latency: LatencyModel | undefined;
  readonly #options: SelectionOptions;

  private constructor(
    readonly model: Model,
    readonly analysis: ChannelAnalysis,
    orders: readonly PruningOrder[],
    options: SpaceOptions,
  ) {
    this.#options = options;
    this.costs = new CostModel(analysis);
    this.#stops = sharedOrders(analysis, orders, options.sharing ?? "exact", options)
      .map((order) => stopsOf(order, analysis, options))
      .filter(({ levels }) => levels.length > 1);
    this.#trial = new Trial(this.costs, this.#stops);
    this.groups = this.#stops.map(({ order }) => order.group);
    const units = new Set(this.groups.flatMap((group) => [...group.units]));
    this.#members = orders.flatMap(({ group }) => (units.has(group.units[0] ?? -1) ? [group] : []));
  }

  /**
   * Analyses a model; `dims` gives its values' dimensions. Operators that cannot express a cut keep their channels.
   * Throws a UserError where nothing can be removed.
   */
  static open(model: Model, dims: DimsOf, options: SpaceOptions): PruningSpace {
    const refused = new Map<string, Refusal>();
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const analysis = new ChannelAnalysis(model, dims, { ...options, refused });
      const scores = options.criterion(analysis, options.seed ?? 0);
      const orders = pruningOrders(analysis, scores, options.minChannels);
      const space = new PruningSpace(model, analysis, orders, options);
      if (space.groups.length === 0)
        throw new UserError(
          "nothing-to-prune",
          "no channel of this model can go exactly; topiary groups shows why",
        );
      const tried = [0.5, 1].map((share) => space.removedAt(space.levelsFor(space.groups.map(() => share))));
      if (tried.every((removed) => sliceChecked(model, analysis, removed, refused))) return space;
    }
    invariant(false, "operators keep refusing the cut");
  }

  /** The nodes that make each group's channels, in the order of the graph. */
  layers(): string[][] {
    return this.groups.map(({ producers }) => {
      const nodes = producers.map((block) => channelAxis(this.analysis, block).node);
      return [...new Set(nodes)];
    });
  }

  /** The furthest stops that remove at most these shares. */
  levelsFor(shares: Shares): Levels {
    invariant(shares.length === this.#stops.length, "one share for each group");
    return this.#stops.map((stops, i) => levelFor(stops, shares[i] as number));
  }

  /** The removed share of each group at these levels. */
  sharesOf(levels: Levels): number[] {
    return this.#stops.map(
      ({ gone, order }, i) => (gone[levels[i] as number] as number) / order.group.units.length,
    );
  }

  /** 1 for every unit that is gone at these levels. */
  removedAt(levels: Levels): Uint8Array {
    this.#trial.moveTo(levels);
    return this.#trial.cost.removed.slice();
  }

  costAt(levels: Levels): ModelCost {
    return this.costs.of(this.removedAt(levels));
  }

  /** Takes the times of some plans, from which it estimates those of all others. */
  learnTimes(times: readonly PlanTime[]): void {
    const plans = times.map(({ ratios, before, after }) => ({
      removed: this.removedAt(this.levelsFor(ratios)),
      share: after / before,
    }));
    const original = { removed: new Uint8Array(this.analysis.unitCount), share: 1 };
    this.#latency = new LatencyModel(this.costs, [original, ...plans]);
  }

  /** What a budget of that kind counts at these levels; of time the estimated share, the original's being 1. */
  costIn(kind: SearchBudget["kind"], levels: Levels): number {
    this.#trial.moveTo(levels);
    if (kind !== "latency") return this.#trial.cost.measure(kind);
    return this.latency.shareOf(this.#trial.cost);
  }

  /** The same of the original. */
  fullCost(kind: SearchBudget["kind"]): number {
    return kind === "latency" ? 1 : this.costs.before[kind];
  }

  /** Estimates of times; times must have been learnt. */
  get latency(): LatencyModel {
    invariant(this.#latency, "the times of some plans are known");
    return this.#latency;
  }

  isWithin(levels: Levels, { kind, keep }: SearchBudget): boolean {
    const most = keep * this.fullCost(kind) * (1 + 1e-12);
    const margin = kind === "latency" ? 1 + this.latency.error : 1;
    return margin * this.costIn(kind, levels) <= most;
  }

  /**
   * The first point of a way from nothing removed (0) to its end (1) that is within the budget, and as much given back
   * from there as integer widths allow. Shares must not shrink on the way.
   */
  firstWithin(way: (t: number) => Shares, budget: SearchBudget): Fit {
    const isMet = (levels: Levels) => this.isWithin(levels, budget);
    const levelsAt = (t: number) => [...this.levelsFor(way(t))];
    const end = levelsAt(1);
    if (!isMet(end)) return { levels: end, met: false };
    this.#trial.moveTo(leastThatMeets(levelsAt, isMet));
    giveBack(this.#trial, () => this.isWithin(this.#trial.levels, budget));
    return { levels: [...this.#trial.levels], met: true };
  }

  /** These shares, scaled until they just meet the budget: down, or up towards everything. */
  scaledTo(budget: SearchBudget, shares: Shares): Fit {
    const wanted = Array.from(shares);
    return this.firstWithin(
      (t) => wanted.map((share) => (t <= 0.5 ? 2 * t * share : share + (2 * t - 1) * (1 - share))),
      budget,
    );
  }

  /** All groups in one ranking: scores divided by the mean of their group. */
  ranked(budget: SearchBudget): Fit {
    if (budget.kind !== "latency") return this.#ranked(budget);
    const way = (t: number) => this.#ranked({ kind: "macs", keep: Math.max(Number.MIN_VALUE, 1 - t) });
    return this.firstWithin((t) => this.sharesOf(way(t).levels), budget);
  }

  #ranked(budget: Budget): Fit {
    const orders = this.#stops.map(({ order }) => order);
    const selection = selectChannels(this.costs, orders, budget, { ...this.#options, ranking: "global" });
    const levels = selection.levels.map((steps, i) => this.#stops[i]?.levels.indexOf(steps) ?? 0);
    return { levels, met: selection.met };
  }

  /** The model at these levels, checked operand by operand. */
  cut(levels: Levels): SlicedModel {
    const removed = this.removedAt(levels);
    const refused = new Map<string, Refusal>();
    const sliced = sliceChecked(this.model, this.analysis, removed, refused);
    invariant(sliced, () => `a cut was refused that others of its kind were not: ${[...refused.keys()]}`);
    return sliced;
  }

  /** What to write about these levels; `slices` is what the cut reported. */
  planOf(levels: Levels, { slices }: SlicedModel, source: PrunePlan["model"]): PrunePlan {
    const removed = this.removedAt(levels);
    const { before } = this.costs;
    const groups = planGroups(this.#members, removed);
    return {
      format: "topiary-plan/1",
      model: source,
      groups,
      slices,
      before,
      after: this.costs.of(removed),
    };
  }
}
