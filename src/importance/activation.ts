import { type ChannelAnalysis, type ChannelRead, channelReads, type LabelBlock } from "../channels/index.js";
import type { Tensor } from "../ir/index.js";
import type { Criterion } from "./criterion.js";
import { magnitudeScores } from "./magnitude.js";
import { sliceNorms } from "./slice-norms.js";
import { overMean, scoreUnits, withFallback } from "./slices.js";

/** What was measured of an activation, a number for each channel: means over samples and places. */
export interface ActivationStatistics {
  readonly meanMagnitude: Float32Array;
  readonly meanSquare: Float32Array;
  /** Share of the elements that are not zero. */
  readonly nonzeroShare: Float32Array;
}

/** Activations by `readKey`. */
export type MeasuredActivations = ReadonlyMap<string, ActivationStatistics>;

/** The criteria that need activations measured on calibration data. */
export const activationCriteria = ["mean-activation", "apoz", "wanda"] as const;
export type ActivationCriterion = (typeof activationCriteria)[number];

/** Under which key the activation that a weight reads is measured. */
export function readKey({ value, axis }: Pick<ChannelRead, "value" | "axis">): string {
  return `${value.name}:${axis}`;
}

/**
 * Scores units by the activations that layers read of them, over all layers that read a unit:
 * `mean-activation` is the mean magnitude over the layer's mean (Molchanov et al., "Pruning convolutional neural networks
 * for resource efficient inference", ICLR 2017, section 2.2); `apoz` the share of elements that are not zero (one minus
 * the average percentage of zeros; Hu et al., "Network trimming", 2016); `wanda` the l1 norm of the weights that read the
 * channel times the l2 norm of what they read, over the layer's mean (Sun et al., "A simple and effective pruning approach
 * for large language models", ICLR 2024, with a column of weights in the place of one). Units that no measured activation
 * is read of are ranked by l2.
 */
export function activationCriterion(name: ActivationCriterion, measured: MeasuredActivations): Criterion {
  return (analysis, _seed, aggregation = "mean") => {
    const reads = measuredReads(analysis, measured);
    const found = scoreUnits(
      analysis,
      (_, block) => reads.has(block),
      ({ tensor }, blocks) => blocks.map((block) => scoresOf(name, tensor, block, reads.get(block) ?? [])),
      aggregation,
    );
    return withFallback(found, () => magnitudeScores(analysis, 2, aggregation));
  };
}

function scoresOf(
  name: ActivationCriterion,
  tensor: Tensor,
  block: LabelBlock,
  own: readonly ActivationStatistics[],
): Float64Array {
  if (name === "apoz") return meanOver(own, ({ nonzeroShare }) => nonzeroShare);
  if (name === "mean-activation") return overMean(meanOver(own, ({ meanMagnitude }) => meanMagnitude));
  const norms = meanOver(own, ({ meanSquare }) => meanSquare.map(Math.sqrt));
  return overMean(sliceNorms(tensor, block, 1).map((norm, i) => norm * (norms[i] as number)));
}

function measuredReads(
  analysis: ChannelAnalysis,
  measured: MeasuredActivations,
): Map<LabelBlock, ActivationStatistics[]> {
  const reads = new Map<LabelBlock, ActivationStatistics[]>();
  for (const read of channelReads(analysis)) {
    const statistics = measured.get(readKey(read));
    if (!statistics) continue;
    const own = reads.get(read.block);
    if (own) own.push(statistics);
    else reads.set(read.block, [statistics]);
  }
  return reads;
}

/** The mean over all nodes that read a weight. */
function meanOver(
  statistics: readonly ActivationStatistics[],
  of: (each: ActivationStatistics) => Float32Array,
): Float64Array {
  const sums = new Float64Array(statistics[0] ? of(statistics[0]).length : 0);
  for (const each of statistics) {
    of(each).forEach((value, i) => {
      sums[i] = (sums[i] as number) + value / statistics.length;
    });
  }
  return sums;
}
