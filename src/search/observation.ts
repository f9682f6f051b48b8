import type { GraphObservation, GraphSpace, GraphStructure } from "../agent/index.js";
import {
  type HierarchicalGraph,
  type HierarchyState,
  instancesInsideOut,
  isMotif,
  type Motif,
  type MotifInstance,
  type MotifTree,
} from "../motifs/index.js";

/** Node `node` of an instance's graph. */
interface Place {
  readonly instance: MotifInstance;
  readonly node: number;
}

export interface ObserverOptions {
  /** How many numbers about the whole come with each observation. */
  readonly globals?: number;
  /** How many numbers about each channel group come with each observation. */
  readonly siteFeatures?: number;
}

/** Shows the states of a network to an agent. Its sites are the channel groups, in their order. */
export class HierarchyObserver {
  readonly space: GraphSpace;
  readonly #indexOf: ReadonlyMap<Motif, number>;
  readonly #places: readonly Place[];

  constructor(tree: MotifTree, hierarchy: HierarchicalGraph, options: ObserverOptions = {}) {
    const instances = instancesInsideOut(tree);
    const motifs = [...new Set(instances.map(({ motif }) => motif))];
    const indexOf = new Map(motifs.map((motif, index) => [motif, index]));
    this.#indexOf = indexOf;
    this.#places = placesOfGroups(instances, hierarchy, tree);
    this.space = {
      structures: motifs.map((motif) => structureOf(motif, indexOf)),
      nodeFeatures: hierarchy.nodeFeatures.length,
      edgeFeatures: hierarchy.edgeFeatures.length,
      globals: options.globals ?? 0,
      sites: { count: hierarchy.groups.length, features: options.siteFeatures ?? 0 },
    };
  }

  observe(
    { graphs, graphOf }: HierarchyState,
    globals: Float32Array = new Float32Array(this.space.globals),
    siteFeatures: Float32Array = new Float32Array(this.#places.length * (this.space.sites?.features ?? 0)),
  ): GraphObservation {
    return {
      graphs: graphs.map(({ motif, nodes, edges, inner }) => ({
        structure: this.#indexOf.get(motif) ?? -1,
        nodes,
        edges,
        inner,
      })),
      globals,
      sites: {
        graphs: Int32Array.from(this.#places, ({ instance }) => graphOf.get(instance) ?? -1),
        nodes: Int32Array.from(this.#places, ({ node }) => node),
        features: siteFeatures,
      },
    };
  }
}

function structureOf(motif: Motif, indexOf: ReadonlyMap<Motif, number>): GraphStructure {
  const inner = motif.edges.flatMap(({ type }) => (isMotif(type) ? [indexOf.get(type) ?? -1] : []));
  return {
    id: motif.id,
    level: motif.family.level,
    holds: [...new Set(inner)],
    nodes: motif.nodeCount,
    edges: motif.edges.length,
    capacity: motif.instances.length,
    topology: {
      sources: Int32Array.from(motif.edges, ({ source }) => source),
      targets: Int32Array.from(motif.edges, ({ target }) => target),
    },
  };
}

/** Where each group's first feature map is, as deep inside as it can be seen; else the last node of the network. */
function placesOfGroups(
  instances: readonly MotifInstance[],
  hierarchy: HierarchicalGraph,
  tree: MotifTree,
): Place[] {
  const placeOf = new Map<unknown, Place>();
  for (const instance of instances) {
    instance.values.forEach((value, node) => {
      if (!placeOf.has(value)) placeOf.set(value, { instance, node });
    });
  }
  const firstOf = new Map<number, Place>();
  for (const value of tree.values) {
    const [group, place] = [hierarchy.groupOf(value), placeOf.get(value)];
    if (place && !firstOf.has(group)) firstOf.set(group, place);
  }
  const last = { instance: tree.top, node: tree.top.motif.nodeCount - 1 };
  return hierarchy.groups.map((_, group) => firstOf.get(group) ?? last);
}
