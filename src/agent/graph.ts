/** Where the edges of a graph run: edge i leads from node `sources[i]` to node `targets[i]`. */
export interface Topology {
  readonly sources: Int32Array;
  readonly targets: Int32Array;
}

/** A kind of graph that observations consist of. Its level says which weights embed it. */
export interface GraphStructure {
  readonly id: string;
  /** Structures of one level are embedded with the same weights. From 1 on. */
  readonly level: number;
  /** Indices of the structures that may stand on its edges, all before its own. */
  readonly holds: readonly number[];
  /** How many nodes it has; at most so many where `topology` is absent. */
  readonly nodes: number;
  /** How many edges it has; at most so many where `topology` is absent. */
  readonly edges: number;
  /** How many different graphs of this structure one observation holds at most. */
  readonly capacity: number;
  /** The edges that all its graphs share; absent where every graph brings its own. */
  readonly topology?: Topology | undefined;
}

/** Nodes that actions are about, one for each element of the action (a box) or for each choice (discrete). */
export interface SiteSpace {
  readonly count: number;
  /** Numbers known of each site beside its node; may be 0. */
  readonly features: number;
}

/**
 * Structures by how many others are stacked inside them, none first: graphs of one stage can be embedded together, after
 * those of earlier stages. Indices ascend within a stage.
 */
export function stagesOf({ structures }: Pick<GraphSpace, "structures">): number[][] {
  const stages: number[][] = [];
  const depths: number[] = [];
  structures.forEach(({ holds }, index) => {
    const depth = Math.max(0, ...holds.map((inner) => 1 + (depths[inner] ?? 0)));
    depths.push(depth);
    stages[depth] = [...(stages[depth] ?? []), index];
  });
  return stages;
}

/** What the observations of an environment look like. Sizes never change from one observation to the next. */
export interface GraphSpace {
  /** Inner ones first; the last is the whole and has capacity 1. */
  readonly structures: readonly GraphStructure[];
  readonly nodeFeatures: number;
  readonly edgeFeatures: number;
  /** Numbers about the whole, such as the share of a budget that is left; may be 0. */
  readonly globals: number;
  readonly sites?: SiteSpace | undefined;
}

/** One graph of an observation. */
export interface ObservedGraph {
  /** Index among the structures of the space. */
  readonly structure: number;
  /** One row of features for each node. */
  readonly nodes: Float32Array;
  /** One row of features for each edge; what stands on edges with an inner graph is not read. */
  readonly edges: Float32Array;
  /** For each edge the index among the observation's graphs of the one that stands on it; -1 where none does. */
  readonly inner: Int32Array;
  /** Only where the structure has none. */
  readonly topology?: Topology | undefined;
}

/** Where the nodes of sites are found: node `nodes[i]` of the observation's graph `graphs[i]`. */
export interface ObservedSites {
  readonly graphs: Int32Array;
  readonly nodes: Int32Array;
  /** One row for each site. */
  readonly features: Float32Array;
}

/**
 * A hierarchical graph with features: the paper's G^l = (V^l, E^l, G^(l-1)). Nodes are states, edges are operations or
 * whole graphs of lower levels. Graphs that are equal in structure and features stand here once.
 */
export interface GraphObservation {
  /** Whatever stands on a graph's edges comes before it; the last one is the whole. */
  readonly graphs: readonly ObservedGraph[];
  readonly globals?: Float32Array | undefined;
  readonly sites?: ObservedSites | undefined;
  /** For discrete actions: 1 where the choice is allowed; all are where it is absent. */
  readonly mask?: Uint8Array | undefined;
}
