import type { GraphObservation, GraphSpace } from "../../agent/index.js";
import { invariant } from "../../base/errors.js";
import { findMotifs, HierarchicalGraph, type HierarchicalGraphOptions } from "../../motifs/index.js";
import { HierarchyObserver, type ObserverOptions } from "../observation.js";
import type { Levels, PruningSpace } from "../space.js";

/** Shows what plans leave of a network, as hierarchical graphs. */
export class PlanObserver {
  readonly space: GraphSpace;
  /** How many sites there are: also channel groups from which nothing can go have one. */
  readonly siteCount: number;
  /** For each group of the pruning space its site. */
  readonly sites: readonly number[];
  readonly #hierarchy: HierarchicalGraph;
  readonly #observer: HierarchyObserver;

  constructor(
    private readonly plans: PruningSpace,
    options: HierarchicalGraphOptions & ObserverOptions,
  ) {
    const tree = findMotifs(plans.model.graph);
    this.#hierarchy = new HierarchicalGraph(tree, plans.analysis, options);
    this.#observer = new HierarchyObserver(tree, this.#hierarchy, options);
    this.space = this.#observer.space;
    const { groups } = this.#hierarchy;
    this.siteCount = groups.length;
    const siteOf = new Map(groups.map(({ id }, site) => [id, site]));
    this.sites = plans.groups.map(({ id }) => {
      const site = siteOf.get(id);
      invariant(site !== undefined, () => `group ${id} is among those of the hierarchical graph`);
      return site;
    });
  }

  observe(levels: Levels, globals?: Float32Array, siteFeatures?: Float32Array): GraphObservation {
    const state = this.#hierarchy.at(this.plans.removedAt(levels));
    return this.#observer.observe(state, globals, siteFeatures);
  }
}
