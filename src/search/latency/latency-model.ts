import type { CostModel } from "../../channels/index.js";
import type { RunningCost } from "../../channels/running-cost.js";
import { LayerWork } from "./layer-work.js";
import { nonNegativeFit } from "./non-negative.js";

/** A plan with the time of one run, and that of the original beside it, in ms. */
export interface PlanTime {
  /** The removed share of every group of the space. */
  readonly ratios: readonly number[];
  readonly before: number;
  readonly after: number;
}

/** A plan that was timed: what it leaves, and the share of the original's time that a run takes. */
export interface TimedPlan {
  readonly removed: Uint8Array;
  readonly share: number;
}

/** Against weights that few plans decide; columns are scaled to 1. */
const RIDGE = 1e-3;

/**
 * The share of the original's time that a run takes at any plan, from the times of some plans: a sum over layers whose
 * weights, none below 0, fit these times best. It has a margin: what the estimates were off by on plans that were left out
 * of the fit, as a root mean square, is added to every estimate.
 */
export class LatencyModel {
  /** By what share estimates were off on plans that had no part in them. */
  readonly error: number;
  readonly #work: LayerWork;
  readonly #weights: Float64Array;

  constructor(costs: CostModel, plans: readonly TimedPlan[]) {
    this.#work = new LayerWork(costs);
    const rows = plans.map(({ removed }) => this.#work.at(costs.running(removed)));
    const scales = Float64Array.from({ length: this.#work.size }, (_, j) =>
      Math.max(...rows.map((row) => row[j] as number)),
    );
    // Errors count as shares of the time.
    const scaled = rows.map((row, i) =>
      row.map((value, j) => value / (scales[j] || 1) / (plans[i] as TimedPlan).share),
    );
    const weightsWithout = (left: number) => {
      const used = scaled.filter((_, i) => i !== left);
      return nonNegativeFit(
        used,
        used.map(() => 1),
        RIDGE,
      );
    };
    // The others cannot tell of the slowest and the fastest plan.
    const shares = plans.map(({ share }) => share);
    const ends = [Math.max(...shares), Math.min(...shares)];
    const squares = scaled.flatMap((row, i) =>
      ends.includes(shares[i] as number) ? [] : [(dot(weightsWithout(i), row) - 1) ** 2],
    );
    this.error = Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / Math.max(1, squares.length));
    this.#weights = weightsWithout(-1).map((weight, j) => weight / (scales[j] || 1));
  }

  /** The estimate at what `now` has left, without the margin. */
  shareOf(now: RunningCost): number {
    return dot(this.#weights, this.#work.at(now));
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
}
