import type { GraphEnv } from "./env.js";
import type { GraphObservation, GraphSpace } from "./graph.js";
import { streamOf } from "./stream.js";

/** Another way to see a task: what observations look like then, and how each is made from the one behind it. */
export interface View {
  readonly space: GraphSpace;
  /** Depends on nothing but the two; `number` is for views that show the same observation otherwise the next time. */
  show(observation: GraphObservation, number: number): GraphObservation;
}

/** The environment seen in another way. With a seed an episode is repeatable, whatever came before it. */
export function viewed(env: GraphEnv, view: View): GraphEnv {
  let shown = 0;
  const show = <T extends { readonly observation: GraphObservation }>(seen: T): T => ({
    ...seen,
    observation: view.show(seen.observation, shown++),
  });
  return {
    observationSpace: view.space,
    actionSpace: env.actionSpace,
    reset: async (options) => {
      if (options?.seed !== undefined) shown = streamOf(options.seed, "shown");
      return show(await env.reset(options));
    },
    step: async (action) => show(await env.step(action)),
    close: () => env.close?.(),
  };
}
