import type { PlanTime } from "./latency/latency-model.js";

/** What a search was asked: `study.json`. Schema: schemas/study.schema.json */
export interface StudyDocument {
  readonly format: "topiary-study/1";
  /** The command line that repeats it. */
  readonly command: string;
  /** ISO 8601. */
  readonly created: string;
  readonly model: { readonly file: string; readonly sha256: string };
  /** The data set as the command named it. */
  readonly data?: string | null;
  /** The kept share of a cost that was asked. */
  readonly budget: { readonly kind: "macs" | "params" | "bytes" | "latency"; readonly kept: number };
  readonly policy: string;
  readonly seed: number;
  readonly options: Readonly<Record<string, unknown>>;
  readonly versions: Readonly<Record<string, string>>;
  /** The model before any pruning; `accuracy` is that on the validation split. */
  readonly original: {
    readonly macs: number;
    readonly params: number;
    readonly bytes: number;
    readonly accuracy: number | null;
  };
  /** For a budget of time: the plans from whose times all others are estimated. */
  readonly times?: readonly PlanTime[];
  /** The channel groups in the order of a trial's ratios, with the nodes that make their channels. */
  readonly groups: readonly {
    readonly id: string;
    readonly layers: readonly string[];
    readonly units: number;
  }[];
}

/** One evaluation in a study: a line of `trials.jsonl`. Schema: schemas/trial.schema.json */
export interface TrialDocument {
  readonly number: number;
  readonly episode: number;
  readonly seed?: number;
  /** The removed share of every group, in the order of the study's groups. */
  readonly ratios: readonly number[];
  /** Kept share. */
  readonly keptMacs: number;
  /** Kept share. */
  readonly keptParams: number;
  /** Top-1 on the validation split; null where it was not measured. */
  readonly accuracy: number | null;
  readonly reward: number | null;
  /** Kept share of the time of a run, as estimated; with a budget of time. */
  readonly keptLatency?: number;
  /** Within the budget, which of time is as far as can be estimated. */
  readonly met: boolean;
  readonly steps?: number;
  /** The evaluation ended early, being of no interest any more: accuracy and reward are those of the images seen. */
  readonly stopped?: boolean;
  readonly seconds: number;
  /** When it ended, ISO 8601. */
  readonly time: string;
}

/** A study as its folder holds it. */
export interface Study {
  readonly study: StudyDocument;
  readonly trials: readonly TrialDocument[];
}

/**
 * The order of trials from the best: those within the budget by their rewards, the first of equal ones first, then the
 * others; at last those that were not measured to the end.
 */
export function byReward(a: TrialDocument, b: TrialDocument): number {
  return (
    Number(a.stopped ?? false) - Number(b.stopped ?? false) ||
    Number(b.met) - Number(a.met) ||
    (b.reward ?? -Infinity) - (a.reward ?? -Infinity) ||
    a.number - b.number
  );
}

/** The first trial in that order. */
export function bestTrial(trials: readonly TrialDocument[]): TrialDocument | undefined {
  return [...trials].sort(byReward)[0];
}
