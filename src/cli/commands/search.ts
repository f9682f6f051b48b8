import { join } from "node:path";
import type { ModelCost } from "../../analysis/index.js";
import { invariant, UserError } from "../../base/errors.js";
import type { Model } from "../../ir/index.js";
import { stampPlan } from "../../rewrite/index.js";
import {
  type AgentStart,
  fastEnough,
  policies,
  policyNamed,
  repairModel,
  type SearchBudget,
  StudyFolder,
  search,
  smallestBudget,
  type TimedTrial,
  type TrialDocument,
} from "../../search/index.js";
import { argument, defineCommand, type Outcome } from "../command.js";
import { agentFlags, agentStart } from "../input/agent.js";
import { candidateTimer } from "../input/latency.js";
import { type OpenedModel, openWholeModel } from "../input/model.js";
import { openSearch, type SearchFlags, searchBudget, searchFlags, studyDocument } from "../input/search.js";
import type { Io } from "../io.js";
import { byDefault, option, required } from "../option.js";
import { changeOf, changeRow, costChanges, costsTable } from "../output/costs.js";
import { msText, percentText, secondsText } from "../output/numbers.js";
import { writeOutputs } from "../output/write.js";

export default defineCommand({
  arguments: { model: argument.one("MODEL", "an ONNX file of a classifier") },
  options: {
    study: required(option.text("DIR", "the folder of the study; made where there is none")),
    policy: byDefault(option.choice([...policies.keys()], "what chooses"), "gnn-rl"),
    trials: byDefault(option.integer("N", "plans to evaluate", { min: 1 }), 180),
    ...searchFlags,
    stages: byDefault(
      option.integer("N", "prune in so many rounds, each from the repaired result of the one before", {
        min: 1,
      }),
      1,
    ),
    accuracyLoss: option.number("SHARE", "instead of a budget: the fewest MACs that lose no more than this", {
      min: 0,
      max: 1,
    }),
    seed: byDefault(option.integer("N", "of everything that is drawn", { min: 0 }), 0),
    ...agentFlags,
    resume: option.flag("go on with the study in DIR, with the same flags"),
  },
  example: {
    line: "topiary search resnet20.onnx --macs 0.5 --study study --data cifar10:cifar-10-batches-bin --mean .485,.456,.406 --std .229,.224,.225",
    gives:
      "The best of 180 plans by accuracy on validation images, as study/best.onnx and study/best.plan.json.",
  },
  async run({ model: path, study: folder, stages, accuracyLoss, ...flags }, io) {
    const start = agentStart(flags);
    const asked = accuracyLoss === undefined ? searchBudget(flags) : undefined;
    const opened = await openWholeModel(path, io);
    const stop = new AbortController();
    const interrupt = () => stop.abort();
    // Not once: the children would take the signal for unheard.
    process.on("SIGINT", interrupt);
    try {
      const task = { flags, start, signal: stop.signal };
      const begun = performance.now();
      const first = { ...task, opened, file: path, folder };
      const runs = asked
        ? await inStages({ ...first, budget: asked }, stages, io)
        : await guaranteed(first, accuracyLoss ?? 0, io);
      return outcomeOf(runs, flags.policy, (performance.now() - begun) / 1000);
    } finally {
      process.off("SIGINT", interrupt);
    }
  },
});

/** One search of a model in a folder. */
interface SearchRun {
  readonly opened: OpenedModel;
  readonly file: string;
  readonly folder: string;
  readonly budget: SearchBudget;
  readonly flags: SearchFlags & { policy: string; seed: number; trials: number; resume: boolean };
  readonly start: AgentStart | undefined;
  readonly signal: AbortSignal;
}

interface Found {
  readonly accuracy: number;
  readonly original: number;
  readonly best: TrialDocument;
  /** With a budget of time. */
  readonly timed: TimedTrial | undefined;
  readonly trials: number;
  readonly before: ModelCost;
  readonly after: ModelCost;
  readonly model: Model;
  readonly paths: { readonly out: string; readonly plan: string };
  readonly finished: boolean;
}

