import type { ChannelAnalysis, LabelBlock } from "../channels/index.js";
import { chunksOf, elementsOf, type Tensor } from "../ir/index.js";
import { type Aggregation, isWeight, overMean, scoreUnits } from "./slices.js";

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
  const score = ({ tensor }: { tensor: Tensor }, block: LabelBlock) => overMean(sliceNorms(tensor, block, p));
  return scoreUnits(analysis, isWeight, score, aggregation).scores;
}

/** The p-norm of every slice along a block's last axis, for each block of its first where it has two. */
export function sliceNorms(tensor: Tensor, block: LabelBlock, p: 1 | 2): Float64Array {
  const axis = block.axes.at(-1) as number;
  const width = tensor.dims[axis] as number;
  const inner = elementsOf(tensor.dims.slice(axis + 1));
  const perBlock = elementsOf(tensor.dims.slice(0, axis)) / block.blockCount;
  const norms = new Float64Array(width * block.blockCount);
  // Where the next element lies: how many of its slice are left, in which slice, in which row of outer axes.
  let [left, slice, row, sum] = [inner, 0, 0, 0];
  for (const values of chunksOf(tensor)) {
    for (let i = 0; i < values.length; ) {
      const end = Math.min(values.length, i + left);
      left -= end - i;
      for (; i < end; i++) {
        const value = values[i] as number;
        sum += p === 1 ? Math.abs(value) : value * value;
      }
      if (left > 0) break;
      const at = Math.floor(row / perBlock) * width + slice;
      norms[at] = (norms[at] as number) + sum;
      [left, sum] = [inner, 0];
      if (++slice < width) continue;
      slice = 0;
      row++;
    }
  }
  return p === 1 ? norms : norms.map(Math.sqrt);
}
