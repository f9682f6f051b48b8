import type { EngineOptions } from "../../runtime/index.js";
import type { Encoder } from "../network/encoder.js";
import type { HeadKind } from "../network/heads.js";
import type { MultiStageGnnOptions } from "../network/m-gnn.js";

/**
 * Settings of DDPG. Where the paper (arXiv 2102.03214, section 4) gives a number it is the default; the others are those of
 * AMC (He et al., 2018), whose agent it builds on, as its published code has them.
 */
export interface DdpgSettings {
  /** 1 by default. */
  readonly seed: number;
  /** Episodes with uniformly random actions before anything is learnt; 30 (paper). */
  readonly warmUp: number;
  /** Deviation of the noise on actions, in widths of the box, in the first episode after the warm-up; 0.5 (AMC). */
  readonly noise: number;
  /** What it is multiplied by after every episode ("exponentially decayed", paper); 0.95 (AMC). */
  readonly noiseDecay: number;
  /** Steps that one update looks at; 64 (paper). */
  readonly batch: number;
  /** How many steps are remembered; 2000 (paper). */
  readonly replay: number;
  /** How far targets move towards the networks in an update; 0.01 (paper). */
  readonly tau: number;
  /** Deviation that noise does not fall below; 0. */
  readonly leastNoise: number;
  /**
   * What the critic is told of a step: "bootstrap" is its reward and what the target critic says of the next (Lillicrap et al.);
   * "episode" the discounted sum of the rewards from there to the end of the episode, in deviations from the mean of those
   * remembered. That needs no target networks, is known at once and has the same size for any reward, but holds for what was
   * done then; rewards after an episode was cut off do not count. "bootstrap".
   */
  readonly returns: "bootstrap" | "episode";
  /** 1 (AMC). */
  readonly discount: number;
  /** Adam's learning rate for the actor; 1e-4 (AMC). */
  readonly actorRate: number;
  /** Adam's learning rate for the critic; 1e-3 (AMC). */
  readonly criticRate: number;
  /** Updates for every step that was observed after the warm-up; 1 (AMC). */
  readonly updatesPerStep: number;
  /** Of bootstrapped returns: decay of the moving average of episodes' rewards that is taken off the last; 0.95; 0: nothing. */
  readonly baseline: number;
  /** Weight of the mean square of what the actor says before it is squeezed into the box: keeps it off the walls; 0. */
  readonly squeezePenalty: number;
  /** "graph" (paper). */
  readonly head: HeadKind;
  /** Sizes of the hidden layers behind the encoder; 300, 300 (AMC). */
  readonly hidden: readonly number[];
  /** Keeps the encoders' weights as they are. */
  readonly freezeEncoder: boolean;
}

export interface DdpgOptions extends Partial<DdpgSettings>, EngineOptions {
  readonly gnn?: MultiStageGnnOptions;
  /** Stands in for the m-GNN. */
  readonly encoder?: Encoder;
}

export const ddpgDefaults: DdpgSettings = {
  seed: 1,
  warmUp: 30,
  noise: 0.5,
  noiseDecay: 0.95,
  leastNoise: 0,
  batch: 64,
  replay: 2000,
  tau: 0.01,
  returns: "bootstrap",
  discount: 1,
  actorRate: 1e-4,
  criticRate: 1e-3,
  updatesPerStep: 1,
  baseline: 0.95,
  squeezePenalty: 0,
  head: "graph",
  hidden: [300, 300],
  freezeEncoder: false,
};
