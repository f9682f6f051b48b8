import type { Random } from "../../base/random.js";

const ABSENT = -1e9;

/** What is added to the scores of choices: 0 where they are allowed. */
export function absent(mask: Uint8Array): Float32Array {
  return Float32Array.from(mask, (allowed) => (allowed ? 0 : ABSENT));
}

/** The allowed choice with the highest score, the first of equal ones. */
export function mostLikely(scores: Float32Array, mask: Uint8Array | undefined): number {
  let best = -1;
  scores.forEach((score, i) => {
    if (mask && !mask[i]) return;
    if (best < 0 || score > (scores[best] ?? 0)) best = i;
  });
  return best;
}

/** An allowed choice, drawn with the probabilities of the softmax of the scores. */
export function sampleChoice(random: Random, scores: Float32Array, mask: Uint8Array | undefined): number {
  const best = mostLikely(scores, mask);
  const top = scores[best] ?? 0;
  const weights = Array.from(scores, (score, i) => (mask && !mask[i] ? 0 : Math.exp(score - top)));
  let left = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [i, weight] of weights.entries()) {
    left -= weight;
    if (weight > 0 && left < 0) return i;
  }
  return best;
}
