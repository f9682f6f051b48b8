import { type ChannelAnalysis, type Holder, type LabelBlock, unitPosition } from "../channels/index.js";

/** How the scores of a unit's coupled slices become one; `l2` is the root of the sum of squares. */
export const aggregations = ["mean", "sum", "max", "l2"] as const;
export type Aggregation = (typeof aggregations)[number];

/**
 * For each of a constant's blocks one score, 0 or more, for every slice along its last axis, for each block of its first
 * where it has two.
 */
export type SliceScorer = (holder: Holder, blocks: readonly LabelBlock[]) => readonly Float64Array[];

/** Scores of units, and how many slices each came from; a unit without slices has score 0. */
export interface UnitScores {
  readonly scores: Float64Array;
  readonly counts: Float64Array;
}

/** Scores the slices of every block that `countsFor` says true for, and aggregates them over each unit. */
export function scoreUnits(
  analysis: ChannelAnalysis,
  countsFor: (holder: Holder, block: LabelBlock) => boolean,
  scoreSlices: SliceScorer,
  aggregation: Aggregation,
): UnitScores {
  const scores = new Float64Array(analysis.unitCount);
  const counts = new Float64Array(analysis.unitCount);
  for (const holder of analysis.holders) {
    const blocks = [...holder.blocks.values()].filter(
      (block) => countsFor(holder, block) && analysis.unitsOf(block.labels).some((unit) => unit >= 0),
    );
    if (blocks.length === 0) continue;
    const found = scoreSlices(holder, blocks);
    blocks.forEach((block, k) => {
      const units = analysis.unitsOf(block.labels);
      const slices = found[k] as Float64Array;
      const isSimple = block.axes.length === 1;
      for (let i = 0; i < slices.length; i++) {
        const unit = units[isSimple ? i : unitPosition(block, i)] as number;
        if (unit < 0) continue;
        scores[unit] = joined(scores[unit] as number, slices[i] as number, aggregation);
        counts[unit] = (counts[unit] as number) + 1;
      }
    });
  }
  for (let unit = 0; unit < scores.length; unit++)
    scores[unit] = settled(scores[unit] as number, counts[unit] as number, aggregation);
  return { scores, counts };
}

/**
 * Units that a criterion knows nothing about take their score from another one, scaled so that its mean is the
 * criterion's; what is compared inside a group then still has an order.
 */
export function withFallback({ scores, counts }: UnitScores, other: () => Float64Array): Float64Array {
  const known = scores.filter((_, unit) => (counts[unit] as number) > 0);
  if (known.length === scores.length) return scores;
  const fallback = other();
  const factor = known.length === 0 ? 1 : meanOf(known) / (meanOf(fallback) || 1);
  return scores.map((score, unit) =>
    (counts[unit] as number) > 0 ? score : factor * (fallback[unit] as number),
  );
}

/** The scores over their mean; all zeros stay. */
export function overMean(scores: Float64Array): Float64Array {
  const mean = meanOf(scores) || 1;
  const shares = new Float64Array(scores.length);
  // No `map`: calling back with floating-point numbers makes an object of each.
  for (let i = 0; i < scores.length; i++) shares[i] = (scores[i] as number) / mean;
  return shares;
}

/** Weights that make channels, sum over them, or filter them one by one (depthwise). */
export function isWeight(holder: Holder, block: LabelBlock): boolean {
  return block.makesChannels || block.role === "consumer" || holder.tensor.dims.length > 2;
}

function meanOf(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / values.length;
}

function joined(sum: number, score: number, aggregation: Aggregation): number {
  if (aggregation === "max") return Math.max(sum, score);
  return sum + (aggregation === "l2" ? score * score : score);
}

function settled(sum: number, count: number, aggregation: Aggregation): number {
  if (aggregation === "mean") return sum / Math.max(count, 1);
  return aggregation === "l2" ? Math.sqrt(sum) : sum;
}
