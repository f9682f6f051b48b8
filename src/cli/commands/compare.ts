import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../base/errors.js";
import {
  comparePolicies,
  type PolicySummary,
  policies,
  type SeedResult,
  StudyFolder,
  search,
} from "../../search/index.js";
import { argument, defineCommand } from "../command.js";
import { agentFlags, agentStart } from "../input/agent.js";
import { entrantsOf } from "../input/entrants.js";
import { openWholeModel } from "../input/model.js";
import { openSearch, searchBudget, searchFlags, studyDocument } from "../input/search.js";
import { byDefault, option, required } from "../option.js";
import { percentText, secondsText } from "../output/numbers.js";
import { tableText } from "../output/table.js";

export default defineCommand({
  arguments: { model: argument.one("MODEL", "an ONNX file of a classifier") },
  options: {
    study: required(option.text("DIR", "a folder for the studies, one of each policy and seed")),
    policy: option.list(
      "NAME",
      `what takes part (default: all): ${[...policies.keys()].join(", ")}; for ablations +flat, +constant, +random, +flat+constant and +flat+random behind those that see a graph`,
    ),
    trials: byDefault(option.integer("N", "plans that each may evaluate", { min: 1 }), 180),
    seeds: byDefault(option.integer("N", "how often each policy searches", { min: 1 }), 3),
    ...searchFlags,
    ...agentFlags,
    agent: option.text("FILE", "policies that see a graph begin with this agent as well, as NAME+agent"),
    target: option.number("SHARE", "an accuracy on the validation images: say how many plans it takes", {
      min: 0,
      max: 1,
    }),
    seed: byDefault(option.integer("N", "the first seed; images are drawn by it too", { min: 0 }), 0),
  },
  example: {
    line: "topiary compare resnet20.onnx --macs 0.5 --study studies --data cifar10:cifar-10-batches-bin --mean .485,.456,.406 --std .229,.224,.225",
    gives: "The best accuracy of every policy after 180 evaluations: mean and deviation over three seeds.",
  },
  async run({ model: path, study: folder, policy: names, seeds, ...flags }, io) {
    const { trials, parallel, target } = flags;
    const budget = searchBudget(flags);
    const entrants = entrantsOf(names, agentStart(flags));
    mkdirSync(folder, { recursive: true });
    const opened = await openWholeModel(path, io);
    const jobs = entrants.flatMap((entrant) =>
      Array.from({ length: seeds }, (_, i) => {
        const seed = flags.seed + i;
        return { ...entrant, seed, at: join(folder, `${entrant.name}-${seed}`) };
      }),
    );
    const setup = await openSearch(opened, flags, io, await earlierTimes(jobs));
    const { evaluator, space } = setup;
    const file = { file: path, sha256: opened.identify().sha256 };
    const start = performance.now();
    const advance = io.progress("evaluating");
    let evaluated = 0;
    try {
      const { accuracy } = await evaluator.measure(space.levelsFor(space.groups.map(() => 0)));
      const results: SeedResult[] = [];
      /** Every study sees its own outcomes only, one after the other; several studies share the processes. */
      const work = async () => {
        for (let job = jobs.shift(); job; job = jobs.shift()) {
          const { name, seed, at } = job;
          const own = { ...flags, policy: name, seed, parallel: 1 };
          const study =
            (await StudyFolder.resume(at)) ??
            StudyFolder.create(at, studyDocument(setup, budget, own, file, accuracy, io.version));
          const onTrial = () => advance(++evaluated);
          await search({ ...job, evaluator, budget, trials, parallel: 1, study, onTrial }).catch(withoutPlan);
          results.push({ policy: name, seed, trials: study.trials });
        }
      };
      await Promise.all(Array.from({ length: parallel }, work));
      const summaries = comparePolicies(results, target);
      const seconds = (performance.now() - start) / 1000;
      return {
        document: { policies: summaries, original: { top1Val: accuracy }, seconds },
        text: [
          textOf(summaries),
          "",
          `${percentText(accuracy)} before pruning; ${evaluated} evaluations in ${secondsText(seconds)}; studies in ${folder}`,
        ].join("\n"),
      };
    } finally {
      evaluator.close();
    }
  },
});

/** The plans that an earlier run timed: all studies estimate by the same. */
async function earlierTimes(jobs: readonly { readonly at: string }[]) {
  for (const { at } of jobs) {
    const times = (await StudyFolder.read(at))?.study.times;
    if (times) return times;
  }
  return undefined;
}

/** Whoever finds no plan is last, and no reason to end what others do. */
function withoutPlan(error: unknown): void {
  if (!(error instanceof UserError && error.code === "no-trial")) throw error;
}

function textOf(summaries: readonly PolicySummary[]): string {
  const right = { align: "right" as const };
  const hasTarget = summaries.some(({ toTarget }) => toTarget);
  const titles = ["seeds", "evaluations", "best, mean", "deviation", "least", "most"];
  const columns = [
    { title: "policy" },
    ...[...titles, ...(hasTarget ? ["to target"] : [])].map((title) => ({ title, ...right })),
  ];
  return tableText(
    columns,
    summaries.map(({ policy, seeds, evaluations, mean, deviation, least, most, toTarget }) => [
      policy,
      String(seeds),
      evaluations.toFixed(0),
      ...[mean, deviation, least, most].map(percentText),
      ...(toTarget ? [`${toTarget.evaluations?.toFixed(1) ?? "never"} (${toTarget.seeds} of ${seeds})`] : []),
    ]),
  );
}
