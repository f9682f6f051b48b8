import { UserError } from "../base/errors.js";
import type { Dataset } from "../data/index.js";
import type { Model } from "../ir/index.js";
import { foldNorms } from "../rewrite/index.js";
import { inferShapes } from "../runtime/index.js";
import { classifierStep } from "./classifier-step.js";
import { dataInput } from "./feed.js";
import type { FinetuneOptions, FinetuneResult } from "./finetune-options.js";
import { reinsertBatchNorm } from "./reinsert.js";
import { fingerprintOf, RunState } from "./run-state.js";
import { TrainingRun } from "./training-run.js";

const DEFAULT_OPTIMIZER = { kind: "sgd", momentum: 0.9, nesterov: true, weightDecay: 1e-4 } as const;

/**
 * Trains a classifier further on `train` and keeps the weights that are best on `val`. Throws UserErrors: labels that do not
 * fit the output, a single class, operators without a gradient, a loss that is no number any more, a foreign checkpoint.
 */
export async function finetune(
  model: Model,
  data: { readonly train: Dataset; readonly val: Dataset },
  options: FinetuneOptions,
): Promise<FinetuneResult> {
  const { train, val } = data;
  const input = dataInput(model);
  const batch = Math.min(options.batch ?? 128, train.length);
  const shaped = async (each: Model) => ({
    model: each,
    shapes: await inferShapes(each, { inputShapes: new Map([[dataInput(each), [batch, ...train.shape]]]) }),
  });
  const given = await shaped(model);
  const [output] = model.graph.outputs;
  checkLabels(train, output && given.shapes.of(output));
  checkLabels(val, output && given.shapes.of(output));
  checkClasses(train);
  const opened = await open(model, train, options);
  const step = classifierStep(opened.model === model ? given : await shaped(opened.model), {
    ...options,
    isFrozen: opened.isFrozen,
    optimizer: options.optimizer ?? DEFAULT_OPTIMIZER,
    teacher: options.teacher && (await shaped(options.teacher)),
    mixed: (options.augmentation?.mixup ?? 0) > 0,
  });
  const fingerprint = fingerprintOf(model, step, data, { ...options, batch });
  const state = new RunState(opened.model, step, fingerprint, options.checkpoint);
  return new TrainingRun({ step, state, data, input, batch, finish: opened.finish }, options).run();
}

/** The model that is trained, and the way back from it to the one that was given. */
interface OpenedModel {
  readonly model: Model;
  readonly isFrozen: ((name: string) => boolean) | undefined;
  finish(trained: Model): Model;
}

async function open(model: Model, train: Dataset, options: FinetuneOptions): Promise<OpenedModel> {
  const { isFrozen, reinsertBatchNorm: reinserts, provider, threads, batch, seed } = options;
  if (!reinserts) return { model, isFrozen, finish: (trained) => trained };
  const reinserted = await reinsertBatchNorm(model, train, { isFrozen, provider, threads, batch, seed });
  // What a normalization takes away again is not worth learning.
  const biases = new Set(reinserted.norms.map(({ bias }) => bias));
  const inserted = new Set(reinserted.norms.flatMap(({ constants }) => constants));
  return {
    model: reinserted.model,
    isFrozen: (name) => biases.has(name) || (!inserted.has(name) && isFrozen?.(name) === true),
    finish: (trained) => foldNorms(model, trained, reinserted.norms),
  };
}

/** Labels must be columns of the output. */
function checkLabels({ labels, name }: Dataset, outputs: readonly number[] | undefined): void {
  // A model whose output has no known dimensions is refused by the step.
  const classes = outputs?.at(-1) ?? Number.POSITIVE_INFINITY;
  const largest = labels.reduce((max, label) => Math.max(max, label), 0);
  if (largest < classes) return;
  throw new UserError(
    "labels",
    `${name} has label ${largest}, the model's output has ${classes} classes, 0 to ${classes - 1}`,
  );
}

function checkClasses({ labels, name }: Dataset): void {
  if (labels.some((label) => label !== labels[0])) return;
  throw new UserError(
    "one-class",
    `all ${labels.length} samples of ${name} are of one class; there is nothing to learn`,
  );
}
