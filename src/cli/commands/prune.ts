import { costTable } from "../../analysis/index.js";
import { UserError } from "../../base/errors.js";
import { countBarriers } from "../../channels/index.js";
import { restoreCalls } from "../../ir/index.js";
import {
  type PrunedModel,
  pruneModel,
  pruneToLatency,
  type SparsityPattern,
  sparsifyModel,
} from "../../rewrite/index.js";
import { checkLoads } from "../../runtime/index.js";
import { argument, defineCommand, type Outcome } from "../command.js";
import { budgetFlags, hasBudget, targetOf, withShares } from "../input/budget.js";
import { criterionOf, importanceFlags, rankingOf } from "../input/criterion.js";
import { frozenNames } from "../input/freeze.js";
import { isMadeElsewhere } from "../input/group-layers.js";
import { candidateTimer } from "../input/latency.js";
import { openWholeModel, withoutFunctions } from "../input/model.js";
import { readRatios } from "../input/ratios.js";
import { roundToFlag, roundToOf } from "../input/round-to.js";
import { rulesFlags, rulesFrom } from "../input/rules.js";
import { findShapes, inputChoice, inputShapeFlag } from "../input/shapes.js";
import { sharingFlag } from "../input/sharing.js";
import { patternOf, unstructuredFlags } from "../input/unstructured.js";
import type { Io } from "../io.js";
import { byDefault, option, required, short } from "../option.js";
import { changeOf, costChanges } from "../output/costs.js";
import { endText, pruneText, removedUnits } from "../output/pruned.js";
import { sparsityDocument, sparsityText } from "../output/sparsity.js";
import { checkOutputs, type OutputPaths, writeModelTo, writeOutputs } from "../output/write.js";

