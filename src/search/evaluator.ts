import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ShapeTable, ValueShape } from "../analysis/index.js";
import { invariant } from "../base/errors.js";
import { writeFileAtomically } from "../base/files.js";
import { DataType } from "../ir/index.js";
import { type Accuracy, accuracyOf, type CallLimits, Pool, packModel } from "../runtime/index.js";
import { storeImages, type TrialImages } from "./images.js";
import type { RepairOptions } from "./repair.js";
import type { Levels, PruningSpace } from "./space.js";
import { type TrialResult, trialTask } from "./trial-task.js";

export interface EvaluatorOptions {
  readonly images: TrialImages;
  readonly repair: RepairOptions;
  /** Sizes and types of the original's values at `repair.batch` samples. */
  readonly shapes: ShapeTable;
  /** Child processes; 1 by default. */
  readonly workers?: number;
  /** Threads of each; 1 by default. */
  readonly threads?: number;
  /** For one trial; ten minutes by default. */
  readonly limits?: CallLimits;
}

/** An accuracy, and where the time went when it was measured. */
export interface Measured extends Accuracy {
  readonly seconds: TrialResult["seconds"];
  /** Cutting and encoding in this process. */
  readonly cutSeconds: number;
}

type Result = TrialResult & Pick<Measured, "cutSeconds">;

/** Measures pruned models in child processes, none of them twice. The images go there once. */
export class Evaluator {
  readonly #pool: Pool;
  readonly #folder: string;
  readonly #known = new Map<string, Result>();
  readonly #running = new Map<string, Promise<Result>>();

  private constructor(
    readonly space: PruningSpace,
    readonly options: EvaluatorOptions,
    folder: string,
  ) {
    this.#folder = folder;
    this.#pool = new Pool({ size: options.workers ?? 1 });
  }

  static async open(space: PruningSpace, options: EvaluatorOptions): Promise<Evaluator> {
    const folder = mkdtempSync(join(tmpdir(), "topiary-search-"));
    try {
      writeFileAtomically(join(folder, "images"), [await storeImages(options.images)]);
      writeFileAtomically(join(folder, "original"), [await packModel(space.model)]);
      return new Evaluator(space, options, folder);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /**
   * What measuring would give at these levels, where that is known from before. It is the same whatever else was measured in
   * the meantime, so that nothing depends on which of two trials under way ends first.
   */
  known(levels: Levels, ofInterest = 0): Measured | undefined {
    const known = this.#known.get(levels.join());
    const accuracy = known && accuracyOf(known.course, ofInterest);
    return accuracy && { ...accuracy, seconds: known.seconds, cutSeconds: known.cutSeconds };
  }

  /** Cuts, repairs, and measures; ends early where the accuracy cannot reach `ofInterest`. */
  async measure(levels: Levels, ofInterest = 0): Promise<Measured> {
    const key = levels.join();
    // Another trial may be at the same plan.
    for (let other = this.#running.get(key); other; other = this.#running.get(key))
      await other.catch(() => {});
    const known = this.known(levels, ofInterest);
    if (known) return known;
    const running = this.#measure(levels, ofInterest);
    this.#running.set(key, running);
    try {
      const result = await running;
      this.#known.set(key, result);
      const accuracy = accuracyOf(result.course, ofInterest);
      invariant(accuracy, "it was measured as far as is of interest");
      return { ...accuracy, seconds: result.seconds, cutSeconds: result.cutSeconds };
    } finally {
      this.#running.delete(key);
    }
  }

  close(): void {
    this.#pool.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #measure(levels: Levels, ofInterest: number): Promise<Result> {
    const start = performance.now();
    const { repair, threads = 1, limits = { timeoutMs: 600_000 } } = this.options;
    const sliced = this.space.cut(levels);
    const { model, dims } = sliced;
    const plan = this.space.planOf(levels, sliced, { name: "", sha256: "" });
    const shapes = new Map<string, ValueShape>();
    for (const value of model.graph.values)
      shapes.set(value.name, { dims: dims(value), elementType: this.#typeOf(value.name) });
    const bytes = await packModel(model);
    const cutSeconds = (performance.now() - start) / 1000;
    const [images, original] = ["images", "original"].map((name) => join(this.#folder, name)) as [
      string,
      string,
    ];
    const args = { model: bytes, shapes, plan, images, original, repair, ofInterest, threads };
    return { ...(await this.#pool.run(trialTask, args, limits)), cutSeconds };
  }

  #typeOf(name: string): DataType {
    const value = this.space.model.graph.find(name);
    return (value && this.options.shapes.typeOf(value)) ?? DataType.UNDEFINED;
  }
}

/** What measures plans of a space: an evaluator, or whatever else knows how good a plan is. */
export type PlanMeasurer = Pick<Evaluator, "space" | "measure">;
