import {
  type Encoder,
  flatView,
  type GraphObservation,
  type GraphSpace,
  type View,
} from "../../agent/index.js";
import { invariant } from "../../base/errors.js";
import type { PruningSpace, SearchBudget } from "../space.js";
import type { Decided, LayerObserver } from "./layer-wise.js";
import { PlanObserver } from "./plan-observer.js";

/** Last share, cost kept, cost to keep. */
const GLOBALS = 3;

/**
 * AGMC's: the flat graph of what is left of the network. Its one site is the feature map of the group at hand, from step to
 * step another one.
 */
export class FlatGraphObserver implements LayerObserver {
  readonly space: GraphSpace;
  readonly #observer: PlanObserver;
  readonly #view: View;

  constructor(
    private readonly plans: PruningSpace,
    private readonly budget: SearchBudget,
  ) {
    this.#observer = new PlanObserver(plans, { globals: GLOBALS });
    const nothing = plans.levelsFor(plans.groups.map(() => 0));
    this.#view = flatView(this.#observer.space, this.#observer.observe(nothing));
    this.space = { ...this.#view.space, sites: { count: 1, features: 0 } };
  }

  observe({ levels, at, last }: Decided): GraphObservation {
    const { kind, keep } = this.budget;
    const kept = this.plans.costIn(kind, levels) / this.plans.fullCost(kind);
    const flat = this.#view.show(this.#observer.observe(levels, Float32Array.of(last, kept, keep)), 0);
    const site = this.#observer.sites[Math.min(at, this.plans.groups.length - 1)];
    invariant(flat.sites && site !== undefined, "every group has a site");
    const nodes = flat.sites.nodes.subarray(site, site + 1);
    return { ...flat, sites: { graphs: new Int32Array(1), nodes, features: new Float32Array(0) } };
  }
}

/** What stands in for AGMC's decoder: the embedding of the whole beside that of the one site. */
export function atSite(encoder: Encoder): Encoder {
  return {
    description: `${encoder.description}, at one site`,
    encode(build, observation, weights) {
      const { graph, sites } = encoder.encode(build, observation, weights);
      invariant(sites && observation.sites?.count === 1, "the observation has one site");
      return { graph: build.concat([graph, sites], 1), sites: undefined };
    },
  };
}
