import { mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  comparePolicies,
  type PolicySummary,
  policies,
  policyNamed,
  type SeedResult,
  StudyFolder,
  search,
} from "../../search/index.js";
import { argument, defineCommand } from "../command.js";
import { openWholeModel } from "../input/model.js";
import { openSearch, searchBudget, searchFlags, studyDocument } from "../input/search.js";
import { byDefault, option, required } from "../option.js";
import { percentText, secondsText } from "../output/numbers.js";
import { tableText } from "../output/table.js";

export default defineCommand({
  arguments: { model: argument.one("MODEL", "an ONNX file of a classifier") },
  options: {
    study: required(option.text("DIR", "a folder for the studies, one of each policy and seed")),
    policy: option.list("NAME", `what takes part (default: all): ${[...policies.keys()].join(", ")}`),
    trials: byDefault(option.integer("N", "plans that each may evaluate", { min: 1 }), 180),
    seeds: byDefault(option.integer("N", "how often each policy searches", { min: 1 }), 3),
    ...searchFlags,
    seed: byDefault(option.integer("N", "the first seed; images are drawn by it too", { min: 0 }), 0),
  },
  example: {
    line: "topiary compare resnet20.onnx --macs 0.5 --study studies --data cifar10:cifar-10-batches-bin --mean .485,.456,.406 --std .229,.224,.225",
    gives: "The best accuracy of every policy after 180 evaluations: mean and deviation over three seeds.",
  },
  async run({ model: path, study: folder, policy: names, seeds, ...flags }, io) {
    const { trials, parallel } = flags;
    const budget = searchBudget(flags);
    const entries = (names.length > 0 ? names : [...policies.keys()]).map(
      (name) => [name, policyNamed(name)] as const,
    );
    mkdirSync(folder, { recursive: true });
    const opened = await openWholeModel(path, io);
    const setup = await openSearch(opened, flags, io);
    const { evaluator, space } = setup;
    const file = { file: path, sha256: opened.identify().sha256 };
    const start = performance.now();
    const advance = io.progress("evaluating");
    let evaluated = 0;
    try {
      const { accuracy } = await evaluator.measure(space.levelsFor(space.groups.map(() => 0)));
      const jobs = entries.flatMap(([name, entry]) =>
        Array.from({ length: seeds }, (_, i) => ({ name, entry, seed: flags.seed + i })),
      );
      const results: SeedResult[] = [];
      /** Every study sees its own outcomes only, one after the other; several studies share the processes. */
      const work = async () => {
        for (let job = jobs.shift(); job; job = jobs.shift()) {
          const { name, entry, seed } = job;
          const at = join(folder, `${name}-${seed}`);
          const own = { ...flags, policy: name, seed, parallel: 1 };
          const study =
            (await StudyFolder.resume(at)) ??
            StudyFolder.create(at, studyDocument(setup, budget, own, file, accuracy, io.version));
          const onTrial = () => advance(++evaluated);
          await search({ evaluator, policy: entry, budget, seed, trials, parallel: 1, study, onTrial });
          results.push({ policy: name, seed, trials: study.trials });
        }
      };
      await Promise.all(Array.from({ length: parallel }, work));
      const summaries = comparePolicies(results);
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

function textOf(summaries: readonly PolicySummary[]): string {
  const right = { align: "right" as const };
  const columns = [
    { title: "policy" },
    ...["seeds", "evaluations", "best, mean", "deviation", "least", "most"].map((title) => ({
      title,
      ...right,
    })),
  ];
  return tableText(
    columns,
    summaries.map(({ policy, seeds, evaluations, mean, deviation, least, most }) => [
      policy,
      String(seeds),
      evaluations.toFixed(0),
      ...[mean, deviation, least, most].map(percentText),
    ]),
  );
}
