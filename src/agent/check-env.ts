import { UserError } from "../base/errors.js";
import { Random } from "../base/random.js";
import { checkObservation, checkSpace } from "./check-observation.js";
import type { Action, ActionSpace, GraphEnv, Step } from "./env.js";
import type { GraphObservation } from "./graph.js";

export interface CheckOptions {
  /** How many episodes are played; 3 by default. */
  readonly episodes?: number;
  /** An episode that has not ended after so many steps fails; 10,000 by default. */
  readonly steps?: number;
}

/**
 * Plays episodes with random actions and throws the UserError "env-check" for the first thing that breaks the contract of
 * `GraphEnv`: observations that do not fit the space, numbers that are not finite, other results for the same seed and
 * actions, observations that change after they were given, episodes without end.
 */
export async function checkEnv(
  env: GraphEnv,
  { episodes = 3, steps = 10_000 }: CheckOptions = {},
): Promise<void> {
  checkSpace(env.observationSpace);
  checkActionSpace(env.actionSpace);
  for (let seed = 0; seed < episodes; seed++) {
    const first = await play(env, seed, steps);
    const second = await play(env, seed, steps);
    const at = first.findIndex((print, i) => print !== second[i]);
    if (at >= 0 || first.length !== second.length) {
      throw failed(`the same seed and actions did not lead to the same observation and reward at step ${at}`);
    }
  }
}

function failed(what: string): UserError {
  return new UserError("env-check", `the environment breaks its contract: ${what}`);
}

function checkActionSpace(space: ActionSpace): void {
  if (!Number.isInteger(space.size) || space.size < 1)
    throw failed(`an action space has size ${space.size}, expected 1 or more`);
  if (space.kind === "box" && !(space.low < space.high))
    throw failed(`a box reaches from ${space.low} to ${space.high}`);
}

/** What an episode showed, as text. */
async function play(env: GraphEnv, seed: number, limit: number): Promise<string[]> {
  const random = new Random(seed);
  let { observation } = await env.reset({ seed });
  checkObservation(env.observationSpace, observation, "reset");
  const prints = [print(observation)];
  for (let step = 1; step <= limit; step++) {
    const before = print(observation);
    const next = await env.step(randomAction(env.actionSpace, observation, random));
    checkStep(next, step);
    checkObservation(env.observationSpace, next.observation, `step ${step}`);
    if (print(observation) !== before)
      throw failed(
        `step ${step} changed the observation that was given before it; give new arrays each time`,
      );
    prints.push(`${print(next.observation)} ${next.reward} ${next.terminated} ${next.truncated}`);
    if (next.terminated || next.truncated) return prints;
    ({ observation } = next);
  }
  throw failed(`an episode has not ended after ${limit} steps`);
}

function checkStep({ reward, terminated, truncated }: Step, step: number): void {
  if (!Number.isFinite(reward)) throw failed(`step ${step} has reward ${reward}`);
  if (typeof terminated !== "boolean" || typeof truncated !== "boolean")
    throw failed(`step ${step} does not say whether it terminated or truncated`);
}

function randomAction(space: ActionSpace, { mask }: GraphObservation, random: Random): Action {
  if (space.kind === "box")
    return Float32Array.from(
      { length: space.size },
      () => space.low + (space.high - space.low) * random.uniform(),
    );
  const open = Array.from({ length: space.size }, (_, choice) => choice).filter(
    (choice) => !mask || mask[choice],
  );
  const chosen = open[random.below(open.length)];
  if (chosen === undefined) throw failed("no choice is allowed though the episode goes on");
  return Float32Array.of(chosen);
}

function print(observation: GraphObservation): string {
  return JSON.stringify(observation, (_, value: unknown) =>
    ArrayBuffer.isView(value)
      ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1")
      : value,
  );
}
