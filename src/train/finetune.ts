import { createHash } from "node:crypto";
import { invariant, UserError } from "../base/errors.js";
import { Random } from "../base/random.js";
import type { Dataset } from "../data/index.js";
import { type Model, viewBytes } from "../ir/index.js";
import {
  evaluate,
  type Feeds,
  inferShapes,
  numbersIn,
  ResidentChild,
  type SessionOptions,
} from "../runtime/index.js";
import type { Augmentation } from "./augment.js";
import { readCheckpoint, writeCheckpoint } from "./checkpoint.js";
import { type ClassifierStepOptions, classifierStep } from "./classifier-step.js";
import { batchFeeds, dataInput, epochOrder, partSeed, scalarFeed, vectorFeed } from "./feed.js";
import { type Schedule, scheduleFactor } from "./schedule.js";
import { gatherSegments, scatterSegments } from "./segments.js";
import type { StepModel } from "./step-model.js";

export interface FinetuneOptions
  extends SessionOptions,
    Omit<ClassifierStepOptions, "teacher" | "optimizer"> {
  readonly epochs: number;
  /** At its peak. */
  readonly learningRate: number;
  readonly optimizer?: ClassifierStepOptions["optimizer"];
  /** Samples of one step; 128 by default. */
  readonly batch?: number;
  readonly schedule?: Schedule;
  readonly augmentation?: Augmentation;
  /** Learns from this model's outputs too. */
  readonly teacher?: Model | undefined;
  readonly seed?: number;
  /** A file that the run can be resumed from; written after every epoch and every `checkpointSeconds`. */
  readonly checkpoint?: string | undefined;
  readonly checkpointSeconds?: number;
  /** Goes on from the checkpoint where there is one. */
  readonly resume?: boolean;
  readonly onProgress?: ((progress: FinetuneProgress) => void) | undefined;
  /** Stops after the running step, with a checkpoint. */
  readonly signal?: AbortSignal | undefined;
}

/** After a step. Loss and accuracy are means over the epoch so far, on augmented training samples. */
export interface FinetuneProgress {
  readonly epoch: number;
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly samplesPerSecond: number;
}

export interface EpochResult {
  readonly loss: number;
  readonly accuracy: number;
  readonly valTop1: number;
  readonly valLoss: number;
  readonly seconds: number;
}

export interface FinetuneResult {
  /** The model of the best epoch on the validation samples: same names, same graph. */
  readonly model: Model;
  readonly best: number;
  readonly epochs: readonly EpochResult[];
  /** False where `signal` ended the run early. */
  readonly finished: boolean;
}

/** Where a run stands: so many epochs done, so many steps of the next. */
interface Progress {
  epochs: EpochResult[];
  best: number;
  batch: number;
  loss: number;
  correct: number;
  seconds: number;
}

const DEFAULT_OPTIMIZER = { kind: "sgd", momentum: 0.9, nesterov: true, weightDecay: 1e-4 } as const;

/**
 * Trains a classifier further on `train` and keeps the weights that are best on `val`. Throws UserErrors: labels that do not
 * fit the output, a single class, operators without a gradient, a loss that is no number any more, a foreign checkpoint.
 */
export async function finetune(
  model: Model,
  { train, val }: { readonly train: Dataset; readonly val: Dataset },
  options: FinetuneOptions,
): Promise<FinetuneResult> {
  const batch = Math.min(options.batch ?? 128, train.length);
  const input = dataInput(model);
  const shaped = async (each: Model) => ({
    model: each,
    shapes: await inferShapes(each, { inputShapes: new Map([[dataInput(each), [batch, ...train.shape]]]) }),
  });
  const subject = await shaped(model);
  checkLabels(train, subject.shapes.of(model.graph.outputs[0] ?? invariantOutput()));
  const teacher = options.teacher && (await shaped(options.teacher));
  const step = classifierStep(subject, {
    ...options,
    optimizer: options.optimizer ?? DEFAULT_OPTIMIZER,
    teacher,
  });
  const run = new Run(model, step, { train, val }, input, batch, options);
  return run.run();
}

function invariantOutput(): never {
  throw new UserError("train-output", "the model has no output");
}

