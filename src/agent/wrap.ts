import { Random } from "../base/random.js";
import type { GraphEnv, Step } from "./env.js";
import type { GraphSpace } from "./graph.js";
import { streamOf } from "./stream.js";
import { type View, viewed } from "./view.js";

/** Where features come from in an ablation. */
export type FeatureSource = "real" | "constant" | "random";

/**
 * Other features on nodes, edges and sites, and of the whole: all 1 ("constant"), or normal numbers drawn anew for every
 * observation, as the published code draws them ("random"). What an agent loses by it is what they are worth.
 */
export function featureView(space: GraphSpace, source: FeatureSource, seed = 1): View {
  if (source === "real") return { space, show: (observation) => observation };
  return {
    space,
    show: ({ graphs, globals, sites, mask }, number) => {
      const random = new Random(streamOf(seed, "features", number));
      const other = (row: Float32Array) => row.map(() => (source === "constant" ? 1 : random.normal()));
      return {
        graphs: graphs.map((graph) => ({ ...graph, nodes: other(graph.nodes), edges: other(graph.edges) })),
        globals: globals && other(globals),
        sites: sites && { ...sites, features: other(sites.features) },
        mask,
      };
    },
  };
}

/** The environment with other features; `featureView` says which. */
export function withFeatures(env: GraphEnv, source: FeatureSource, seed?: number): GraphEnv {
  return viewed(env, featureView(env.observationSpace, source, seed));
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
