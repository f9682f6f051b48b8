import { createDdpg } from "../../agent/index.js";
import { HandMadeObserver, handMadeOnly } from "../env/hand-made-observer.js";
import { LayerWiseTask } from "../env/layer-wise.js";
import type { Policy } from "../policy.js";
import { ActingPolicy } from "./acting.js";
import type { PolicyContext } from "./index.js";

/** AMC (He et al., "AutoML for model compression", 2018): layer by layer, without a graph. */
export async function amcPolicy({ space, budget, seed, trials }: PolicyContext): Promise<Policy> {
  const task = new LayerWiseTask(space, budget, new HandMadeObserver(space, budget));
  // A quarter of its 400 episodes, as in AMC's paper.
  const warmUp = Math.min(100, Math.ceil(trials / 4));
  const spaces = { observation: task.observationSpace, action: task.actionSpace };
  const replay = 100 * space.groups.length;
  const agent = await createDdpg(spaces, { seed, warmUp, replay, encoder: handMadeOnly });
  return new ActingPolicy(agent, task, { warmUp });
}
