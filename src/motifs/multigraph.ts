import { Graph } from "@dagrejs/graphlib";
import { motifsOf } from "./contents.js";
import { isMotif, type Motif, type MotifTree } from "./motif.js";

/** What a graphlib graph of a motif says about itself. */
export interface MotifLabel {
  readonly id: string;
  readonly name: string;
  readonly level: number;
}

/** What it says about an edge: the type is the id of an operation type ("p3") or of a motif ("m1"). */
export interface MotifEdgeLabel {
  readonly type: string;
  readonly name: string;
  /** 0 for an operation, else the level of the motif. */
  readonly level: number;
}

/** A directed multigraph; its nodes are called "0", "1", ... and have the names of the first instance's values as labels. */
export type MotifGraph = Graph<MotifLabel, string, MotifEdgeLabel>;

/** A motif as a graphlib graph. */
export function motifGraph(motif: Motif): MotifGraph {
  const graph: MotifGraph = new Graph({ multigraph: true });
  graph.setGraph({ id: motif.id, name: motif.name, level: motif.family.level });
  motif.instances[0]?.values.forEach((value, node) => {
    graph.setNode(String(node), value.name);
  });
  motif.edges.forEach(({ source, target, type }, edge) => {
    const level = isMotif(type) ? type.family.level : 0;
    const label = { type: type.id, name: type.name, level };
    graph.setEdge({ v: String(source), w: String(target), name: String(edge) }, label);
  });
  return graph;
}

/** The graphs of every level, from level 1 (at index 0) to the one graph on top. */
export function levelGraphs(tree: MotifTree): readonly (readonly MotifGraph[])[] {
  const highest = tree.top.motif.family.level;
  const motifs = motifsOf(tree);
  return Array.from({ length: highest }, (_, i) =>
    motifs.filter(({ family }) => family.level === i + 1).map(motifGraph),
  );
}
