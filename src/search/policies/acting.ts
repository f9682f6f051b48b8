import type { Action, Agent, GraphObservation, Transition } from "../../agent/index.js";
import { invariant } from "../../base/errors.js";
import type { PlanningTask, TaskState } from "../env/task.js";
import type { Outcome, Policy, Proposal } from "../policy.js";

export interface ActingOptions {
  /** Episodes that may overlap at the beginning; 0 by default. */
  readonly warmUp?: number;
  /**
   * What exploration adds to the first action of an episode is added to all of them: noise drawn anew at each step
   * averages out over an episode, and all plans would be alike. For agents that learn from any actions.
   */
  readonly steady?: boolean;
}

type Unrewarded = Omit<Transition, "next"> & { readonly next: TaskState };

/**
 * A policy that acts in episodes, each of which makes one plan. The agent takes note of an episode when its plan has been
 * measured, and learns before the next one; only the first episodes, in which it acts at random, may overlap.
 */
export class ActingPolicy implements Policy {
  readonly #episodes = new Map<Proposal, readonly Unrewarded[]>();
  #proposed = 0;

  constructor(
    private readonly agent: Agent,
    private readonly task: PlanningTask,
    private readonly options: ActingOptions = {},
  ) {}

  get ahead(): number {
    return this.#proposed < (this.options.warmUp ?? 0) ? Number.POSITIVE_INFINITY : 1;
  }

  async propose(): Promise<Proposal> {
    this.#proposed++;
    const steps: Unrewarded[] = [];
    let state = this.task.start();
    const act = this.#explorer();
    invariant(!state.done, "there is something to prune");
    while (!state.done) {
      const { observation } = state;
      const action = await act(observation);
      state = this.task.next(state, action);
      steps.push({ observation, action, next: state });
    }
    const proposal = { levels: state.levels, steps: state.steps };
    this.#episodes.set(proposal, steps);
    return proposal;
  }

  /** What acts in one episode. */
  #explorer(): (observation: GraphObservation) => Promise<Action> {
    if (!this.options.steady) return (observation) => this.agent.act(observation, { explore: true });
    const { low, high } = this.task.actionSpace;
    let offset: Float32Array | undefined;
    return async (observation) => {
      const mean = await this.agent.act(observation);
      if (!offset) {
        const first = await this.agent.act(observation, { explore: true });
        offset = first.map((value, i) => value - (mean[i] as number));
      }
      const shift = offset;
      return mean.map((value, i) => Math.min(high, Math.max(low, value + (shift[i] as number))));
    };
  }

  /** What the agent has learnt. */
  save(): Promise<Uint8Array> {
    return this.agent.save();
  }

  async learn(proposal: Proposal, { reward }: Outcome): Promise<void> {
    const steps = this.#episodes.get(proposal);
    invariant(steps, "the outcome of a proposal that was made here");
    this.#episodes.delete(proposal);
    for (const { observation, action, next } of steps) {
      const step = { observation: next.observation, terminated: next.done, truncated: false };
      this.agent.observe({ observation, action, next: { ...step, reward: next.done ? reward : 0 } });
    }
    await this.agent.update();
  }

  close(): Promise<void> {
    return this.agent.close();
  }
}
