import type { ChannelAnalysis } from "../channels/index.js";
import { blockNorms } from "./slice-norms.js";
import { type Aggregation, isWeight, overMean, type SliceScorer, scoreUnits } from "./slices.js";

/**
 * Scores units by the size of their weights: the p-norm (1 or 2) of every slice that makes or reads the unit, over the
 * mean of that layer's slices, aggregated over all slices of the unit. Dividing by the layer's mean lets layers of
 * different widths and scales that are tied together (a residual trunk) count alike. Biases, statistics and other
 * vectors that ride along do not count (Li et al., "Pruning filters for efficient convnets", ICLR 2017, for p = 1).
 */
export function magnitudeScores(
  analysis: ChannelAnalysis,
  p: 1 | 2,
  aggregation: Aggregation = "mean",
): Float64Array {
  const score: SliceScorer = ({ tensor }, blocks) => blockNorms(tensor, blocks, p).map(overMean);
  return scoreUnits(analysis, isWeight, score, aggregation).scores;
}
