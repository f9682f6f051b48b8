import { ShapeTable, type ValueShape } from "../analysis/index.js";
import type { Model, Value } from "../ir/index.js";
import { packModel, scoreHere, task, unpackModel } from "../runtime/index.js";
import { recalibrate } from "../train/index.js";
import { readImages, type TrialImages } from "./images.js";

/** What happens to a pruned model before its accuracy is measured. */
export interface RepairOptions {
  readonly hook: "none" | "bn";
  /** Training samples of one batch, and how many batches. */
  readonly batch: number;
  readonly batches: number;
}

export interface TrialArgs {
  /** The pruned model as a file's bytes. */
  readonly model: Uint8Array;
  /** Types and sizes of its values at `repair.batch` samples, by name. */
  readonly shapes: ReadonlyMap<string, ValueShape>;
  /** The file of the images. */
  readonly images: string;
  readonly repair: RepairOptions;
  /** Accuracies below this are not worth being measured to the end. */
  readonly ofInterest: number;
  readonly threads: number;
}

export interface TrialResult {
  readonly accuracy: number;
  readonly stopped: boolean;
  /** In onnxruntime and in all. */
  readonly seconds: { readonly repair: number; readonly score: number; readonly all: number };
}

let images: { readonly path: string; readonly decoded: TrialImages } | undefined;

/** In the child: repairs a pruned model and measures its accuracy on validation images. */
export async function runTrial(args: TrialArgs): Promise<TrialResult> {
  const start = performance.now();
  if (images?.path !== args.images) images = { path: args.images, decoded: readImages(args.images) };
  const { val, train } = images.decoded;
  const { hook, batch, batches } = args.repair;
  let bytes = args.model;
  if (hook === "bn") {
    const model = await unpackModel(bytes);
    const shapes = shapesOf(model, args.shapes);
    const options = { batch, batches, shapes, here: true, threads: args.threads };
    bytes = await packModel(await recalibrate(model, train, options));
  }
  const repaired = performance.now();
  const { accuracy, stopped } = await scoreHere(bytes, val, {
    ofInterest: args.ofInterest,
    threads: args.threads,
  });
  const end = performance.now();
  return {
    accuracy,
    stopped,
    seconds: {
      repair: (repaired - start) / 1000,
      score: (end - repaired) / 1000,
      all: (end - start) / 1000,
    },
  };
}

function shapesOf({ graph }: Model, byName: TrialArgs["shapes"]): ShapeTable {
  const shapes = new Map<Value, ValueShape>();
  for (const value of graph.values) {
    const shape = byName.get(value.name);
    if (shape) shapes.set(value, shape);
  }
  return new ShapeTable({ shapes, pinned: new Map() });
}

export const trialTask = task(import.meta.url, runTrial);
