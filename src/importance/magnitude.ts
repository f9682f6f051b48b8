import type { ChannelAnalysis, Holder, LabelBlock } from "../channels/index.js";
import { chunksOf, elementsOf, type Tensor } from "../ir/index.js";

/**
 * Scores units by the size of their weights: the p-norm (1 or 2) of every slice that makes or reads the unit, over the
 * mean of that layer's slices, averaged over all slices of the unit. Dividing by the layer's mean lets layers of
 * different widths and scales that are tied together (a residual trunk) count alike. Biases, statistics and other
 * vectors that ride along do not count (Li et al., "Pruning filters for efficient convnets", ICLR 2017, for p = 1).
 */
export function magnitudeScores(analysis: ChannelAnalysis, p: 1 | 2): Float64Array {
  const sums = new Float64Array(analysis.unitCount);
  const counts = new Float64Array(analysis.unitCount);
  for (const holder of analysis.holders) {
    for (const block of holder.blocks.values()) {
      const units = analysis.unitsOf(block.labels);
      if (!countsFor(holder, block) || units.every((unit) => unit < 0)) continue;
      const norms = sliceNorms(holder.tensor, block, p);
      const mean = norms.reduce((sum, norm) => sum + norm, 0) / norms.length || 1;
      norms.forEach((norm, i) => {
        const unit = units[unitPosition(block, i)] as number;
        if (unit < 0) return;
        sums[unit] = (sums[unit] as number) + norm / mean;
        counts[unit] = (counts[unit] as number) + 1;
      });
    }
  }
  return sums.map((sum, unit) => sum / Math.max(counts[unit] as number, 1));
}

/** Weights that make channels, sum over them, or filter them one by one (depthwise). */
function countsFor(holder: Holder, block: LabelBlock): boolean {
  return block.makesChannels || block.role === "consumer" || holder.tensor.dims.length > 2;
}

/** For the i-th slice of a block its place among the block's labels. */
export function unitPosition(block: LabelBlock, i: number): number {
  if (block.axes.length === 1) return i;
  const [rows, width] = block.dims as [number, number];
  return Math.floor(i / width) * (rows / block.blockCount) * width + (i % width);
}

/** The p-norm of every slice along a block's last axis, for each block of its first where it has two. */
export function sliceNorms(tensor: Tensor, block: LabelBlock, p: 1 | 2): Float64Array {
  const axis = block.axes.at(-1) as number;
  const width = tensor.dims[axis] as number;
  const inner = elementsOf(tensor.dims.slice(axis + 1));
  const perBlock = elementsOf(tensor.dims.slice(0, axis)) / block.blockCount;
  const norms = new Float64Array(width * block.blockCount);
  // Where the next element lies: inside a slice, in which slice, in which row of outer axes.
  let [inside, slice, row, sum] = [0, 0, 0, 0];
  for (const values of chunksOf(tensor)) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      sum += p === 1 ? Math.abs(value) : value * value;
      if (++inside < inner) continue;
      const at = Math.floor(row / perBlock) * width + slice;
      norms[at] = (norms[at] as number) + sum;
      sum = inside = 0;
      if (++slice < width) continue;
      slice = 0;
      row++;
    }
  }
  return p === 1 ? norms : norms.map(Math.sqrt);
}
