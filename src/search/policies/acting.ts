import type { Agent, Transition } from "../../agent/index.js";
import { invariant } from "../../base/errors.js";
import type { PlanningTask, TaskState } from "../env/task.js";
import type { Outcome, Policy, Proposal } from "../policy.js";

type Unrewarded = Omit<Transition, "next"> & { readonly next: TaskState };

/**
 * A policy that acts in episodes, each of which makes one plan. The agent takes note of an episode when its plan has been
 * measured, and learns before the next one; only the first `warmUp` episodes, from which it acts at random, may overlap.
 */
export class ActingPolicy implements Policy {
  readonly #episodes = new Map<Proposal, readonly Unrewarded[]>();
  #proposed = 0;

  constructor(
    private readonly agent: Agent,
    private readonly task: PlanningTask,
    private readonly warmUp: number,
  ) {}

  get ahead(): number {
    return this.#proposed < this.warmUp ? Number.POSITIVE_INFINITY : 1;
  }

  async propose(): Promise<Proposal> {
    this.#proposed++;
    const steps: Unrewarded[] = [];
    let state = this.task.start();
    invariant(!state.done, "there is something to prune");
    while (!state.done) {
      const { observation } = state;
      const action = await this.agent.act(observation, { explore: true });
      state = this.task.next(state, action);
      steps.push({ observation, action, next: state });
    }
    const proposal = { levels: state.levels, steps: state.steps };
    this.#episodes.set(proposal, steps);
    return proposal;
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