export default defineCommand({
  arguments: { model: argument.one("MODEL", "an ONNX file") },
  options: {
    out: short("o", required(option.output("where the pruned model is written"))),
    ...budgetFlags,
    ...importanceFlags,
    ...unstructuredFlags,
    sharing: sharingFlag,
    roundTo: roundToFlag,
    ...rulesFlags,
    freeze: option.list("GLOB", "names of nodes or tensors whose channels stay"),
    minChannels: byDefault(option.integer("N", "fewest channels that a layer keeps", { min: 1 }), 1),
    maxRatio: byDefault(option.number("SHARE", "most that a group may lose", { min: 0, max: 1 }), 1),
    plan: option.output("also write the plan, which says what was removed"),
    bestEffort: option.flag("where the budget cannot be met, take the nearest and end with exit code 1"),
    inputShape: inputShapeFlag,
    seed: byDefault(
      option.integer("N", "of --importance random and of which samples are measured", { min: 0 }),
      0,
    ),
    provider: byDefault(
      option.text("NAME", "execution provider of onnxruntime for --latency and --data"),
      "cpu",
    ),
  },
  example: {
    line: "topiary prune resnet56.onnx --macs 0.5 -o small.onnx",
    gives:
      "A model with half of the multiply-accumulates that computes what resnet56.onnx does without those channels.",
  },
  async run({ model: path, out, plan: planPath, inputShape, provider, ...flags }, io) {
    const pattern = patternOf(flags);
    const paths = { out, plan: planPath };
    checkOutputs(paths);
    const clock = stopwatch();
    if (pattern && !hasBudget(flags))
      return sparsifyAlone(path, pattern, { ...flags, ...paths, inputShape }, io);
    const target = targetOf(flags);
    const { model, calls, source, identify } = withoutFunctions(
      await openWholeModel(path, io, { weights: "when needed", out }),
    );
    if (target.kind === "latency") await checkLoads(source, { provider });
    const isFrozen = frozenNames(flags.freeze, model);
    const shareOf = flags.ratios === undefined ? undefined : await readRatios(flags.ratios, model.graph);
    const choice = inputChoice(inputShape);
    const read = clock();
    const table = await findShapes(model, choice, io);
    const { of: dims, gaps } = table;
    const shapes = clock();
    const rules = rulesFrom(flags);
    const criterion = await criterionOf({ ...flags, provider, rules }, model, table, io);
    const { roundTo, widths } = await roundToOf({ ...flags, provider }, model, dims, io);
    const measure = clock();
    const options = {
      ...flags,
      ...rules,
      ...rankingOf(flags, model),
      criterion,
      roundTo,
      isFrozen,
      mayCut: pattern && isMadeElsewhere(model.graph),
      source: identify(),
      version: io.version,
    };
    io.stage("choosing and cutting channels");
    const { pruned, times, met } =
      target.kind === "latency"
        ? await pruneToLatency(
            model,
            dims,
            options,
            target.keep,
            candidateTimer(source, { ...choice, provider }, io),
          )
        : withoutTimes(pruneModel(model, dims, { ...options, budget: withShares(target, shareOf) }));
    const sparse = pattern && sparsifyModel(pruned.model, pattern, { kinds: ["linear"], isFrozen });
    clock();
    io.stage("writing");
    const result = sparse?.model ?? pruned.model;
    restoreCalls(result, calls);
    writeOutputs(result, pruned.plan, paths, io);
    const document = {
      ...costChanges(pruned.before, pruned.after, pruned.uncounted),
      ...(times && { latency: changeOf(times.before, times.after) }),
      units: { total: pruned.analysis.unitCount, removed: removedUnits(pruned) },
      budget: flags.ratios === undefined ? target.kind : "ratios",
      target: target.kind === "ratio" ? target.remove : target.keep,
      met,
      recomputed: pruned.plan.recomputed?.length ?? 0,
      removable: pruned.uncounted.length > 0 ? null : pruned.removable,
      barriers: countBarriers(pruned.analysis.barriers),
      ...(sparse && { sparsity: sparsityDocument(sparse) }),
      ...(widths && { widths }),
      seconds: {
        read,
        shapes,
        ...((flags.data !== undefined || widths) && { measure }),
        ...pruned.seconds,
        write: clock(),
      },
    };
    const text = [pruneText(document, gaps, paths), ...(sparse ? ["", sparsityText(sparse)] : [])].join("\n");
    return { document, text, exitCode: met ? 0 : 1 };
  },
});

interface SparsifyFlags extends OutputPaths {
  readonly freeze: readonly string[];
  readonly inputShape: readonly string[];
}

/** Zeros among the weights and nothing cut. */
async function sparsifyAlone(
  path: string,
  pattern: SparsityPattern,
  { freeze, inputShape, ...paths }: SparsifyFlags,
  io: Io,
): Promise<Outcome> {
  if (paths.plan !== undefined)
    throw new UserError(
      "usage",
      "--plan says which channels go; --unstructured without a budget removes none",
    );
  const clock = stopwatch();
  const { model } = await openWholeModel(path, io, { weights: "when needed", out: paths.out });
  const isFrozen = frozenNames(freeze, model);
  const { of: dims } = await findShapes(model, inputChoice(inputShape), io);
  const read = clock();
  const sparse = sparsifyModel(model, pattern, { isFrozen });
  const choose = clock();
  writeModelTo(sparse.model, paths.out, io);
  const cost = costTable(model.graph, dims);
  const seconds = { read, choose, write: clock() };
  const document = {
    ...costChanges(cost, cost, cost.uncounted),
    units: { total: 0, removed: 0 },
    budget: "unstructured",
    target: pattern.kind === "share" ? pattern.share : `${pattern.keep}:${pattern.of}`,
    met: true,
    sparsity: sparsityDocument(sparse),
    seconds,
  };
  return { document, text: `${sparsityText(sparse)}\n${endText(seconds, paths)}` };
}

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

function withoutTimes(pruned: PrunedModel): { pruned: PrunedModel; times: undefined; met: boolean } {
  return { pruned, times: undefined, met: pruned.selection.met };
}
