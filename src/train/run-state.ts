import { createHash } from "node:crypto";
import { invariant } from "../base/errors.js";
import type { Dataset } from "../data/index.js";
import { isFloat, type Model, toFloat32, viewBytes } from "../ir/index.js";
import type { Feeds } from "../runtime/index.js";
import { readCheckpoint, writeCheckpoint } from "./checkpoint.js";
import { vectorFeed } from "./feed.js";
import type { EpochResult, FinetuneOptions } from "./finetune-options.js";
import { gatherSegments, scatterSegments } from "./segments.js";
import type { StepModel } from "./step-model.js";

/** The vectors of a training step, by the names of its state. */
export type Vectors = ReadonlyMap<string, Float32Array>;

/** Where a run stands: so many epochs done, so many steps of the next with their sums. */
export interface Progress {
  readonly epochs: EpochResult[];
  best: number;
  batch: number;
  loss: number;
  correct: number;
  seconds: number;
}

const nothingDone = (): Progress => ({ epochs: [], best: -1, batch: 0, loss: 0, correct: 0, seconds: 0 });

/** What a run of training keeps between steps, in memory and in its checkpoint. */
export class RunState {
  progress = nothingDone();
  #best: Vectors = new Map();

  constructor(
    private readonly model: Model,
    private readonly step: StepModel,
    private readonly fingerprint: string,
    private readonly checkpoint: string | undefined,
  ) {}

  /** The state to begin with: the checkpoint's where there is one to resume, else the model's own weights. */
  start(resume: boolean): Feeds {
    const found =
      resume && this.checkpoint !== undefined ? readCheckpoint(this.checkpoint, this.fingerprint) : undefined;
    const vectors = found ? this.#restored(found) : this.#initial();
    return new Map(Array.from(vectors, ([name, vector]) => [name, vectorFeed(vector)]));
  }

  #restored(found: { readonly progress: unknown; readonly vectors: Vectors }): Vectors {
    this.progress = found.progress as Progress;
    const isBest = (name: string) => name.startsWith("best/");
    const entries = [...found.vectors];
    this.#best = new Map(
      entries.filter(([name]) => isBest(name)).map(([name, vector]) => [name.slice(5), vector]),
    );
    return new Map(entries.filter(([name]) => !isBest(name)));
  }

  #initial(): Vectors {
    const weights = gatherSegments(this.step.weights, this.model);
    return new Map(
      Array.from(this.step.state.keys(), (name) => {
        if (name === "statistics") return [name, gatherSegments(this.step.statistics, this.model)];
        return [name, name === "weights" || name === "average" ? weights : new Float32Array(weights.length)];
      }),
    );
  }

  /** Ends an epoch, whose weights are kept if they are the best so far on the validation samples. */
  endEpoch(result: EpochResult, vectors: Vectors): void {
    const { epochs, best } = this.progress;
    const isBest = result.valTop1 > (epochs[best]?.valTop1 ?? -1);
    if (isBest) this.#best = vectors;
    this.progress = {
      ...nothingDone(),
      epochs: [...epochs, result],
      best: isBest ? epochs.length : best,
    };
  }

  /** Writes the checkpoint. State that is no number any more never replaces an older one. */
  save(vectors: Vectors): void {
    if (this.checkpoint === undefined || !isSound(vectors)) return;
    const best = Array.from(this.#best, ([name, vector]) => [`best/${name}`, vector] as const);
    const { fingerprint, progress } = this;
    writeCheckpoint(this.checkpoint, { fingerprint, progress, vectors: new Map([...vectors, ...best]) });
  }

  /** The model with the weights of the best epoch; as it came where no epoch is done. */
  bestModel(): Model {
    return this.progress.best < 0 ? this.model : this.modelOf(this.#best);
  }

  modelOf(vectors: Vectors): Model {
    const weights = vectors.get("average") ?? vectors.get("weights");
    const statistics = vectors.get("statistics");
    invariant(weights, "a run has weights");
    return scatterSegments(this.model, [
      { segments: this.step.weights, values: weights },
      ...(statistics ? [{ segments: this.step.statistics, values: statistics }] : []),
    ]);
  }
}

/** Whether all numbers are finite. */
export function isSound(vectors: Vectors): boolean {
  return [...vectors.values()].every((vector) => vector.every(Number.isFinite));
}

/** What must be the same for a resumed run to be the same run: the model as it came, data, settings, and the step. */
export function fingerprintOf(
  model: Model,
  step: StepModel,
  { train, val }: { readonly train: Dataset; readonly val: Dataset },
  options: FinetuneOptions,
): string {
  const { onProgress, signal, checkpoint, checkpointSeconds, resume, teacher, isFrozen, ...settings } =
    options;
  const hash = createHash("sha256");
  hash.update(JSON.stringify([settings, train.name, train.length, val.length, step.weights]));
  for (const each of teacher ? [model, teacher] : [model]) {
    for (const { name, initializer } of each.graph.initializers) {
      if (initializer && isFloat(initializer.dataType))
        hash.update(name).update(viewBytes(toFloat32(initializer)));
    }
  }
  hash.update(viewBytes(train.labels));
  hash.update(String(step.model.graph.nodes.length));
  return hash.digest("hex");
}
