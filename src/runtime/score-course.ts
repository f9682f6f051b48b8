/** How a classifier did on samples, batch after batch: all of them, or as far as that was of interest. */
export interface ScoreCourse {
  /** Samples in all, and in one batch; the last may have fewer. */
  readonly samples: number;
  readonly batch: number;
  /** How many of the samples so far were right, after each batch that was run. */
  readonly right: readonly number[];
}

export interface Accuracy {
  /** Top-1; of the samples seen where `stopped`. */
  readonly accuracy: number;
  /** Not even all remaining samples could have raised it to what was of interest. */
  readonly stopped: boolean;
}

/**
 * What a run that ends as soon as it cannot reach `ofInterest` has seen; undefined where the course does not go so far. It
 * depends on the course only, never on how far beyond its end somebody measured.
 */
export function accuracyOf({ samples, batch, right }: ScoreCourse, ofInterest: number): Accuracy | undefined {
  for (const [i, count] of right.entries()) {
    const seen = Math.min(samples, (i + 1) * batch);
    if (count + samples - seen < ofInterest * samples) return { accuracy: count / seen, stopped: true };
    if (seen === samples) return { accuracy: count / samples, stopped: false };
  }
  return undefined;
}
