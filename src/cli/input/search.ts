import { availableParallelism } from "node:os";
import { invariant } from "../../base/errors.js";
import type { Split } from "../../data/index.js";
import { criteria, criterionNamed } from "../../importance/index.js";
import { inferShapes } from "../../runtime/index.js";
import {
  drawImages,
  Evaluator,
  type PlanTime,
  PruningSpace,
  type RepairOptions,
  repairs,
  type SearchBudget,
  type StudyDocument,
  type TrialImages,
} from "../../search/index.js";
import { dataInput } from "../../train/index.js";
import type { Io } from "../io.js";
import { byDefault, option } from "../option.js";
import { budgetFlags, targetOf } from "./budget.js";
import { dataFlags, openSplit } from "./data.js";
import { frozenNames } from "./freeze.js";
import { planTimes } from "./latency.js";
import type { OpenedModel } from "./model.js";
import { roundToFlag, roundToOf } from "./round-to.js";
import { sharingFlag } from "./sharing.js";

/** Samples of one batch in which batch normalization is measured anew. */
const REPAIR_BATCH = 128;

const { macs, params, bytes, latency } = budgetFlags;

/** What decides which plans there are and how they are measured. */
export const searchFlags = {
  ...dataFlags,
  macs,
  params,
  bytes,
  latency,
  reward: byDefault(
    option.choice(
      repairs,
      "repair before accuracy is measured: nothing, batch normalization anew, least squares, one epoch",
    ),
    "bn",
  ),
  images: byDefault(option.integer("N", "validation images that rewards are measured on", { min: 1 }), 1000),
  repairImages: byDefault(option.integer("N", "training images for the repair", { min: 2 }), 1024),
  importance: byDefault(option.choice([...criteria.keys()], "which channels of a group go first"), "l2"),
  sharing: sharingFlag,
  roundTo: roundToFlag,
  freeze: option.list("GLOB", "names of nodes or tensors whose channels stay"),
  minChannels: byDefault(option.integer("N", "fewest channels that a layer keeps", { min: 1 }), 1),
  maxRatio: byDefault(option.number("SHARE", "most that a group may lose", { min: 0, max: 1 }), 1),
  parallel: byDefault(
    option.integer("N", "plans under way at once, where the policy allows it", { min: 1 }),
    Math.min(4, availableParallelism()),
  ),
};

type Parsed<F> = {
  readonly [K in keyof F]: F[K] extends { parse(...args: never[]): infer T } ? T : never;
};
export type SearchFlags = Parsed<typeof searchFlags>;

/** A model that can be searched. */
export interface SearchSetup {
  readonly evaluator: Evaluator;
  readonly space: PruningSpace;
  readonly images: TrialImages;
  readonly repair: RepairOptions;
  /** With --latency: the plans that were timed. */
  readonly times: readonly PlanTime[] | undefined;
}

/** The kept share that `--macs`, `--params`, `--bytes` or `--latency` asks for. */
export function searchBudget(flags: SearchFlags): SearchBudget {
  const { macs, params, bytes, latency } = flags;
  const target = targetOf({ macs, params, bytes, latency, ratio: undefined, ratios: undefined });
  invariant("keep" in target, "these are kept shares of a cost");
  return target;
}

/**
 * Draws and decodes the images, analyses the model, times some plans where a budget of time needs it and `known` are not
 * there, starts what measures; the caller closes the evaluator.
 */
export async function openSearch(
  { model }: OpenedModel,
  flags: SearchFlags & { readonly seed: number },
  io: Io,
  known?: readonly PlanTime[],
): Promise<SearchSetup> {
  const draw = async (split: Split, count: number) =>
    drawImages(await openSplit(flags, split, model), count, flags.seed);
  const [val, train] = await io.wait(
    "decoding images",
    Promise.all([draw("val", flags.images), draw("train", flags.repairImages)]),
  );
  const images = { val, train };
  const batch = Math.min(REPAIR_BATCH, train.length);
  const repair = { hook: flags.reward, batch, batches: Math.max(1, Math.floor(train.length / batch)) };
  const inputShapes = new Map([[dataInput(model), [batch, ...train.shape]]]);
  const shapes = await io.wait("finding shapes", inferShapes(model, { inputShapes }));
  const criterion = criterionNamed(flags.importance);
  const isFrozen = frozenNames(flags.freeze, model);
  const { roundTo } = await roundToOf(flags, model, shapes.of, io);
  const space = PruningSpace.open(model, shapes.of, { ...flags, criterion, roundTo, isFrozen });
  const times = flags.latency === undefined ? undefined : (known ?? (await planTimes(space, io)));
  if (times) space.learnTimes(times);
  const evaluator = await Evaluator.open(space, { images, repair, shapes, workers: flags.parallel });
  return { evaluator, space, images, repair, times };
}

/** What the search was asked, as the study keeps it. */
export function studyDocument(
  { space, times }: SearchSetup,
  budget: SearchBudget,
  { policy, seed, data, ...options }: SearchFlags & { policy: string; seed: number; trials: number },
  model: StudyDocument["model"],
  accuracy: number,
  version: string,
): StudyDocument {
  return {
    format: "topiary-study/1",
    command: ["topiary", ...process.argv.slice(2)].join(" "),
    created: new Date().toISOString(),
    model,
    data,
    budget: { kind: budget.kind, kept: budget.keep },
    policy,
    seed,
    options,
    versions: { topiary: version, node: process.versions.node },
    original: { ...space.costs.before, accuracy },
    ...(times && { times }),
    groups: space.layers().map((layers, i) => {
      const group = space.groups[i];
      return { id: group?.id ?? "", layers, units: group?.units.length ?? 0 };
    }),
  };
}
