import type { Graph, Value } from "../ir/index.js";
import type { Primitive, PrimitiveCall } from "./primitive.js";

/** A type of edge of level 0, with the number of operations of that type. */
export interface PrimitiveType extends Primitive {
  readonly id: string;
  readonly level: 0;
  readonly count: number;
}

/**
 * A repeated sub-graph: all its copies have the same structure, whatever their widths. Its nodes are feature maps,
 * numbered in an order that depends on structure alone; its edges are operations or motifs of lower levels. The paper's
 * G^t_i = (V^t_i, E^t_i, G^(t-1)) (Yu, Mazaheri, Jannesari, "Topology-aware network pruning using multi-stage graph
 * embedding and reinforcement learning", section 3.1).
 */
export interface Motif {
  readonly id: string;
  readonly family: MotifFamily;
  /** What it is, in words. */
  readonly name: string;
  readonly nodeCount: number;
  /** Ascending by source, then by target. */
  readonly edges: readonly MotifEdge[];
  /** Its copies in the order of the data. */
  readonly instances: readonly MotifInstance[];
}

export interface MotifEdge {
  readonly source: number;
  readonly target: number;
  readonly type: PrimitiveType | Motif;
}

/** Motifs that differ in stride, shortcut, expansion or kernel size. */
export interface MotifFamily {
  readonly id: string;
  readonly name: string;
  /** 1 above the highest level of what its members are made of. */
  readonly level: number;
  readonly motifs: readonly Motif[];
  /** How many instances its motifs have together. */
  readonly count: number;
}

/** One copy of a motif in the network. */
export interface MotifInstance {
  readonly motif: Motif;
  /** The feature map behind each node of the motif. */
  readonly values: readonly Value[];
  /** What stands on each edge of the motif. An operation with several inputs or outputs stands on several edges. */
  readonly parts: readonly (PrimitiveCall | MotifInstance)[];
}

/** A network as a hierarchy of graphs. */
export interface MotifTree {
  readonly graph: Graph;
  /** What depends on the inputs, in the order of the data. */
  readonly values: readonly Value[];
  readonly primitives: readonly PrimitiveType[];
  /** In the order of their levels; the last one is the network. */
  readonly families: readonly MotifFamily[];
  /** The one graph of the highest level. */
  readonly top: MotifInstance;
}

export function isMotif(type: PrimitiveType | Motif): type is Motif {
  return "instances" in type;
}

export function isInstance(part: PrimitiveCall | MotifInstance): part is MotifInstance {
  return "motif" in part;
}
