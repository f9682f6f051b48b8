import {
  createDdpg,
  createPpo,
  type DdpgOptions,
  ddpgDefaults,
  type PpoOptions,
  transferAgent,
} from "../../agent/index.js";
import { seen } from "../env/sight.js";
import { type WholeVectorOptions, WholeVectorTask } from "../env/whole-vector.js";
import type { Policy } from "../policy.js";
import { ActingPolicy } from "./acting.js";
import type { PolicyContext } from "./index.js";

export interface GnnRlOptions<Agent> {
  readonly task?: WholeVectorOptions;
  readonly agent?: Agent;
}

/**
 * Settings that `ddpgDefaults` do not have from the paper. Found on ResNet-32 at half its MACs, where they came further in 150
 * episodes (ARCHITECTURE.md has the figures).
 */
const tuned: DdpgOptions = {
  batch: 32,
  returns: "episode",
  actorRate: 1e-3,
  updatesPerStep: 2,
  squeezePenalty: 0.05,
};

/**
 * The paper's search: a multi-stage GNN sees the hierarchical graph, DDPG decides for all groups at once. A sixth of the
 * trials warms up, as 30 of 180 episodes do in the paper; none where it begins with what another search has learnt.
 */
export async function gnnRlPolicy(
  context: PolicyContext,
  options: GnnRlOptions<DdpgOptions> = {},
): Promise<Policy> {
  const { seed, trials } = context;
  const { task, spaces } = taskOf(context, options.task);
  const fresh = context.start ? 0 : Math.min(ddpgDefaults.warmUp, Math.ceil(trials / 6));
  const warmUp = options.agent?.warmUp ?? fresh;
  const settings = { ...tuned, ...options.agent, seed, warmUp };
  const agent = await (context.start
    ? transferAgent(context.start.agent, spaces, {
        ...settings,
        kind: "ddpg",
        freezeEncoder: context.start.freezeEncoder,
      })
    : createDdpg(spaces, settings));
  return new ActingPolicy(agent, task, { warmUp, steady: true });
}

/** The same with the agent of the paper's published code, PPO. */
export async function gnnRlPpoPolicy(
  context: PolicyContext,
  options: GnnRlOptions<PpoOptions> = {},
): Promise<Policy> {
  const { task, spaces } = taskOf(context, options.task);
  const settings = { head: "site" as const, ...options.agent, seed: context.seed };
  const agent = await (context.start
    ? transferAgent(context.start.agent, spaces, {
        ...settings,
        kind: "ppo",
        freezeEncoder: context.start.freezeEncoder,
      })
    : createPpo(spaces, settings));
  return new ActingPolicy(agent, task);
}

function taskOf({ space, budget, sight, seed }: PolicyContext, options?: WholeVectorOptions) {
  const task = seen(new WholeVectorTask(space, budget, options), sight, seed);
  return { task, spaces: { observation: task.observationSpace, action: task.actionSpace } };
}
