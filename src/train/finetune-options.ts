import type { Model } from "../ir/index.js";
import type { SessionOptions } from "../runtime/index.js";
import type { Augmentation } from "./augment.js";
import type { ClassifierStepOptions } from "./classifier-step.js";
import type { Schedule } from "./schedule.js";

export interface FinetuneOptions
  extends SessionOptions,
    Omit<ClassifierStepOptions, "teacher" | "optimizer" | "mixed"> {
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
  /** Trains with batch normalization where an exporter folded it away, and folds it again at the end. */
  readonly reinsertBatchNorm?: boolean;
  readonly seed?: number;
  /** A file that the run can be resumed from; written after every epoch and every `checkpointSeconds` (60). */
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
