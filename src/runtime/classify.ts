import { UserError } from "../base/errors.js";

/** How well a block of predictions fits its labels. */
export interface Score {
  readonly samples: number;
  /** How many labels have the highest score, and how many are among the five highest. */
  readonly top1: number;
  readonly top5: number;
  /** Sum of the cross-entropies in nats. */
  readonly loss: number;
}

/** Adds what was counted elsewhere to a running total. */
export function addScore(total: { -readonly [Key in keyof Score]: number }, part: Score): void {
  total.samples += part.samples;
  total.top1 += part.top1;
  total.top5 += part.top5;
  total.loss += part.loss;
}

/**
 * Scores `scores` [labels.length, classes] against class numbers. Rows are logits, or with `probabilities` what came
 * out of a softmax. Of equal scores the lower class wins; a row with NaN counts as wrong. `first` is the number of
 * the first sample, for errors. Throws a UserError for a label that is no class.
 */
export function scoreBlock(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  probabilities: boolean,
  first: number,
): Score {
  const samples = labels.length;
  const classes = samples === 0 ? 0 : scores.length / samples;
  let top1 = 0;
  let top5 = 0;
  let loss = 0;
  for (let i = 0; i < samples; i++) {
    const label = labels[i] as number;
    if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
      throw new UserError(
        "label-range",
        `sample ${first + i} has label ${label}, the model has classes 0 to ${classes - 1}`,
      );
    }
    const row = Array.prototype.slice.call(scores, i * classes, (i + 1) * classes) as number[];
    const rank = rankOf(row, label);
    if (rank < 1) top1++;
    if (rank < 5) top5++;
    loss += probabilities ? -Math.log(row[label] as number) : crossEntropy(row, label);
  }
  return { samples, top1, top5, loss };
}

/** True where every row is a probability distribution already (the model ends with a softmax). */
export function areProbabilities(scores: ArrayLike<number>, classes: number): boolean {
  for (let start = 0; start < scores.length; start += classes) {
    let sum = 0;
    for (let i = start; i < start + classes; i++) {
      const score = scores[i] as number;
      if (!(score >= 0 && score <= 1)) return false;
      sum += score;
    }
    if (Math.abs(sum - 1) > 1e-3) return false;
  }
  return scores.length > 0;
}

/** How many classes come before `label`; no place at all where a score is NaN. */
function rankOf(row: readonly number[], label: number): number {
  if (row.some(Number.isNaN)) return Number.POSITIVE_INFINITY;
  const own = row[label] as number;
  return row.filter((score, i) => score > own || (score === own && i < label)).length;
}

function crossEntropy(logits: readonly number[], label: number): number {
  const largest = Math.max(...logits);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - largest);
  return Math.log(sum) + largest - (logits[label] as number);
}
