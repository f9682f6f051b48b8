import { type ChannelAnalysis, type LabelBlock, unitPosition } from "../channels/index.js";
import type { Criterion } from "./criterion.js";
import { magnitudeScores } from "./magnitude.js";
import { withFallback } from "./slices.js";

/** An axis of a stored weight that is summed over: each of its slices may go. */
export interface WeightSlices {
  readonly tensor: string;
  /** The axis, behind the one that is cut into `blockCount` blocks where there are two (grouped convolutions). */
  readonly axes: readonly number[];
  readonly blockCount: number;
}

/** For every batch the sums of gradient · weight over the slices, by `sliceKey`. */
export type SliceContributions = readonly ReadonlyMap<string, ArrayLike<number>>[];

/** Under which key the contributions of a weight's slices are. */
export function sliceKey({ tensor, axes }: Pick<WeightSlices, "tensor" | "axes">): string {
  return `${tensor}:${axes}`;
}

/** What `taylorCriterion` wants to know the contributions of. */
export function taylorSlices(analysis: ChannelAnalysis): WeightSlices[] {
  return slicesWithBlocks(analysis).map(({ slices }) => slices);
}

/**
 * Scores units by how much the loss changes, to first order, when nobody reads them: |Σ g·w| over all weights that read
 * the unit, g being the gradient of a batch's loss, averaged over the batches. By the chain rule this is Σ a·∂L/∂a over
 * what the readers see of the unit, the gate of Molchanov et al., "Importance estimation for neural network pruning",
 * CVPR 2019 (equation 8, with magnitudes in the place of squares; "Taylor-FO"). Signed sums over coupled slices cancel as
 * the loss does, so no aggregation applies; scores compare across layers. Units without such weights are ranked by l2.
 */
export function taylorCriterion(contributions: SliceContributions): Criterion {
  return (analysis, _seed, aggregation = "mean") => {
    const scores = new Float64Array(analysis.unitCount);
    const counts = new Float64Array(analysis.unitCount);
    const found = slicesWithBlocks(analysis);
    for (const batch of contributions) {
      const sums = new Float64Array(analysis.unitCount);
      for (const { slices, block } of found) {
        const units = analysis.unitsOf(block.labels);
        Array.from(batch.get(sliceKey(slices)) ?? []).forEach((value, i) => {
          const unit = units[unitPosition(block, i)] as number;
          if (unit < 0) return;
          sums[unit] = (sums[unit] as number) + value;
          counts[unit] = (counts[unit] as number) + 1;
        });
      }
      sums.forEach((sum, unit) => {
        scores[unit] = (scores[unit] as number) + Math.abs(sum) / contributions.length;
      });
    }
    return withFallback({ scores, counts }, () => magnitudeScores(analysis, 2, aggregation));
  };
}

function slicesWithBlocks(analysis: ChannelAnalysis): { slices: WeightSlices; block: LabelBlock }[] {
  return [...analysis.holders].flatMap(({ constant, blocks }) => {
    if (!constant.initializer) return [];
    return [...blocks.values()].flatMap((block) => {
      if (block.role !== "consumer") return [];
      const { axes, blockCount } = block;
      return [{ slices: { tensor: constant.name, axes, blockCount }, block }];
    });
  });
}
