import type { ChannelAnalysis, Holder, LabelBlock } from "../channels/index.js";
import { elementsOf, numbersOf, type Tensor } from "../ir/index.js";
import { magnitudeScores } from "./magnitude.js";
import { type Aggregation, overMean, type SliceScorer, scoreUnits, withFallback } from "./slices.js";

/** Multiplications that one layer may cost: a second or two. */
const MOST_WORK = 1e9;

/**
 * Scores units by how far their filters are from the geometric median of the layer's: the sum of Euclidean distances
 * from the filter to all filters of the layer (He et al., "Filter pruning via geometric median", CVPR 2019, eq. 6),
 * over the layer's mean. Filters are what makes a channel; what reads it does not count. Where all pairs would take too
 * long, every s-th filter stands for all. Units that no dense filter makes are ranked by l2.
 */
export function fpgmScores(analysis: ChannelAnalysis, aggregation: Aggregation): Float64Array {
  const isFilter = (_: Holder, block: LabelBlock) => block.makesChannels && block.axes.length === 1;
  const score: SliceScorer = ({ tensor }, blocks) =>
    blocks.map(({ axes }) => overMean(distanceSums(tensor, axes[0] as number)));
  const found = scoreUnits(analysis, isFilter, score, aggregation);
  return withFallback(found, () => magnitudeScores(analysis, 2, aggregation));
}

function distanceSums(tensor: Tensor, axis: number): Float64Array {
  const count = tensor.dims[axis] as number;
  const rows = filtersOf(tensor, axis);
  const size = rows.length / Math.max(count, 1);
  const step = Math.max(1, Math.ceil((count * rows.length) / MOST_WORK));
  const sums = new Float64Array(count);
  for (let one = 0; one < count; one++) {
    let sum = 0;
    for (let other = 0; other < count; other += step) sum += distance(rows, one * size, other * size, size);
    sums[one] = sum;
  }
  return sums;
}

function distance(rows: Float32Array, one: number, other: number, size: number): number {
  let squares = 0;
  for (let i = 0; i < size; i++) {
    const difference = (rows[one + i] as number) - (rows[other + i] as number);
    squares += difference * difference;
  }
  return Math.sqrt(squares);
}

/** The slices along `axis` one after another. */
function filtersOf(tensor: Tensor, axis: number): Float32Array {
  const values = numbersOf(tensor);
  const count = tensor.dims[axis] as number;
  const inner = elementsOf(tensor.dims.slice(axis + 1));
  const outer = elementsOf(tensor.dims.slice(0, axis));
  const rows = new Float32Array(values.length);
  let to = 0;
  for (let at = 0; at < count; at++) {
    for (let row = 0; row < outer; row++) {
      const from = (row * count + at) * inner;
      for (let i = 0; i < inner; i++) rows[to++] = values[from + i] as number;
    }
  }
  return rows;
}
