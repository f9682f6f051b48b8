import { UserError } from "../../base/errors.js";
import type { Model } from "../../ir/index.js";
import type { FinetuneOptions } from "../../train/index.js";
import type { Io } from "../io.js";
import { byDefault, option } from "../option.js";
import { frozenWeights, nameMatcher } from "./freeze.js";
import { readPlan } from "./plan.js";

/** How weights move. */
export const optimizerFlags = {
  epochs: byDefault(option.integer("N", "passes over the training samples", { min: 1 }), 10),
  lr: byDefault(option.number("RATE", "learning rate at its peak", { min: 0 }), 0.05),
  schedule: byDefault(
    option.choice(["cosine", "constant", "step", "one-cycle"], "how the rate goes"),
    "cosine",
  ),
  warmup: byDefault(option.integer("N", "steps in which the rate rises", { min: 0 }), 20),
  optimizer: byDefault(option.choice(["sgd", "adamw"], "sgd has momentum 0.9, Nesterov's way"), "sgd"),
  weightDecay: byDefault(
    option.number("W", "of matrices and kernels; biases and scales have none", { min: 0 }),
    1e-4,
  ),
  clip: option.number("NORM", "longest gradient", { min: 0 }),
  average: option.number("DECAY", "keep a moving average of the weights instead, such as 0.999", {
    min: 0,
    max: 1,
  }),
};

/** What is learned, and from whom. */
export const lossFlags = {
  teacher: option.text("MODEL", "also learn from this model's outputs, such as the original's"),
  distillWeight: byDefault(
    option.number("SHARE", "of the loss that the teacher's outputs have", { min: 0, max: 1 }),
    0.5,
  ),
  temperature: byDefault(option.number("T", "at which they are compared", { min: 0.1 }), 4),
  matchFeatures: option.list(
    "GLOB",
    "values inside that should be as the teacher's of the same name and size",
  ),
  matchWeight: byDefault(option.number("W", "of their mean squared difference", { min: 0 }), 1),
  smoothing: byDefault(
    option.number("SHARE", "of every label, spread over all classes", { min: 0, max: 1 }),
    0,
  ),
};

export const augmentationFlags = {
  pad: byDefault(
    option.integer("PIXELS", "random shifts of training images, zeros coming in", { min: 0 }),
    0,
  ),
  flip: option.flag("mirror every other training image"),
  cutout: byDefault(option.integer("PIXELS", "side of a square cut out of training images", { min: 0 }), 0),
  mixup: byDefault(
    option.number("ALPHA", "mix images and labels in pairs, shares from Beta(ALPHA, ALPHA)", {
      min: 0,
      max: 4,
    }),
    0,
  ),
};

export const frozenFlags = {
  freeze: option.list("GLOB", "names of nodes or tensors whose weights stay"),
  onlyPruned: option.text("PLAN", "train only tensors that this plan cut; all others stay"),
};

/** Which weights stay. */
export async function frozenPart(
  { freeze, onlyPruned }: { readonly freeze: readonly string[]; readonly onlyPruned: string | undefined },
  model: Model,
  io: Io,
): Promise<(name: string) => boolean> {
  const isFrozen = frozenWeights(freeze, model);
  if (onlyPruned === undefined) return isFrozen;
  const cut = new Set((await readPlan(onlyPruned, io)).slices.flatMap(({ tensor }) => tensor ?? []));
  if (![...cut].some((name) => model.graph.find(name)?.initializer))
    throw new UserError(
      "plan-other",
      `${onlyPruned} cuts no tensor that this model has: it is of another model`,
    );
  return (name) => isFrozen(name) || !cut.has(name);
}

interface LossFlags {
  readonly distillWeight: number;
  readonly temperature: number;
  readonly matchFeatures: readonly string[];
  readonly matchWeight: number;
  readonly smoothing: number;
}

/** The loss that the flags ask for. */
export function lossOptions(
  { distillWeight, temperature, matchFeatures, matchWeight, smoothing }: LossFlags,
  model: Model,
  teacher: Model | undefined,
): Pick<FinetuneOptions, "smoothing" | "distill" | "features"> & { readonly teacher: Model | undefined } {
  const distill = { weight: distillWeight, temperature };
  if (matchFeatures.length === 0) return { smoothing, distill, teacher };
  if (!teacher)
    throw new UserError("usage", "--match-features needs --teacher, whose values are to be matched");
  const made = model.graph.nodes.flatMap(({ outputs }) => outputs.flatMap((value) => value?.name ?? []));
  const names = matchFeatures.flatMap((glob) => {
    const found = made.filter(nameMatcher("--match-features", glob));
    if (found.length > 0) return found;
    throw new UserError(
      "features-no-match",
      `--match-features ${glob}: no node of the model makes such a value`,
    );
  });
  return { smoothing, distill, teacher, features: { names: [...new Set(names)], weight: matchWeight } };
}
