import type { Action, GraphEnv, GraphSpace, Reset, Step } from "../../agent/index.js";
import { invariant } from "../../base/errors.js";
import type { Levels } from "../space.js";
import type { PlanningTask, TaskState } from "./task.js";

/**
 * Pruning as an environment for agents: an episode makes one plan, and ends with what `measure` says of it; steps before
 * have no reward.
 */
export class PruningEnv implements GraphEnv {
  readonly observationSpace: GraphSpace;
  readonly actionSpace: PlanningTask["actionSpace"];
  #state: TaskState | undefined;

  constructor(
    private readonly task: PlanningTask,
    /** The reward of a plan: the accuracy minus one, as the paper has it, or any other. */
    private readonly measure: (levels: Levels) => Promise<number>,
  ) {
    this.observationSpace = task.observationSpace;
    this.actionSpace = task.actionSpace;
  }

  reset(): Reset {
    this.#state = this.task.start();
    return { observation: this.#state.observation };
  }

  async step(action: Action): Promise<Step> {
    invariant(this.#state && !this.#state.done, "reset comes before the first step and after the last");
    this.#state = this.task.next(this.#state, action);
    const { observation, levels, done } = this.#state;
    const reward = done ? await this.measure(levels) : 0;
    return { observation, reward, terminated: done, truncated: false };
  }
}
