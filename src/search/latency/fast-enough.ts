import type { RunTimes } from "../../rewrite/index.js";
import { byReward, type TrialDocument } from "../study-document.js";

/** A trial whose model was timed beside the original. */
export interface TimedTrial {
  readonly trial: TrialDocument;
  readonly times: RunTimes;
  /** A run takes no more than was asked. */
  readonly met: boolean;
}

/** So many trials are timed at most: estimates are seldom that wrong that often. */
const MOST_TIMED = 5;

/**
 * The best trial that keeps no more than the share `keep` of the original's time when it is timed; where none of the best
 * few does, the fastest of them. Undefined where no trial is within the estimated budget.
 */
export async function fastEnough(
  trials: readonly TrialDocument[],
  keep: number,
  time: (trial: TrialDocument) => Promise<RunTimes>,
): Promise<TimedTrial | undefined> {
  const candidates = [...trials].sort(byReward).filter(({ met, stopped }) => met && !stopped);
  const different = new Map(candidates.toReversed().map((trial) => [trial.ratios.join(), trial]));
  let fastest: TimedTrial | undefined;
  for (const trial of [...different.values()].toReversed().slice(0, MOST_TIMED)) {
    const times = await time(trial);
    if (times.after <= keep * times.before) return { trial, times, met: true };
    const isFaster = !fastest || times.after / times.before < fastest.times.after / fastest.times.before;
    if (isFaster) fastest = { trial, times, met: false };
  }
  return fastest;
}
