import type { Agent, Episode } from "./agent.js";
import type { GraphEnv } from "./env.js";

export interface EpisodeOptions {
  /** Handed to `reset`. */
  readonly seed?: number | undefined;
  /** True while learning. */
  readonly explore?: boolean;
  /** Truncates an episode that has not ended after so many steps; 10,000 by default. */
  readonly steps?: number;
}

type Outcome = Pick<Episode, "steps" | "reward" | "truncated">;

/** One episode; with `explore` the agent takes note of it. */
export async function runEpisode(
  env: GraphEnv,
  agent: Pick<Agent, "act" | "observe">,
  options: EpisodeOptions = {},
): Promise<Outcome> {
  const { seed, explore = false, steps: limit = 10_000 } = options;
  let { observation } = await env.reset(seed === undefined ? {} : { seed });
  let reward = 0;
  for (let steps = 1; ; steps++) {
    const action = await agent.act(observation, { explore });
    const step = await env.step(action);
    const next = steps < limit ? step : { ...step, truncated: step.truncated || !step.terminated };
    if (explore) agent.observe({ observation, action, next });
    reward += next.reward;
    if (next.terminated || next.truncated) return { steps, reward, truncated: next.truncated };
    observation = next.observation;
  }
}

export interface TrainOptions {
  readonly episodes: number;
  /** Episode i is reset with seed + i; 0 by default. */
  readonly seed?: number;
  readonly onEpisode?: (episode: Episode) => void | Promise<void>;
  /** Stops after the running episode. */
  readonly signal?: AbortSignal;
}

/** Lets an agent learn, episode after episode, with an update after each. */
export async function train(env: GraphEnv, agent: Agent, options: TrainOptions): Promise<void> {
  const { episodes, seed = 0, onEpisode, signal } = options;
  for (let index = 0; index < episodes && !signal?.aborted; index++) {
    const outcome = await runEpisode(env, agent, { seed: seed + index, explore: true });
    const losses = await agent.update();
    await onEpisode?.({ index, ...outcome, losses });
  }
}