async function searchOnce(
  { opened, file, folder, budget, flags, start, signal }: SearchRun,
  io: Io,
): Promise<Found> {
  const { policy, trials, parallel, seed } = flags;
  const earlier = flags.resume ? await StudyFolder.resume(folder) : undefined;
  const setup = await openSearch(opened, flags, io, earlier?.study.times);
  const { evaluator, space, images, repair } = setup;
  try {
    const none = space.levelsFor(space.groups.map(() => 0));
    const { accuracy: original } = await io.wait("measuring the original", evaluator.measure(none));
    const named = { file, sha256: opened.identify().sha256 };
    const study =
      earlier ?? StudyFolder.create(folder, studyDocument(setup, budget, flags, named, original, io.version));
    const result = await search({
      ...{ evaluator, policy: policyNamed(policy), budget, seed, trials, parallel, study, start, signal },
      onTrial: reporter(io, trials),
    });
    const time = candidateTimer(opened.source, {}, io);
    const cutOf = ({ ratios }: TrialDocument) => space.cut(space.levelsFor(ratios));
    const timed =
      budget.kind === "latency"
        ? await fastEnough(study.trials, budget.keep, (trial) => time(cutOf(trial).model))
        : undefined;
    const best = timed?.trial ?? result.best;
    const sliced = cutOf(best);
    const plan = space.planOf(space.levelsFor(best.ratios), sliced, opened.identify());
    stampPlan(sliced.model, plan, io.version);
    const context = { original: async () => opened.model, plan, train: images.train };
    const model = await io.wait("repairing the best", repairModel(sliced.model, repair, context));
    const paths = { out: join(folder, "best.onnx"), plan: join(folder, "best.plan.json") };
    writeOutputs(model, plan, paths, io);
    if (result.agent) io.writeOutput(join(folder, "agent"), [result.agent]);
    const finished = !signal.aborted || study.trials.length >= trials;
    const costs = { before: space.costs.before, after: plan.after };
    const accuracy = best.accuracy ?? 0;
    return { accuracy, original, best, timed, trials: study.trials.length, ...costs, model, paths, finished };
  } finally {
    evaluator.close();
  }
}
/** Rounds that each keep the same share of what the one before left. */
async function inStages(run: SearchRun, stages: number, io: Io): Promise<Found[]> {
  if (stages === 1) return [await searchOnce(run, io)];
  const { kind, keep } = run.budget;
  const runs: Found[] = [];
  for (let stage = 0; stage < stages && runs.every(({ finished }) => finished); stage++) {
    const last = runs.at(-1);
    const left = runs.reduce((share, each) => share / keptBy(each, kind), keep);
    const file = last?.paths.out ?? run.file;
    const opened = last ? await openWholeModel(file, io) : run.opened;
    const folder = join(run.folder, `stage-${stage + 1}`);
    const budget = { kind, keep: left ** (1 / (stages - stage)) };
    runs.push(await searchOnce({ ...run, opened, file, folder, budget }, io));
  }
  return runs;
}

/** The share of what a budget counts that a run has left. */
function keptBy({ timed, before, after }: Found, kind: SearchBudget["kind"]): number {
  if (kind !== "latency") return after[kind] / before[kind];
  invariant(timed, "the best was timed");
  return timed.times.after / timed.times.before;
}

/** How often a guaranteed search halves what is left of the budget. */
const HALVINGS = 5;

/** The fewest MACs with which the best plan loses no more accuracy than `loss`. */
async function guaranteed(run: Omit<SearchRun, "budget">, loss: number, io: Io): Promise<Found[]> {
  const trials = Math.ceil(run.flags.trials / HALVINGS);
  const found = await smallestBudget(HALVINGS, async (keep, round) => {
    const folder = join(run.folder, `budget-${round + 1}`);
    const budget = { kind: "macs" as const, keep };
    try {
      const reached = await searchOnce({ ...run, folder, budget, flags: { ...run.flags, trials } }, io);
      return reached.accuracy >= reached.original - loss ? reached : undefined;
    } catch (error) {
      if (error instanceof UserError && error.code === "unreachable") return undefined;
      throw error;
    }
  });
  if (found) return [found];
  throw new UserError(
    "accuracy-loss",
    `--accuracy-loss ${loss}: no plan that was found loses so little; allow more, or evaluate more plans with --trials`,
  );
}

function outcomeOf(runs: readonly Found[], policy: string, seconds: number): Outcome {
  const [first, last] = [runs[0], runs.at(-1)];
  invariant(first && last, "a search has run");
  const changes = costChanges(first.before, last.after, []);
  const { best, accuracy, paths, finished, timed } = last;
  const kept = runs.reduce((share, each) => share * (each.timed ? keptBy(each, "latency") : 1), 1);
  const full = first.timed?.times.before;
  const latency = full === undefined ? undefined : changeOf(full, full * kept);
  const evaluations = runs.reduce((sum, { trials }) => sum + trials, 0);
  return {
    document: {
      best: {
        ...changes,
        ...(latency && { latency }),
        reward: best.reward,
        top1Val: accuracy,
        plan: paths.plan,
        model: paths.out,
      },
      ...(timed && { met: timed.met }),
      original: { top1Val: first.original },
      episodes: evaluations,
      evaluations,
      seconds,
      finished,
    },
    text: [
      costsTable(changes, latency && [changeRow("time", latency, msText)]),
      "",
      `accuracy  ${percentText(first.original)} before, ${percentText(accuracy)} after, on validation images`,
      `trial ${best.number} of ${last.trials}, by ${policy}, ${secondsText(seconds)}`,
      ...(timed?.met === false
        ? ["none of the best plans is as fast as asked; this is the fastest of them"]
        : []),
      ...(finished ? [] : ["stopped; go on with the same command and --resume"]),
      `written: ${paths.out}, ${paths.plan}`,
    ].join("\n"),
    exitCode: finished && timed?.met !== false ? 0 : 1,
  };
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