/** Labels must be columns of the output, and of more than one kind. */
function checkLabels({ labels, name }: Dataset, outputs: readonly number[] | undefined): void {
  const classes = outputs?.at(-1) ?? 0;
  const largest = labels.reduce((max, label) => Math.max(max, label), 0);
  if (largest >= classes)
    throw new UserError(
      "labels",
      `${name} has label ${largest}, the model's output has ${classes} classes, 0 to ${classes - 1}`,
    );
  if (labels.every((label) => label === labels[0]))
    throw new UserError(
      "one-class",
      `all ${labels.length} samples of ${name} are of one class; there is nothing to learn`,
    );
}

class Run {
  readonly #steps: number;
  readonly #fingerprint: string;
  #progress: Progress = { epochs: [], best: -1, batch: 0, loss: 0, correct: 0, seconds: 0 };
  #best = new Map<string, Float32Array>();

  constructor(
    private readonly model: Model,
    private readonly step: StepModel,
    private readonly data: { readonly train: Dataset; readonly val: Dataset },
    private readonly input: string,
    private readonly batch: number,
    private readonly options: FinetuneOptions,
  ) {
    this.#steps = Math.floor(data.train.length / batch);
    this.#fingerprint = this.#fingerprintOf();
  }

  async run(): Promise<FinetuneResult> {
    const { provider, threads } = this.options;
    const child = await ResidentChild.open(this.step.model, this.step.state, { provider, threads });
    try {
      await child.write(this.#start());
      while (this.#progress.epochs.length < this.options.epochs) {
        if (!(await this.#epoch(child))) return this.#result(false);
        await this.#endEpoch(child);
      }
      return this.#result(true);
    } finally {
      await child.close();
    }
  }

  /** The state to begin with: the checkpoint's, or the model's own weights. */
  #start(): Feeds {
    const { checkpoint, resume } = this.options;
    const found =
      resume && checkpoint !== undefined ? readCheckpoint(checkpoint, this.#fingerprint) : undefined;
    const vectors = new Map<string, Float32Array>();
    if (found) {
      this.#progress = found.progress as Progress;
      for (const [name, vector] of found.vectors) {
        if (name.startsWith("best/")) this.#best.set(name.slice(5), vector);
        else vectors.set(name, vector);
      }
    } else {
      const weights = gatherSegments(this.step.weights, this.model);
      for (const name of this.step.state.keys()) {
        if (name === "statistics") vectors.set(name, gatherSegments(this.step.statistics, this.model));
        else
          vectors.set(
            name,
            name === "weights" || name === "average" ? weights : new Float32Array(weights.length),
          );
      }
    }
    return new Map(Array.from(vectors, ([name, vector]) => [name, vectorFeed(vector)]));
  }

  /** The rest of an epoch; false where the run was stopped on the way. The next batch is made while a step runs. */
  async #epoch(child: ResidentChild): Promise<boolean> {
    const { seed = 0, checkpointSeconds = 60, signal } = this.options;
    const progress = this.#progress;
    const epoch = progress.epochs.length;
    const order = epochOrder(this.data.train.length, seed, epoch);
    const before = progress.seconds;
    const started = performance.now();
    let saved = started;
    let next = this.#batch(order, epoch, progress.batch);
    const first = progress.batch;
    while (progress.batch < this.#steps) {
      const running = child.step(await next);
      running.catch(() => {});
      next = this.#batch(order, epoch, progress.batch + 1);
      this.#count(await running, epoch);
      const now = performance.now();
      progress.seconds = before + (now - started) / 1000;
      this.#report(epoch, ((progress.batch - first) * this.batch * 1000) / (now - started));
      const isLast = progress.batch === this.#steps;
      if (signal?.aborted || (!isLast && now - saved > 1000 * checkpointSeconds)) {
        await this.#save(child);
        saved = performance.now();
        if (signal?.aborted) return false;
      }
    }
    return true;
  }

  async #batch(order: Uint32Array, epoch: number, k: number): Promise<Feeds> {
    const { seed = 0, augmentation, schedule = { kind: "cosine" }, epochs, learningRate } = this.options;
    const indices = order.subarray(k * this.batch, Math.min((k + 1) * this.batch, order.length));
    const random = new Random(partSeed(seed, epoch, k));
    const step = epoch * this.#steps + k;
    const rate = learningRate * scheduleFactor(schedule, step, epochs * this.#steps);
    const feeds = await batchFeeds(
      this.data.train,
      this.input,
      indices,
      augmentation && { augmentation, random },
    );
    return new Map([...feeds, ["learningRate", scalarFeed(rate)], ["step", scalarFeed(step + 1)]]);
  }

  #count(outputs: readonly { readonly name: string; readonly data: unknown }[], epoch: number): void {
    const read = (name: string) => {
      const output = outputs.find((each) => each.name === name);
      return output?.data instanceof Float32Array ? (output.data[0] ?? Number.NaN) : Number.NaN;
    };
    const loss = read("loss");
    if (!Number.isFinite(loss)) throw lostLoss(loss, epoch, this.#progress.batch, this.options);
    this.#progress.loss += loss;
    this.#progress.correct += read("correct");
    this.#progress.batch++;
  }

  #report(epoch: number, samplesPerSecond: number): void {
    const { batch, loss, correct } = this.#progress;
    this.options.onProgress?.({
      epoch,
      step: batch,
      steps: this.#steps,
      loss: loss / batch,
      accuracy: correct / (batch * this.batch),
      samplesPerSecond,
    });
  }

  /** Measures the epoch's weights, keeps them if they are the best, and writes a checkpoint. */
  async #endEpoch(child: ResidentChild): Promise<void> {
    const progress = this.#progress;
    const vectors = await this.#vectors(child);
    const tuned = this.#modelOf(vectors);
    const { val } = this.data;
    const { provider, threads } = this.options;
    const { top1, loss } = await evaluate(
      tuned,
      { shape: val.shape, batches: val.batches(200) },
      { provider, threads },
    );
    const result: EpochResult = {
      loss: progress.loss / progress.batch,
      accuracy: progress.correct / (progress.batch * this.batch),
      valTop1: top1,
      valLoss: loss,
      seconds: progress.seconds,
    };
    const best = progress.epochs[progress.best];
    if (!best || top1 > best.valTop1) {
      progress.best = progress.epochs.length;
      this.#best = vectors;
    }
    this.#progress = {
      epochs: [...progress.epochs, result],
      best: progress.best,
      batch: 0,
      loss: 0,
      correct: 0,
      seconds: 0,
    };
    await this.#save(child);
  }

  async #vectors(child: ResidentChild): Promise<Map<string, Float32Array>> {
    const state = await child.read();
    return new Map(Array.from(state, ([name, tensor]) => [name, Float32Array.from(numbersIn(tensor))]));
  }

  async #save(child: ResidentChild): Promise<void> {
    const { checkpoint } = this.options;
    if (checkpoint === undefined) return;
    const vectors = await this.#vectors(child);
    // The last step may have left the weights broken before a loss could show it: the older checkpoint is better then.
    if (!vectors.get("weights")?.every(Number.isFinite)) return;
    for (const [name, vector] of this.#best) vectors.set(`best/${name}`, vector);
    writeCheckpoint(checkpoint, { fingerprint: this.#fingerprint, progress: this.#progress, vectors });
  }

  #modelOf(vectors: ReadonlyMap<string, Float32Array>): Model {
    const weights = vectors.get("average") ?? vectors.get("weights");
    const statistics = vectors.get("statistics");
    invariant(weights, "a run has weights");
    return scatterSegments(this.model, [
      { segments: this.step.weights, values: weights },
      ...(statistics ? [{ segments: this.step.statistics, values: statistics }] : []),
    ]);
  }

  #result(finished: boolean): FinetuneResult {
    const { best, epochs } = this.#progress;
    return { model: best < 0 ? this.model : this.#modelOf(this.#best), best, epochs, finished };
  }

  /** What must be the same for a resumed run to be the same run. */
  #fingerprintOf(): string {
    const {
      onProgress: _,
      signal: __,
      checkpoint: ___,
      resume: ____,
      teacher: _____,
      isFrozen: ______,
      ...settings
    } = this.options;
    const hash = createHash("sha256");
    const { train, val } = this.data;
    hash.update(
      JSON.stringify([settings, this.batch, train.name, train.length, val.length, this.step.weights]),
    );
    hash.update(viewBytes(gatherSegments(this.step.weights, this.model)));
    hash.update(viewBytes(train.labels));
    hash.update(String(this.step.model.graph.nodes.length));
    return hash.digest("hex");
  }
}

function lostLoss(loss: number, epoch: number, step: number, { checkpoint }: FinetuneOptions): UserError {
  const kept = checkpoint === undefined ? "" : `; the last good state is in ${checkpoint}`;
  return new UserError(
    "loss-lost",
    `the loss became ${loss} at step ${step + 1} of epoch ${epoch + 1}: lower the learning rate or clip the gradient${kept}`,
  );
}
