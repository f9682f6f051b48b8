import { createDdpg, multiStageGnn, transferAgent } from "../../agent/index.js";
import { atSite, FlatGraphObserver } from "../env/flat-graph-observer.js";
import { LayerWiseTask } from "../env/layer-wise.js";
import { seen } from "../env/sight.js";
import type { Policy } from "../policy.js";
import { ActingPolicy } from "./acting.js";
import type { PolicyContext } from "./index.js";

/**
 * AGMC (Yu, Mazaheri, Jannesari, "Auto graph encoder-decoder for neural network pruning", ICCV 2021): layer by layer as AMC,
 * but what is known of a layer is learnt from the flat graph of the network, by one round of messages 50 wide. The layer's own
 * node stands in for the recurrent decoder. Settings are those of its published code, which are AMC's but for the warm-up: 25
 * of 300 episodes.
 */
export async function agmcPolicy(context: PolicyContext): Promise<Policy> {
  const { space, budget, seed, trials, sight, start } = context;
  const task = seen(new LayerWiseTask(space, budget, new FlatGraphObserver(space, budget)), sight, seed);
  const spaces = { observation: task.observationSpace, action: task.actionSpace };
  const warmUp = start ? 0 : Math.min(25, Math.ceil(trials / 12));
  const replay = 100 * space.groups.length;
  const encoder = atSite(multiStageGnn({ hidden: 50, rounds: 1 }));
  const settings = { seed, warmUp, replay, encoder, head: "graph" as const };
  const agent = await (start
    ? transferAgent(start.agent, spaces, { ...settings, kind: "ddpg", freezeEncoder: start.freezeEncoder })
    : createDdpg(spaces, settings));
  return new ActingPolicy(agent, task, { warmUp });
}
