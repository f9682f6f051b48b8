import { readFileSync } from "node:fs";
import { ShapeTable, type ValueShape } from "../analysis/index.js";
import type { PrunePlan } from "../channels/index.js";
import type { Model, Value } from "../ir/index.js";
import {
  engineSeconds,
  packModel,
  type ScoreCourse,
  scoreHere,
  task,
  unpackModel,
} from "../runtime/index.js";
import { readImages, type TrialImages } from "./images.js";
import { type RepairOptions, repairModel } from "./repair.js";

export interface TrialArgs {
  /** The pruned model as a file's bytes. */
  readonly model: Uint8Array;
  /** Types and sizes of its values at `repair.batch` samples, by name. */
  readonly shapes: ReadonlyMap<string, ValueShape>;
  readonly plan: PrunePlan;
  /** The files of the images and of the original. */
  readonly images: string;
  readonly original: string;
  readonly repair: RepairOptions;
  /** Accuracies below this are not worth being measured to the end. */
  readonly ofInterest: number;
  readonly threads: number;
}

export interface TrialResult {
  readonly course: ScoreCourse;
  readonly seconds: {
    readonly repair: number;
    readonly score: number;
    /** What onnxruntime took of these two, in this process. */
    readonly engine: number;
    /** In the child process, all in all. */
    readonly all: number;
  };
}

let held: { readonly path: string; readonly images: TrialImages } | undefined;

/** In the child: repairs a pruned model and measures its accuracy on validation images. */
export async function runTrial(args: TrialArgs): Promise<TrialResult> {
  const start = performance.now();
  const engine = engineSeconds();
  if (held?.path !== args.images) held = { path: args.images, images: readImages(args.images) };
  const { val, train } = held.images;
  let bytes = args.model;
  if (args.repair.hook !== "none") {
    const model = await unpackModel(bytes);
    const original = async () => unpackModel(readFileSync(args.original));
    const { plan, repair, threads } = args;
    const context = { original, plan, train, shapes: shapesOf(model, args.shapes), threads, here: true };
    bytes = await packModel(await repairModel(model, repair, context));
  }
  const repaired = performance.now();
  const { ofInterest, threads } = args;
  const course = await scoreHere(bytes, val, { ofInterest, threads });
  const end = performance.now();
  return {
    course,
    seconds: {
      repair: (repaired - start) / 1000,
      score: (end - repaired) / 1000,
      engine: engineSeconds() - engine,
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
