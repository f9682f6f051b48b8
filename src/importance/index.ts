/** Criteria: a score for every prunable unit, more is more important. */
import { UserError } from "../base/errors.js";
import { Random } from "../base/random.js";
import type { ChannelAnalysis } from "../channels/index.js";
import { bnScaleScores } from "./bn-scale.js";
import type { Criterion } from "./criterion.js";
import { fpgmScores } from "./fpgm.js";
import { lampScores } from "./lamp.js";
import { magnitudeScores } from "./magnitude.js";
import { sliceNorms } from "./slice-norms.js";
import { type Aggregation, aggregations } from "./slices.js";

/** The criteria that need nothing but the weights, by name. */
export const criteria: ReadonlyMap<string, Criterion> = new Map<string, Criterion>([
  ["l1", (analysis, _seed, aggregation) => magnitudeScores(analysis, 1, aggregation)],
  ["l2", (analysis, _seed, aggregation) => magnitudeScores(analysis, 2, aggregation)],
  ["bn-scale", (analysis, _seed, aggregation = "mean") => bnScaleScores(analysis, aggregation)],
  ["fpgm", (analysis, _seed, aggregation = "mean") => fpgmScores(analysis, aggregation)],
  ["lamp", (analysis, _seed, aggregation = "mean") => lampScores(analysis, aggregation)],
  ["random", (analysis, seed) => randomScores(analysis, seed)],
]);

/** The criteria whose scores compare across layers as they are: a global ranking divides them by nothing. */
export const comparableCriteria: ReadonlySet<string> = new Set(["lamp", "taylor"]);

/** The criterion of that name. Throws a UserError that lists the names where there is none. */
export function criterionNamed(name: string): Criterion {
  const criterion = criteria.get(name);
  if (criterion) return criterion;
  throw new UserError(
    "criterion",
    `no criterion ${name}: expected one of ${[...criteria.keys()].join(", ")}`,
  );
}

function randomScores(analysis: ChannelAnalysis, seed: number): Float64Array {
  const random = new Random(seed);
  return Float64Array.from({ length: analysis.unitCount }, () => random.uniform());
}

export * from "./activation.js";
export type { Criterion } from "./criterion.js";
export * from "./taylor.js";
export { type Aggregation, aggregations, magnitudeScores, sliceNorms };
