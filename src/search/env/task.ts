import type { Action, BoxSpace, GraphObservation, GraphSpace } from "../../agent/index.js";
import type { Levels } from "../space.js";

/** Where an episode stands. */
export interface TaskState {
  readonly observation: GraphObservation;
  /** The plan so far; within the budget once `done`. */
  readonly levels: Levels;
  readonly steps: number;
  /** The plan is complete: it is time to measure it. */
  readonly done: boolean;
}

/**
 * Making a plan in steps, without measuring anything: what a policy that acts sees, and what its actions do. States are
 * plain values, so that several episodes can be under way.
 */
export interface PlanningTask {
  readonly observationSpace: GraphSpace;
  readonly actionSpace: BoxSpace;
  start(): TaskState;
  /** Must not be called for a state that is done. */
  next(state: TaskState, action: Action): TaskState;
}
