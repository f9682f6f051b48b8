import type { ShapeTable } from "../analysis/index.js";
import type { PrunePlan } from "../channels/index.js";
import type { Dataset } from "../data/index.js";
import type { Model } from "../ir/index.js";
import { finetune, leastSquares, recalibrate } from "../train/index.js";

/** Ways to repair a pruned model before its accuracy is measured. */
export const repairs = ["none", "bn", "least-squares", "finetune"] as const;
export type Repair = (typeof repairs)[number];

export interface RepairOptions {
  readonly hook: Repair;
  /** Training samples of one batch, and how many batches. */
  readonly batch: number;
  readonly batches: number;
}

export interface RepairContext {
  /** Before pruning; least squares and fine-tuning learn from it. */
  readonly original: () => Promise<Model>;
  readonly plan: PrunePlan;
  readonly train: Dataset;
  /** Sizes of the pruned model's values at `batch` samples, where they are known. */
  readonly shapes?: ShapeTable | undefined;
  readonly threads?: number | undefined;
  /** Computes in this process where it can: for one that is a child already. */
  readonly here?: boolean;
}

/** The learning rate of a short fine-tuning: a tenth of what a whole one begins with. */
const SHORT_RATE = 0.005;

/**
 * The pruned model, repaired on training samples: batch normalization measured anew, weights refitted by least squares,
 * or one epoch of training with the original as teacher. What is measured afterwards is never looked at.
 */
export async function repairModel(
  model: Model,
  { hook, batch, batches }: RepairOptions,
  { original, plan, train, shapes, threads, here = false }: RepairContext,
): Promise<Model> {
  const samples = batch * batches;
  switch (hook) {
    case "none":
      return model;
    case "bn":
      return recalibrate(model, train, { batch, batches, shapes, here, threads });
    case "least-squares":
      return (await leastSquares(await original(), model, plan, train, { samples, batch, threads })).model;
    case "finetune": {
      const options = { epochs: 1, batch, learningRate: SHORT_RATE, teacher: await original(), threads };
      return (await finetune(model, { train, val: train }, options)).model;
    }
  }
}
