import type { ChannelAnalysis } from "../channels/index.js";
import type { Aggregation } from "./slices.js";

/**
 * Turns an analysis into one score for each unit; `seed` matters to criteria that draw, `aggregation` (default mean) to
 * those that score the slices of a unit.
 */
export type Criterion = (analysis: ChannelAnalysis, seed: number, aggregation?: Aggregation) => Float64Array;
