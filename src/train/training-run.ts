import { existsSync } from "node:fs";
import { UserError } from "../base/errors.js";
import { Random } from "../base/random.js";
import type { Dataset } from "../data/index.js";
import type { Model } from "../ir/index.js";
import { evaluate, type Feeds, numbersIn, ResidentChild, type RunOutput } from "../runtime/index.js";
import { batchFeeds, epochOrder, partSeed, scalarFeed } from "./feed.js";
import type { FinetuneOptions, FinetuneResult } from "./finetune-options.js";
import { isSound, type RunState, type Vectors } from "./run-state.js";
import { scheduleFactor } from "./schedule.js";
import type { StepModel } from "./step-model.js";

/** What a run of training works on. */
export interface TrainingSubject {
  readonly step: StepModel;
  readonly state: RunState;
  readonly data: { readonly train: Dataset; readonly val: Dataset };
  /** Name of the model's input. */
  readonly input: string;
  /** Samples of one step. */
  readonly batch: number;
  /** What is handed out, from a model with the step's weights. */
  finish(trained: Model): Model;
}

/** The epochs of a fine-tuning: one engine child computes steps while the next batch is made here. */
export class TrainingRun {
  readonly #steps: number;

  constructor(
    private readonly subject: TrainingSubject,
    private readonly options: FinetuneOptions,
  ) {
    this.#steps = Math.floor(subject.data.train.length / subject.batch);
  }

  async run(): Promise<FinetuneResult> {
    const { step, state } = this.subject;
    const { provider, threads, resume = false, epochs } = this.options;
    const child = await ResidentChild.open(step.model, step.state, { provider, threads });
    try {
      await child.write(state.start(resume));
      while (state.progress.epochs.length < epochs) {
        if (!(await this.#epoch(child))) return this.#result(false);
        await this.#endEpoch(child);
      }
      return this.#result(true);
    } finally {
      await child.close();
    }
  }

  /** The rest of an epoch; false where the run was stopped on the way. The next batch is made while a step runs. */
  async #epoch(child: ResidentChild): Promise<boolean> {
    const { seed = 0, checkpointSeconds = 60, signal } = this.options;
    const { state, data, batch } = this.subject;
    const { progress } = state;
    const epoch = progress.epochs.length;
    const order = epochOrder(data.train.length, seed, epoch);
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
      this.#report(epoch, ((progress.batch - first) * batch * 1000) / (now - started));
      const isLast = progress.batch === this.#steps;
      if (signal?.aborted || (!isLast && now - saved > 1000 * checkpointSeconds)) {
        state.save(await vectorsOf(child));
        saved = performance.now();
        if (signal?.aborted) return false;
      }
    }
    return true;
  }

  async #batch(order: Uint32Array, epoch: number, k: number): Promise<Feeds> {
    const { seed = 0, augmentation, schedule = { kind: "cosine" }, epochs, learningRate } = this.options;
    const { data, input, batch } = this.subject;
    const indices = order.subarray(k * batch, Math.min((k + 1) * batch, order.length));
    const random = new Random(partSeed(seed, epoch, k));
    const step = epoch * this.#steps + k;
    const rate = learningRate * scheduleFactor(schedule, step, epochs * this.#steps);
    const feeds = await batchFeeds(data.train, input, indices, augmentation && { augmentation, random });
    return new Map([...feeds, ["learningRate", scalarFeed(rate)], ["step", scalarFeed(step + 1)]]);
  }

  #count(outputs: readonly RunOutput[], epoch: number): void {
    const { progress } = this.subject.state;
    const read = (wanted: string) => {
      const output = outputs.find(({ name }) => name === wanted);
      return Number(output && numbersIn(output)[0]);
    };
    const loss = read("loss");
    if (!Number.isFinite(loss))
      throw lostLoss(`the loss became ${loss}`, epoch, progress.batch, this.options);
    progress.loss += loss;
    progress.correct += read("correct");
    progress.batch++;
  }

  #report(epoch: number, samplesPerSecond: number): void {
    const { batch, loss, correct } = this.subject.state.progress;
    this.options.onProgress?.({
      epoch,
      step: batch,
      steps: this.#steps,
      loss: loss / batch,
      accuracy: correct / (batch * this.subject.batch),
      samplesPerSecond,
    });
  }

  /** Measures the epoch's weights, keeps them if they are the best, and writes a checkpoint. */
  async #endEpoch(child: ResidentChild): Promise<void> {
    const { state, data, batch, finish } = this.subject;
    const { progress } = state;
    const vectors = await vectorsOf(child);
    if (!isSound(vectors))
      throw lostLoss("weights became infinite", progress.epochs.length, progress.batch - 1, this.options);
    const { val } = data;
    const { provider, threads } = this.options;
    const { top1, loss } = await evaluate(
      finish(state.modelOf(vectors)),
      { shape: val.shape, batches: val.batches(200) },
      { provider, threads },
    );
    const result = {
      loss: progress.loss / progress.batch,
      accuracy: progress.correct / (progress.batch * batch),
      valTop1: top1,
      valLoss: loss,
      seconds: progress.seconds,
    };
    state.endEpoch(result, vectors);
    state.save(vectors);
  }

  #result(finished: boolean): FinetuneResult {
    const { state, finish } = this.subject;
    const { best, epochs } = state.progress;
    return { model: finish(state.bestModel()), best, epochs, finished };
  }
}

async function vectorsOf(child: ResidentChild): Promise<Vectors> {
  const state = await child.read();
  return new Map(Array.from(state, ([name, tensor]) => [name, Float32Array.from(numbersIn(tensor))]));
}

function lostLoss(what: string, epoch: number, step: number, { checkpoint }: FinetuneOptions): UserError {
  const isKept = checkpoint !== undefined && existsSync(checkpoint);
  const kept = isKept ? `; the last good state is in ${checkpoint}` : "";
  return new UserError(
    "loss-lost",
    `${what} at step ${step + 1} of epoch ${epoch + 1}: lower the learning rate or clip the gradient${kept}`,
  );
}
