import { countBarriers, normalisations } from "../../channels/index.js";
import { aggregations, type Criterion, criteria, criterionNamed } from "../../importance/index.js";
import type { Model } from "../../ir/index.js";
import { type PrunedModel, pruneModel, pruneToLatency, type RunTimes } from "../../rewrite/index.js";
import { checkLoads, type LatencyOptions, type ModelSource, measureLatency } from "../../runtime/index.js";
import { argument, defineCommand } from "../command.js";
import { budgetFlags, targetOf } from "../input/budget.js";
import { frozenNames } from "../input/freeze.js";
import { openWholeModel } from "../input/model.js";
import { roundToFlag } from "../input/round-to.js";
import { findShapes, inputChoice, inputShapeFlag } from "../input/shapes.js";
import type { Io } from "../io.js";
import { byDefault, option, required, short } from "../option.js";
import { changeOf, changeRow, costChanges, costsTable } from "../output/costs.js";
import { msText, percentText, secondsText } from "../output/numbers.js";
import { checkOutputs, type OutputPaths, writeOutputs } from "../output/write.js";

export default defineCommand({
  arguments: { model: argument.one("MODEL", "an ONNX file") },
  options: {
    out: short("o", required(option.output("where the pruned model is written"))),
    ...budgetFlags,
    importance: byDefault(option.choice([...criteria.keys()], "what makes a channel important"), "l2"),
    aggregate: byDefault(option.choice(aggregations, "how the scores of coupled slices become one"), "mean"),
    ranking: byDefault(
      option.choice(["uniform", "global"], "the same share of every group, or all groups in one order"),
      "uniform",
    ),
    normalise: byDefault(
      option.choice(normalisations, "what divides a group's scores before --ranking global compares them"),
      "mean",
    ),
    roundTo: roundToFlag,
    freeze: option.list("GLOB", "names of nodes or tensors whose channels stay"),
    minChannels: byDefault(option.integer("N", "fewest channels that a layer keeps", { min: 1 }), 1),
    maxRatio: byDefault(option.number("SHARE", "most that a group may lose", { min: 0, max: 1 }), 1),
    plan: option.output("also write the plan, which says what was removed"),
    bestEffort: option.flag("where the budget cannot be met, take the nearest and end with exit code 1"),
    inputShape: inputShapeFlag,
    seed: byDefault(option.integer("N", "of --importance random", { min: 0 }), 0),
    provider: byDefault(option.text("NAME", "execution provider of onnxruntime for --latency"), "cpu"),
  },
  example: {
    line: "topiary prune resnet56.onnx --macs 0.5 -o small.onnx",
    gives:
      "A model with half of the multiply-accumulates that computes what resnet56.onnx does without those channels.",
  },
  async run({ model: path, out, plan: planPath, inputShape, provider, ...flags }, io) {
    const target = targetOf(flags);
    const paths = { out, plan: planPath };
    checkOutputs(paths);
    const clock = stopwatch();
    const { model, source, identify } = await openWholeModel(path, io);
    const scorer = criterionNamed(flags.importance);
    const criterion: Criterion = (analysis, seed) => scorer(analysis, seed, flags.aggregate);
    if (target.kind === "latency") await checkLoads(source, { provider });
    const isFrozen = frozenNames(flags.freeze, model);
    const { normalise: normalisation } = flags;
    const options = { ...flags, normalisation, criterion, isFrozen, source: identify(), version: io.version };
    const read = clock();
    const choice = inputChoice(inputShape);
    const { of: dims, gaps } = await findShapes(model, choice, io);
    const shapes = clock();
    io.stage("choosing and cutting channels");
    const { pruned, times, met } =
      target.kind === "latency"
        ? await pruneToLatency(model, dims, options, target.keep, timer(source, { ...choice, provider }, io))
        : withoutTimes(pruneModel(model, dims, { ...options, budget: target }));
    clock();
    io.stage("writing");
    writeOutputs(pruned.model, pruned.plan, paths, io);
    const document = {
      ...costChanges(pruned.before, pruned.after, pruned.uncounted),
      ...(times && { latency: changeOf(times.before, times.after) }),
      units: { total: pruned.analysis.unitCount, removed: removedUnits(pruned) },
      budget: target.kind,
      target: target.kind === "ratio" ? target.remove : target.keep,
      met,
      removable: pruned.uncounted.length > 0 ? null : pruned.removable,
      barriers: countBarriers(pruned.analysis.barriers),
      seconds: { read, shapes, ...pruned.seconds, write: clock() },
    };
    return { document, text: textOf(document, gaps, paths), exitCode: met ? 0 : 1 };
  },
});

/** Seconds since the last call. */
function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const now = performance.now();
    const seconds = (now - last) / 1000;
    last = now;
    return seconds;
  };
}

/** Times candidates beside the original, a second each. */
function timer(original: ModelSource, options: LatencyOptions, io: Io): (model: Model) => Promise<RunTimes> {
  let candidates = 0;
  return async (candidate) => {
    const figures = measureLatency([original, candidate], { ...options, seconds: 1 });
    const [before, after] = await io.wait(`timing candidate ${++candidates}`, figures);
    return { before: before?.p50Ms ?? Number.NaN, after: after?.p50Ms ?? Number.NaN };
  };
}

function withoutTimes(pruned: PrunedModel): { pruned: PrunedModel; times: undefined; met: boolean } {
  return { pruned, times: undefined, met: pruned.selection.met };
}

function removedUnits({ selection }: PrunedModel): number {
  return selection.removed.reduce((sum, flag) => sum + flag, 0);
}

interface Result extends ReturnType<typeof costChanges> {
  readonly latency?: ReturnType<typeof changeOf>;
  readonly units: { readonly total: number; readonly removed: number };
  readonly budget: string;
  readonly target: number;
  readonly met: boolean;
  readonly removable: number | null;
  readonly barriers: readonly { readonly code: string; readonly count: number }[];
  readonly seconds: Readonly<Record<string, number>>;
}

function textOf(result: Result, gaps: readonly string[], { out, plan }: OutputPaths): string {
  const { units, removable, barriers, seconds, met, budget, target } = result;
  const held = barriers.map(({ code, count }) => `${code} (${count})`).join(", ");
  const spent = Object.entries(seconds).map(([stage, time]) => `${stage} ${secondsText(time)}`);
  return [
    costsTable(result, result.latency && [changeRow("time", result.latency, msText)]),
    "",
    ...(met ? [] : [`--${budget} ${target} is out of reach: this is the nearest`]),
    `${units.removed} of ${units.total} units removed`,
    removable === null
      ? "how many multiply-accumulates that saves is not known"
      : `exact pruning could remove ${percentText(removable)} of the MACs`,
    ...gaps.map((gap) => `sizes are not known everywhere: ${gap}`),
    ...(held === "" ? [] : [`what keeps channels: ${held}; topiary groups shows where`]),
    spent.join(", "),
    `written: ${[out, plan].filter((path) => path !== undefined && path !== "-").join(", ") || "standard output"}`,
  ].join("\n");
}
