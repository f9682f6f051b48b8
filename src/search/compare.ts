import type { TrialDocument } from "./study-document.js";
import { bestTrial } from "./study-document.js";

/** What a policy reached with one seed. */
export interface SeedResult {
  readonly policy: string;
  readonly seed: number;
  readonly trials: readonly TrialDocument[];
}

/** A policy over its seeds: the best accuracies on validation images. */
export interface PolicySummary {
  readonly policy: string;
  readonly seeds: number;
  /** Evaluations of a seed, on average. */
  readonly evaluations: number;
  readonly mean: number;
  /** Sample deviation; 0 for a single seed. */
  readonly deviation: number;
  readonly least: number;
  readonly most: number;
  /** The mean over seeds of the best accuracy after 1, 2, 4, … evaluations, as far as all seeds went. */
  readonly course: readonly { readonly evaluations: number; readonly mean: number }[];
  /** Where a target was given: how many seeds reached it, and after how many evaluations, their mean; null for none. */
  readonly toTarget?: Reached;
}

interface Reached {
  readonly seeds: number;
  readonly evaluations: number | null;
}

/**
 * Results grouped by policy, best mean first. Seeds without a plan within the budget count as accuracy 0. `target` is an
 * accuracy to be reached.
 */
export function comparePolicies(results: readonly SeedResult[], target?: number): PolicySummary[] {
  const names = [...new Set(results.map(({ policy }) => policy))];
  return names
    .map((policy) =>
      summarize(
        policy,
        results.filter((result) => result.policy === policy),
        target,
      ),
    )
    .sort((a, b) => b.mean - a.mean);
}

function summarize(
  policy: string,
  results: readonly SeedResult[],
  target: number | undefined,
): PolicySummary {
  const after = (count: number) => results.map(({ trials }) => bestAmong(trials.slice(0, count)));
  const best = after(Number.POSITIVE_INFINITY);
  const mean = meanOf(best);
  const squares = best.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const shortest = Math.min(...results.map(({ trials }) => trials.length));
  const counts: number[] = [];
  for (let count = 1; count < shortest; count *= 2) counts.push(count);
  return {
    policy,
    seeds: results.length,
    evaluations: meanOf(results.map(({ trials }) => trials.length)),
    mean,
    deviation: results.length > 1 ? Math.sqrt(squares / (results.length - 1)) : 0,
    least: Math.min(...best),
    most: Math.max(...best),
    course: [...counts, shortest].map((count) => ({ evaluations: count, mean: meanOf(after(count)) })),
    ...(target === undefined ? {} : { toTarget: reach(results, target) }),
  };
}

function reach(results: readonly SeedResult[], target: number): Reached {
  const firsts = results.map(({ trials }) => trials.findIndex((trial) => bestAmong([trial]) >= target));
  const reached = firsts.filter((first) => first >= 0);
  return {
    seeds: reached.length,
    evaluations: reached.length > 0 ? meanOf(reached.map((first) => first + 1)) : null,
  };
}

function bestAmong(trials: readonly TrialDocument[]): number {
  const best = bestTrial(trials);
  return best?.met && !best.stopped ? (best.accuracy ?? 0) : 0;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
