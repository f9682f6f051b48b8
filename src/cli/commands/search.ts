import { readFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf, UserError } from "../../base/errors.js";
import { stampPlan } from "../../rewrite/index.js";
import {
  policies,
  policyNamed,
  repairModel,
  StudyFolder,
  search,
  type TrialDocument,
} from "../../search/index.js";
import { argument, defineCommand } from "../command.js";
import { openWholeModel } from "../input/model.js";
import { openSearch, searchFlags, studyDocument } from "../input/search.js";
import type { Io } from "../io.js";
import { byDefault, option, required } from "../option.js";
import { costChanges, costsTable } from "../output/costs.js";
import { percentText, secondsText } from "../output/numbers.js";
import { writeOutputs } from "../output/write.js";

export default defineCommand({
  arguments: { model: argument.one("MODEL", "an ONNX file of a classifier") },
  options: {
    study: required(option.text("DIR", "the folder of the study; made where there is none")),
    policy: byDefault(option.choice([...policies.keys()], "what chooses"), "random"),
    trials: byDefault(option.integer("N", "plans to evaluate", { min: 1 }), 180),
    ...searchFlags,
    seed: byDefault(option.integer("N", "of everything that is drawn", { min: 0 }), 0),
    agent: option.text("FILE", "begin with what another search has learnt: the file agent in its study"),
    freezeEncoder: option.flag("with --agent: the graph neural network stays as it is, only the heads learn"),
    resume: option.flag("go on with the study in DIR, with the same flags"),
  },
  example: {
    line: "topiary search resnet20.onnx --macs 0.5 --policy evolution --study study --data cifar10:cifar-10-batches-bin --mean .485,.456,.406 --std .229,.224,.225",
    gives:
      "The best of 180 plans by accuracy on validation images, as study/best.onnx and study/best.plan.json.",
  },
  async run({ model: path, study: folder, resume, ...flags }, io) {
    const start = agentStart(flags);
    const { policy, trials, parallel, seed } = flags;
    const opened = await openWholeModel(path, io);
    const earlier = resume ? await StudyFolder.resume(folder) : undefined;
    const setup = await openSearch(opened, flags, io);
    const { evaluator, space, budget, images, repair } = setup;
    const stop = new AbortController();
    const interrupt = () => stop.abort();
    process.once("SIGINT", interrupt);
    try {
      const none = space.levelsFor(space.groups.map(() => 0));
      const { accuracy } = await io.wait("measuring the original", evaluator.measure(none));
      const file = { file: path, sha256: opened.identify().sha256 };
      const document = studyDocument(setup, flags, file, accuracy, io.version);
      const study = earlier ?? StudyFolder.create(folder, document);
      const begun = performance.now();
      const result = await search({
        ...{ evaluator, policy: policyNamed(policy), budget, seed, trials, parallel, study, start },
        onTrial: reporter(io, trials),
        signal: stop.signal,
      });
      const seconds = (performance.now() - begun) / 1000;
      const sliced = space.cut(result.levels);
      const plan = space.planOf(result.levels, sliced, opened.identify());
      stampPlan(sliced.model, plan, io.version);
      const original = async () => opened.model;
      const context = { original, plan, train: images.train };
      const model = await io.wait("repairing the best", repairModel(sliced.model, repair, context));
      const paths = { out: join(folder, "best.onnx"), plan: join(folder, "best.plan.json") };
      writeOutputs(model, plan, paths, io);
      if (result.agent) io.writeOutput(join(folder, "agent"), [result.agent]);
      const changes = costChanges(space.costs.before, plan.after, []);
      const { best } = result;
      const stopped = stop.signal.aborted && study.trials.length < trials;
      return {
        document: {
          best: {
            ...changes,
            reward: best.reward,
            top1Val: best.accuracy,
            plan: paths.plan,
            model: paths.out,
          },
          original: { top1Val: accuracy },
          episodes: study.trials.length,
          evaluations: study.trials.length,
          seconds,
          finished: !stopped,
        },
        text: [
          costsTable(changes),
          "",
          `accuracy  ${percentText(accuracy)} before, ${percentText(best.accuracy ?? 0)} after, on ${images.val.length} validation images`,
          `trial ${best.number} of ${study.trials.length}, by ${policy}, ${secondsText(seconds)}`,
          ...(stopped ? ["stopped; go on with the same command and --resume"] : []),
          `written: ${paths.out}, ${paths.plan}`,
        ].join("\n"),
        exitCode: stopped ? 1 : 0,
      };
    } finally {
      process.off("SIGINT", interrupt);
      evaluator.close();
    }
  },
});

/** The agent that a file holds. */
function agentStart(flags: { readonly agent: string | undefined; readonly freezeEncoder: boolean }) {
  const { agent: path, freezeEncoder } = flags;
  if (path === undefined) {
    if (freezeEncoder)
      throw new UserError("usage", "--freeze-encoder needs --agent FILE, whose encoder it keeps");
    return undefined;
  }
  try {
    return { agent: readFileSync(path), freezeEncoder };
  } catch (error) {
    throw new UserError("agent-file", `--agent ${path}: ${messageOf(error)}`);
  }
}

/** One line that grows with the trials. */
function reporter(io: Io, trials: number): (trial: TrialDocument, best: TrialDocument) => void {
  const start = performance.now();
  let done = 0;
  return (trial, best) => {
    const minutes = (performance.now() - start) / 60_000;
    const rate = ++done / minutes;
    const left = ((trials - trial.number - 1) / rate) * 60;
    io.progress(
      `reward ${trial.reward?.toFixed(4)}, best ${best.reward?.toFixed(4)} at ${percentText(best.keptMacs)} MACs, ${rate.toFixed(0)} a minute, ${secondsText(left)} left: trial`,
    )(trial.number + 1, trials);
  };
}
