import type { Action, ActionSpace, Step } from "./env.js";
import type { GraphObservation, GraphSpace } from "./graph.js";

/** What an agent is made for. */
export interface Spaces {
  readonly observation: GraphSpace;
  readonly action: ActionSpace;
}

/** One step as it is told to an agent. `next.observation` is read even at the end of an episode. */
export interface Transition {
  readonly observation: GraphObservation;
  readonly action: Action;
  readonly next: Step;
}

/** Losses and the like of an update, by name. */
export type Losses = ReadonlyMap<string, number>;

/** Something that learns to act. The same seed, engine and calls lead to the same decisions, byte for byte. */
export interface Agent {
  /** Chooses an action; with `explore` as while learning (noise, samples), without it the best that it knows. */
  act(observation: GraphObservation, options?: { readonly explore?: boolean }): Promise<Action>;
  /** Takes note of what the last action led to. Episodes are told from each other by `terminated` and `truncated`. */
  observe(transition: Transition): void;
  /** Learns from what was observed, as often as its settings say; empty where there was nothing to learn from yet. */
  update(): Promise<Losses>;
  /** Everything it has learnt, as bytes that `loadAgent` takes. */
  save(): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** What happened in an episode. */
export interface Episode {
  readonly index: number;
  readonly steps: number;
  /** The sum of the rewards. */
  readonly reward: number;
  /** True where it ended by truncation. */
  readonly truncated: boolean;
  readonly losses: Losses;
}
