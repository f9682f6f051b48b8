import { Random } from "../base/random.js";
import type { Action, GraphEnv, Reset, Step } from "./env.js";
import type { GraphObservation, GraphSpace } from "./graph.js";
import { streamOf } from "./stream.js";

/** An environment that shows other observations of the same task. */
function observing(
  env: GraphEnv,
  space: GraphSpace,
  show: (observation: GraphObservation) => GraphObservation,
): GraphEnv {
  return {
    observationSpace: space,
    actionSpace: env.actionSpace,
    reset: async (options): Promise<Reset> => {
      const reset = await env.reset(options);
      return { ...reset, observation: show(reset.observation) };
    },
    step: async (action: Action): Promise<Step> => {
      const step = await env.step(action);
      return { ...step, observation: show(step.observation) };
    },
    close: () => env.close?.(),
  };
}

/** Where features come from in an ablation. */
export type FeatureSource = "real" | "constant" | "random";

/**
 * The environment with other features on nodes, edges and sites, and of the whole: all 1 ("constant"), or normal numbers drawn
 * anew for every observation, as the published code draws them ("random"). What an agent loses by it is what they are worth.
 */
export function withFeatures(env: GraphEnv, source: FeatureSource, seed = 1): GraphEnv {
  if (source === "real") return env;
  let shown = 0;
  const show = ({ graphs, globals, sites, mask }: GraphObservation): GraphObservation => {
    const random = new Random(streamOf(seed, "features", shown++));
    const other = (row: Float32Array) => row.map(() => (source === "constant" ? 1 : random.normal()));
    return {
      graphs: graphs.map((graph) => ({ ...graph, nodes: other(graph.nodes), edges: other(graph.edges) })),
      globals: globals && other(globals),
      sites: sites && { ...sites, features: other(sites.features) },
      mask,
    };
  };
  const wrapped = observing(env, env.observationSpace, show);
  return {
    ...wrapped,
    reset: (options) => {
      // With a seed an episode is repeatable, whatever came before it.
      if (options?.seed !== undefined) shown = streamOf(options.seed, "shown");
      return wrapped.reset(options);
    },
  };
}

/** The environment with rewards of one's own, made from the step as it was. */
export function withReward(env: GraphEnv, reward: (step: Step) => number): GraphEnv {
  return {
    observationSpace: env.observationSpace,
    actionSpace: env.actionSpace,
    reset: (options) => env.reset(options),
    step: async (action) => {
      const step = await env.step(action);
      return { ...step, reward: reward(step) };
    },
    close: () => env.close?.(),
  };
}
