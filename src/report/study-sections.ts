import type { PrunePlan } from "../channels/index.js";
import type { Study, TrialDocument } from "../search/index.js";
import { barChart, MOST_SERIES, type Point, pointChart, type Series } from "./charts.js";
import { pairs, paragraph, section, table } from "./markup.js";
import { bytesText, countText, digitsText, percentText } from "./numbers.js";

/** A study with what it found. */
export interface StudySubject extends Study {
  readonly label: string;
  readonly best: TrialDocument | undefined;
  readonly plan?: PrunePlan | undefined;
}

/** What was asked and what was reached, a column of facts for each study. */
export function askedAndReached(subjects: readonly StudySubject[]): string {
  const columns = [
    "study",
    "policy",
    "seed",
    "asked",
    "trials",
    "kept MACs",
    "kept params",
    "accuracy",
    "of the original",
  ];
  const rows = subjects.map(({ label, study, trials, best }) => [
    label,
    study.policy,
    String(study.seed),
    `${study.budget.kind} ${percentText(study.budget.kept)}`,
    String(trials.length),
    best ? percentText(best.keptMacs) : "",
    best ? percentText(best.keptParams) : "",
    best ? `${accuracyText(best.accuracy)}${best.met ? "" : " (budget not met)"}` : "no trial yet",
    accuracyText(study.original.accuracy),
  ]);
  const originals = subjects.map(({ label, study: { original, model, data } }): [string, string] => [
    label,
    `${model.file}: ${countText(original.macs)} MACs, ${countText(original.params)} params, ${bytesText(original.bytes)}; data ${data ?? "none"}`,
  ]);
  return section(
    "Asked and reached",
    table(
      columns.map((title, at) => ({ title, isNumber: at >= 4 })),
      rows,
    ),
    paragraph(
      "Of each study the trial with the highest reward within the budget. Accuracies are top-1 on the validation split.",
    ),
    pairs(originals),
  );
}

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

/** The removed share of every group in the best trials. */
export function ratioPerLayer(subjects: readonly StudySubject[]): string {
  const [first] = subjects;
  if (!first) return "";
  // Only studies of the same layers can stand beside each other.
  const layers = JSON.stringify(first.study.groups);
  const shown = subjects
    .filter(({ study, best }) => best && JSON.stringify(study.groups) === layers)
    .slice(0, MOST_SERIES);
  if (shown.length === 0) return "";
  const labels = first.study.groups.map((_, index) => String(index));
  const rows = first.study.groups.map(({ layers: made, units }, index) => [
    String(index),
    made.join(", "),
    String(units),
    ...shown.map(({ best }) => percentText(best?.ratios[index] ?? 0)),
  ]);
  return section(
    "Pruning ratio per layer",
    barChart(
      {
        title: "removed share of each channel group in the best trial",
        x: "channel group, in the order of the network",
        y: "removed share",
      },
      labels,
      shown.map(({ label, best }) => ({ name: label, values: best?.ratios ?? [] })),
    ),
    details(
      "the groups and their layers",
      table(
        [
          { title: "group", isNumber: true },
          { title: "layers" },
          { title: "units", isNumber: true },
          ...shown.map(({ label }) => ({ title: label, isNumber: true })),
        ],
        rows,
      ),
    ),
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

/** How many channels each group lost, from the plan. */
export function planSection({ label, plan }: StudySubject): string {
  if (!plan) return "";
  const rows = plan.groups.map(({ id, size, removed, ratio }) => [
    id,
    String(size),
    String(size - removed.length),
    percentText(ratio),
  ]);
  const cost = (name: "macs" | "params" | "bytes") =>
    `${countText(plan.before[name])} → ${countText(plan.after[name])} (${percentText(plan.after[name] / plan.before[name])} kept)`;
  return section(
    `Plan of ${label}`,
    pairs([
      ["made for", `${plan.model.name} ${plan.model.sha256.slice(0, 12)}`],
      ["MACs", cost("macs")],
      ["params", cost("params")],
      ["bytes", cost("bytes")],
      ["cuts", String(plan.slices.length)],
    ]),
    details(
      "units kept in each group",
      table(
        [
          { title: "group" },
          ...["units", "kept", "removed share"].map((title) => ({ title, isNumber: true })),
        ],
        rows,
      ),
    ),
  );
}

/** Everything that it takes to do it again. */
export function reproduce(subjects: readonly StudySubject[]): string {
  return section(
    "How to reproduce",
    ...subjects.map(({ label, study, trials }) => {
      const seconds = trials.reduce((sum, trial) => sum + trial.seconds, 0);
      return pairs([
        ["study", label],
        ["command", study.command],
        ["seed", String(study.seed)],
        ["model", `${study.model.file}, SHA-256 ${study.model.sha256}`],
        ["data", study.data ?? "none"],
        [
          "options",
          Object.entries(study.options)
            .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
            .join(", "),
        ],
        [
          "versions",
          Object.entries(study.versions)
            .map(([name, version]) => `${name} ${version}`)
            .join(", "),
        ],
        ["begun", study.created],
        ["spent on trials", `${digitsText(seconds)} s`],
      ]);
    }),
  );
}

export function details(summary: string, content: string): string {
  return `<details><summary>${summary}</summary>${content}</details>`;
}

function accuracyText(accuracy: number | null): string {
  return accuracy === null ? "not measured" : percentText(accuracy);
}
