import type { ModelCost } from "../analysis/cost.js";

/** A search's question, as study.json holds it. Schema: schemas/study.schema.json */
export interface StudyRecord {
  readonly format: "topiary-study/1";
  /** The command line that repeats it. */
  readonly command: string;
  /** ISO 8601. */
  readonly created: string;
  readonly model: { readonly file: string; readonly sha256: string };
  /** As the command named it. */
  readonly data: string | null;
  readonly budget: { readonly kind: "macs" | "params" | "bytes" | "latency"; readonly kept: number };
  readonly policy: string;
  readonly seed: number;
  /** Everything else that decides what happens, by flag. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly versions: Readonly<Record<string, string>>;
  /** Before any pruning; the accuracy is that on the validation images, repaired as trials are. */
  readonly original: ModelCost & { readonly accuracy: number | null };
  /** In the order of a trial's ratios. */
  readonly groups: readonly {
    readonly id: string;
    readonly layers: readonly string[];
    readonly units: number;
  }[];
}

/** A line of trials.jsonl. Schema: schemas/trial.schema.json */
export interface TrialRecord {
  /** From 0, ascending in the file. */
  readonly number: number;
  readonly episode: number;
  readonly seed: number;
  /** The removed share of every group. */
  readonly ratios: readonly number[];
  /** Kept shares. */
  readonly keptMacs: number;
  readonly keptParams: number;
  /** Top-1 on the validation images; of those seen where `stopped`. */
  readonly accuracy: number;
  readonly reward: number;
  /** Within the budget. */
  readonly met: boolean;
  readonly steps: number;
  /** The evaluation ended early: it could no longer become of interest. */
  readonly stopped: boolean;
  readonly seconds: number;
  /** When it ended, ISO 8601. */
  readonly time: string;
}

/** The most accurate trial within the budget that was measured to the end; the first of several. */
export function bestOf(trials: Iterable<TrialRecord>): TrialRecord | undefined {
  let best: TrialRecord | undefined;
  for (const trial of trials)
    if (trial.met && !trial.stopped && (!best || trial.accuracy > best.accuracy)) best = trial;
  return best;
}
