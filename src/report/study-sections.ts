import type { PrunePlan } from "../channels/index.js";
import type { Study, TrialDocument } from "../search/index.js";
import { barChart, MOST_SERIES } from "./charts.js";
import { details, pairs, paragraph, section, table } from "./markup.js";
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

function accuracyText(accuracy: number | null): string {
  return accuracy === null ? "not measured" : percentText(accuracy);
}
