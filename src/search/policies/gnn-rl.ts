import { createDdpg, type DdpgOptions, ddpgDefaults } from "../../agent/index.js";
import { type WholeVectorOptions, WholeVectorTask } from "../env/whole-vector.js";
import type { Policy } from "../policy.js";
import { ActingPolicy } from "./acting.js";
import type { PolicyContext } from "./index.js";

export interface GnnRlOptions {
  readonly task?: WholeVectorOptions;
  readonly agent?: DdpgOptions;
}

/**
 * The paper's search: a multi-stage GNN sees the hierarchical graph, DDPG decides for all groups at once. A sixth of the
 * trials warms up, as 30 of 180 episodes do in the paper.
 */
export async function gnnRlPolicy(
  { space, budget, seed, trials }: PolicyContext,
  options: GnnRlOptions = {},
): Promise<Policy> {
  const task = new WholeVectorTask(space, budget, options.task);
  const warmUp = options.agent?.warmUp ?? Math.min(ddpgDefaults.warmUp, Math.ceil(trials / 6));
  const spaces = { observation: task.observationSpace, action: task.actionSpace };
  const agent = await createDdpg(spaces, { head: "site", ...options.agent, seed, warmUp });
  return new ActingPolicy(agent, task, warmUp);
}
