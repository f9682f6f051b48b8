/** Criteria: a score for every prunable unit, more is more important. */
import { Random } from "../base/random.js";
import type { ChannelAnalysis } from "../channels/index.js";
import { magnitudeScores } from "./magnitude.js";

/** Turns an analysis into one score for each unit; `seed` matters to criteria that draw. */
export type Criterion = (analysis: ChannelAnalysis, seed: number) => Float64Array;

/** The criteria that need nothing but the weights, by name. */
export const criteria: ReadonlyMap<string, Criterion> = new Map<string, Criterion>([
  ["l1", (analysis) => magnitudeScores(analysis, 1)],
  ["l2", (analysis) => magnitudeScores(analysis, 2)],
  ["random", (analysis, seed) => randomScores(analysis, seed)],
]);

function randomScores(analysis: ChannelAnalysis, seed: number): Float64Array {
  const random = new Random(seed);
  return Float64Array.from({ length: analysis.unitCount }, () => random.uniform());
}

export { magnitudeScores };
export { sliceNorms, unitPosition } from "./magnitude.js";
