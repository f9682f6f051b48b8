import type { Levels } from "./space.js";

/** A way to prune that a policy wants to see evaluated. */
export interface Proposal {
  readonly levels: Levels;
  /** Actions that led there; 1 where the whole is decided at once. */
  readonly steps: number;
  /** Measured to learn from only: it need not be within the budget, and is no result. */
  readonly probe?: boolean;
}

/** What an evaluation said. */
export interface Outcome {
  /** Top-1 on the validation images; of those seen where `stopped`. */
  readonly accuracy: number;
  /** The accuracy minus one, so that errors are negative rewards. */
  readonly reward: number;
  /** The evaluation ended early: the accuracy would have stayed below what the policy called of interest. */
  readonly stopped: boolean;
}

/** Chooses what to evaluate next. The same seed and outcomes lead to the same proposals. */
export interface Policy {
  /** Proposals that may be under way at once; 1 for those that learn from every outcome before the next. */
  readonly ahead: number;
  /** The next proposal; undefined where there is nothing left to try. */
  propose(): Promise<Proposal | undefined> | Proposal | undefined;
  /** The outcome of a proposal; they come in the order of the proposals. */
  learn(proposal: Proposal, outcome: Outcome): Promise<void> | void;
  /** Accuracies below this make no difference to the policy, so that hopeless evaluations end early. */
  ofInterest?(): number;
  /** What it has learnt, for other searches to begin with. */
  save?(): Promise<Uint8Array>;
  close?(): Promise<void>;
}
