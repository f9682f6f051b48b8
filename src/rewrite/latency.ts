import { UserError } from "../base/errors.js";
import type { Model } from "../ir/index.js";
import type { DimsOf } from "../ops/index.js";
import { type PrunedModel, type PruneOptions, pruneModel } from "./prune.js";

/** Times of one run in ms: of the original, and of a candidate measured beside it. */
export interface RunTimes {
  readonly before: number;
  readonly after: number;
}

/** A model pruned until it is fast enough. */
export interface TimedPruning {
  readonly pruned: PrunedModel;
  readonly times: RunTimes;
  readonly met: boolean;
}

/** Halvings of the range of kept MACs: what 1/64 of them saves is hardly more than what timings vary by. */
const HALVINGS = 6;

/**
 * Prunes as little as the time of one run allows: halves the range of kept MACs, and lets `measure` time every
 * candidate. Throws a UserError where even the smallest model takes more than the share `keep` of the original's time;
 * with `bestEffort` that model is the result, and `met` false.
 */
export async function pruneToLatency(
  model: Model,
  dims: DimsOf,
  options: Omit<PruneOptions, "budget">,
  keep: number,
  measure: (candidate: Model) => Promise<RunTimes>,
): Promise<TimedPruning> {
  const attempt = async (share: number): Promise<TimedPruning> => {
    const budget = { kind: "macs", keep: share } as const;
    const pruned = pruneModel(model, dims, { ...options, budget, bestEffort: true });
    const times = await measure(pruned.model);
    return { pruned, times, met: times.after <= keep * times.before };
  };
  let best = await attempt(Number.MIN_VALUE);
  if (!best.met && !options.bestEffort) throw unreachable(keep, best.times);
  if (!best.met) return best;
  let [low, high] = [best.pruned.after.macs / best.pruned.before.macs, 1];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    const candidate = await attempt(middle);
    if (candidate.met) [best, low] = [candidate, middle];
    else high = middle;
  }
  return best;
}

function unreachable(keep: number, { before, after }: RunTimes): UserError {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return new UserError(
    "unreachable",
    `--latency ${keep}: with all channels removed that may go, a run takes ${percent(after / before)} of the original's time on this machine, not ${percent(keep)}; take the nearest with --best-effort`,
  );
}
