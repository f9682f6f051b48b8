import type { EngineOptions } from "../../runtime/index.js";
import type { Encoder } from "../network/encoder.js";
import type { HeadKind } from "../network/heads.js";
import type { MultiStageGnnOptions } from "../network/m-gnn.js";

/**
 * Settings of PPO. Defaults are those of the published code (github.com/yusx-swapp/GNN-RL-Model-Compression, commit
 * cb27bd5), whose faults are not: states of a batch differ, nothing is dropped out, the critic's range is open.
 */
export interface PpoSettings {
  readonly seed: number;
  /** It learns whenever so many steps have been observed; 100. */
  readonly steps: number;
  /** How often it then looks at each of them; 10. */
  readonly epochs: number;
  /** How many it looks at together; 100, all of them. */
  readonly batch: number;
  /** How far the probability of an action may move before it counts no more; 0.2. */
  readonly clip: number;
  /** Weight of the entropy of discrete actions; 0.01. Boxes have a fixed deviation, so their entropy is fixed. */
  readonly entropy: number;
  /** 0.99. */
  readonly discount: number;
  /** Adam's learning rate for actor and critic; 3e-4. */
  readonly rate: number;
  /** Longest gradient, Euclidean; 0.5 (Schulman's later code; the published code has no limit). */
  readonly longestGradient: number;
  /** Deviation of actions in widths of the box; 0.25: the code's 0.5 for actions in (-1, 1). */
  readonly deviation: number;
  /** "graph". */
  readonly head: HeadKind;
  /** Sizes of the hidden layers behind the encoder; 200. */
  readonly hidden: readonly number[];
  readonly freezeEncoder: boolean;
}

export interface PpoOptions extends Partial<PpoSettings>, EngineOptions {
  readonly gnn?: MultiStageGnnOptions;
  /** Stands in for the m-GNN. */
  readonly encoder?: Encoder;
}

export const ppoDefaults: PpoSettings = {
  seed: 1,
  steps: 100,
  epochs: 10,
  batch: 100,
  clip: 0.2,
  entropy: 0.01,
  discount: 0.99,
  rate: 3e-4,
  longestGradient: 0.5,
  deviation: 0.25,
  head: "graph",
  hidden: [200],
  freezeEncoder: false,
};
