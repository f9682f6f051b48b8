import type { TrialDocument } from "../search/index.js";
import { MOST_SERIES, type Point, pointChart, type Series } from "./charts.js";
import { paragraph, section } from "./markup.js";
import { percentText } from "./numbers.js";
import type { StudySubject } from "./study-sections.js";

/** Every trial's accuracy over its cost, with what nothing beats. */
export function accuracyOverMacs(subjects: readonly StudySubject[]): string {
  const shown = subjects.slice(0, MOST_SERIES - 1);
  const points = (trials: readonly TrialDocument[]) =>
    trials.flatMap(({ keptMacs, accuracy }): Point[] => (accuracy === null ? [] : [[keptMacs, accuracy]]));
  const all = shown.flatMap(({ trials }) => points(trials));
  if (all.length === 0) return "";
  const clouds = shown.map(
    ({ label, trials }): Series => ({ name: label, points: points(trials), isBackground: true }),
  );
  const originals = subjects.flatMap(({ study: { original } }): Point[] =>
    original.accuracy === null ? [] : [[1, original.accuracy]],
  );
  // A trial that was stopped early has the accuracy of the images seen until then: no ground to call it best.
  const whole = shown.flatMap(({ trials }) => points(trials.filter(({ stopped }) => !stopped)));
  const front: Series = {
    name: "front: nothing is smaller and better",
    points: paretoFront(whole),
    joined: "steps",
    isBare: true,
  };
  const note = originals[0] ? `The original has ${percentText(originals[0][1])} at all of its MACs.` : "";
  return section(
    "Accuracy against MACs",
    pointChart(
      {
        title: "accuracy of all trials over the kept share of MACs",
        x: "kept share of MACs",
        y: "top-1 accuracy",
      },
      [...clouds, front],
    ),
    note === "" ? "" : paragraph(note),
  );
}

/** Points that no other is left of and above of, ascending. */
export function paretoFront(points: readonly Point[]): Point[] {
  const sorted = [...points].sort(([a, p], [b, q]) => a - b || q - p);
  const front: Point[] = [];
  for (const point of sorted) if (point[1] > (front.at(-1)?.[1] ?? -Infinity)) front.push(point);
  return front;
}

/** Reward of every episode, and the best so far. */
export function rewardPerEpisode(subjects: readonly StudySubject[]): string {
  const shown = subjects
    .filter(({ trials }) => trials.some(({ reward }) => reward !== null))
    .slice(0, MOST_SERIES / 2);
  if (shown.length === 0) return "";
  const series = shown.flatMap(({ label, trials }): Series[] => {
    const rewards = trials.flatMap(({ episode, reward }): Point[] =>
      reward === null ? [] : [[episode, reward]],
    );
    let best = -Infinity;
    const highest = rewards.map(([episode, reward]): Point => {
      best = Math.max(best, reward);
      return [episode, best];
    });
    return [
      { name: label, points: rewards, isBackground: true },
      { name: `${label}: best so far`, points: highest, joined: "steps", isBare: true },
    ];
  });
  return section(
    "Reward per episode",
    pointChart({ title: "reward of every episode", x: "episode", y: "reward" }, series),
    shown.length < subjects.length
      ? paragraph(`Of ${subjects.length} studies the first ${shown.length}.`)
      : "",
  );
}

/** The best accuracy of each study over what it kept; a line for each policy. */
export function accuracyOverFlops(subjects: readonly StudySubject[]): string {
  const policies = new Map<string, Point[]>();
  for (const { study, best } of subjects) {
    if (!best || best.accuracy === null) continue;
    const points = policies.get(study.policy) ?? [];
    points.push([(2 * best.keptMacs * study.original.macs) / 1e6, best.accuracy]);
    policies.set(study.policy, points);
  }
  if (subjects.length < 2 || policies.size === 0) return "";
  const series = Array.from(policies, ([name, points]): Series => {
    points.sort(([a], [b]) => a - b);
    return { name, points, joined: "line" };
  });
  return section(
    "Accuracy against FLOPs over budgets",
    pointChart(
      {
        title: "best accuracy of each study over its FLOPs",
        x: "million FLOPs of one sample (2 · MACs)",
        y: "top-1 accuracy",
      },
      series.slice(0, MOST_SERIES),
    ),
  );
}
