import type { ChannelAnalysis } from "../channels/index.js";
import { blockNorms } from "./slice-norms.js";
import { type Aggregation, isWeight, type SliceScorer, scoreUnits } from "./slices.js";

/**
 * Layer-adaptive magnitude (Lee et al., "Layer-adaptive sparsity for the magnitude-based pruning", ICLR 2021, eq. 3)
 * with slices in the place of single weights: a slice's squared l2 norm over the sum of the squared norms of all slices
 * of its layer that are at least as large; a layer's largest, if alone, scores 1, so that layers compare as
 * they are (`normalisation: "none"`).
 */
export function lampScores(analysis: ChannelAnalysis, aggregation: Aggregation): Float64Array {
  const score: SliceScorer = ({ tensor }, blocks) =>
    blockNorms(tensor, blocks, 2).map((norms) => lampOf(norms.map((norm) => norm * norm)));
  return scoreUnits(analysis, isWeight, score, aggregation).scores;
}

/** Equal slices are at least as large as each other, and score alike. */
function lampOf(squares: Float64Array): Float64Array {
  const order = Uint32Array.from(squares.keys()).sort(
    (a, b) => (squares[b] as number) - (squares[a] as number),
  );
  const scores = new Float64Array(squares.length);
  let sum = 0;
  for (let first = 0; first < order.length; ) {
    const square = squares[order[first] as number] as number;
    let end = first + 1;
    while (end < order.length && squares[order[end] as number] === square) end++;
    sum += square * (end - first);
    for (const slice of order.subarray(first, end)) scores[slice] = sum > 0 ? square / sum : 0;
    first = end;
  }
  return scores;
}
