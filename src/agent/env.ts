import type { GraphObservation, GraphSpace } from "./graph.js";

/** A vector of `size` numbers in [low, high]. */
export interface BoxSpace {
  readonly kind: "box";
  readonly size: number;
  readonly low: number;
  readonly high: number;
}

/** One of `size` choices. */
export interface DiscreteSpace {
  readonly kind: "discrete";
  readonly size: number;
}

export type ActionSpace = BoxSpace | DiscreteSpace;

/** A box's vector, or a vector of length 1 with the index of a choice. */
export type Action = Float32Array;

/** What `reset` and `step` report beside the observation; for people and logs, agents never read it. */
export type Info = ReadonlyMap<string, unknown>;

export interface Reset {
  readonly observation: GraphObservation;
  readonly info?: Info;
}

export interface Step {
  readonly observation: GraphObservation;
  readonly reward: number;
  /** The task has come to its end: nothing is to be gained from here on. */
  readonly terminated: boolean;
  /** The episode was cut off: more could have been gained from here on. */
  readonly truncated: boolean;
  readonly info?: Info;
}

/**
 * A task on graphs, in the manner of Gymnasium's Env. Given the same seed and the same actions it must show the same
 * observations and rewards; `checkEnv` tests that and the rest of this contract.
 */
export interface GraphEnv {
  readonly observationSpace: GraphSpace;
  readonly actionSpace: ActionSpace;
  /** Begins an episode. With a seed everything from here on is repeatable; without one the last stream goes on. */
  reset(options?: { readonly seed?: number }): Promise<Reset> | Reset;
  /** Acts. Must not be called before `reset`, nor after a step that terminated or truncated. */
  step(action: Action): Promise<Step> | Step;
  close?(): Promise<void> | void;
}
