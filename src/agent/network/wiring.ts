import { attribute, type Builder, DataType, type SymTensor } from "../../ir/index.js";
import type { GraphStructure, Topology } from "../graph.js";

/** How many graphs there are of one structure, with how many nodes and edges each. */
export interface Extent {
  readonly graphs: number;
  readonly nodes: number;
  readonly edges: number;
}

/** Moves rows [nodes · graphs, H] of nodes to rows [edges · graphs, H] of edges, back, and together. */
export interface Wiring {
  readonly extent: Extent;
  /** The row of one graph's node (or edge) among all rows. */
  row(graph: number, index: number, of: "nodes" | "edges"): number;
  /** The nodes from which (or to which) edges lead. */
  sources(nodes: SymTensor): SymTensor;
  targets(nodes: SymTensor): SymTensor;
  /** For each node the mean over the edges that lead to it (or from it); 0 where there are none. */
  arriving(edges: SymTensor): SymTensor;
  leaving(edges: SymTensor): SymTensor;
  /** Scores [nodes · graphs, 1] to positive shares that sum to one in each graph. */
  shares(scores: SymTensor): SymTensor;
  /** Numbers of each node of a structure [nodes] as rows for every graph. */
  perNode(values: SymTensor): SymTensor;
  /** Sums over the nodes of each graph: [graphs, H]. */
  total(nodes: SymTensor): SymTensor;
}

/** One-hot rows [edges, nodes], row-major. */
export function selection(indices: ArrayLike<number>, nodes: number): Float32Array {
  const matrix = new Float32Array(indices.length * nodes);
  for (let edge = 0; edge < indices.length; edge++) matrix[edge * nodes + (indices[edge] ?? 0)] = 1;
  return matrix;
}

/** [nodes, edges]: 1 / c where an edge belongs to a node that has c of them. */
function meanMatrix(indices: ArrayLike<number>, nodes: number): Float32Array {
  const counts = new Float32Array(nodes);
  for (let edge = 0; edge < indices.length; edge++) {
    const node = indices[edge] ?? 0;
    counts[node] = (counts[node] ?? 0) + 1;
  }
  const matrix = new Float32Array(nodes * indices.length);
  for (let edge = 0; edge < indices.length; edge++) {
    const node = indices[edge] ?? 0;
    matrix[node * indices.length + edge] = 1 / (counts[node] ?? 1);
  }
  return matrix;
}

/**
 * All graphs have the same edges. Rows lie node by node, so that one product of matrices [edges, nodes] · [nodes,
 * graphs · H] serves every graph.
 */
export class SharedWiring implements Wiring {
  readonly #s: SymTensor;
  readonly #t: SymTensor;
  readonly #arrive: SymTensor;
  readonly #leave: SymTensor;

  constructor(
    private readonly build: Builder,
    readonly extent: Extent,
    { sources, targets }: Topology,
  ) {
    const { nodes, edges } = extent;
    const constant = (values: Float32Array, dims: number[]) => build.floats(values, dims, DataType.FLOAT);
    this.#s = constant(selection(sources, nodes), [edges, nodes]);
    this.#t = constant(selection(targets, nodes), [edges, nodes]);
    this.#arrive = constant(meanMatrix(targets, nodes), [nodes, edges]);
    this.#leave = constant(meanMatrix(sources, nodes), [nodes, edges]);
  }

  row(graph: number, index: number): number {
    return index * this.extent.graphs + graph;
  }

  #apply(matrix: SymTensor, rows: SymTensor): SymTensor {
    const { build } = this;
    const { graphs } = this.extent;
    const [to = 1, from = 1] = matrix.dims;
    const width = rows.dims[1] ?? 1;
    return build.reshape(build.matMul(matrix, build.reshape(rows, [from, graphs * width])), [
      to * graphs,
      width,
    ]);
  }

  sources(nodes: SymTensor): SymTensor {
    return this.#apply(this.#s, nodes);
  }

  targets(nodes: SymTensor): SymTensor {
    return this.#apply(this.#t, nodes);
  }

  arriving(edges: SymTensor): SymTensor {
    return this.#apply(this.#arrive, edges);
  }

  leaving(edges: SymTensor): SymTensor {
    return this.#apply(this.#leave, edges);
  }

  shares(scores: SymTensor): SymTensor {
    const { build } = this;
    const { graphs, nodes } = this.extent;
    const byGraph = build.transpose(build.reshape(scores, [nodes, graphs]), [1, 0]);
    const shares = build.unary("Softmax", byGraph, [attribute.int("axis", -1)]);
    return build.reshape(build.transpose(shares, [1, 0]), [nodes * graphs, 1]);
  }

  perNode(values: SymTensor): SymTensor {
    const { build } = this;
    const { graphs, nodes } = this.extent;
    return build.reshape(build.expand(build.reshape(values, [nodes, 1]), [nodes, graphs]), [
      nodes * graphs,
      1,
    ]);
  }

  total(nodes: SymTensor): SymTensor {
    const { graphs, nodes: count } = this.extent;
    return this.build.sum(this.build.reshape(nodes, [count, graphs, nodes.dims[1] ?? 1]), [0], false);
  }
}

/** What is fed for graphs that bring their own edges. Rows and columns beyond a graph's size are zero. */
export interface OwnEdges {
  /** One-hot [graphs, edges, nodes]. */
  readonly sources: SymTensor;
  readonly targets: SymTensor;
  /** 1 / edges that arrive at (leave) each node: [graphs, nodes, 1]. */
  readonly arriving: SymTensor;
  readonly leaving: SymTensor;
  /** 0 for nodes that exist, a large negative number for the rest: [graphs, nodes]. */
  readonly absent: SymTensor;
}

/** Every graph has its own edges. Rows lie graph by graph. */
export class OwnWiring implements Wiring {
  constructor(
    private readonly build: Builder,
    readonly extent: Extent,
    private readonly own: OwnEdges,
  ) {}

  row(graph: number, index: number, of: "nodes" | "edges"): number {
    return graph * this.extent[of] + index;
  }

  #apply(matrices: SymTensor, rows: SymTensor): SymTensor {
    const { build } = this;
    const [graphs = 1, to = 1, from = 1] = matrices.dims;
    const width = rows.dims[1] ?? 1;
    return build.reshape(build.matMul(matrices, build.reshape(rows, [graphs, from, width])), [
      graphs * to,
      width,
    ]);
  }

  #mean(matrices: SymTensor, weights: SymTensor, edges: SymTensor): SymTensor {
    const { build } = this;
    const { graphs, nodes } = this.extent;
    const sums = this.#apply(build.swap(matrices), edges);
    return build.mul(sums, build.reshape(weights, [graphs * nodes, 1]));
  }

  sources(nodes: SymTensor): SymTensor {
    return this.#apply(this.own.sources, nodes);
  }

  targets(nodes: SymTensor): SymTensor {
    return this.#apply(this.own.targets, nodes);
  }

  arriving(edges: SymTensor): SymTensor {
    return this.#mean(this.own.targets, this.own.arriving, edges);
  }

  leaving(edges: SymTensor): SymTensor {
    return this.#mean(this.own.sources, this.own.leaving, edges);
  }

  shares(scores: SymTensor): SymTensor {
    const { build } = this;
    const { graphs, nodes } = this.extent;
    const present = build.add(build.reshape(scores, [graphs, nodes]), this.own.absent);
    const shares = build.unary("Softmax", present, [attribute.int("axis", -1)]);
    return build.reshape(shares, [graphs * nodes, 1]);
  }

  perNode(values: SymTensor): SymTensor {
    const { build } = this;
    const { graphs, nodes } = this.extent;
    return build.reshape(build.expand(build.reshape(values, [1, nodes]), [graphs, nodes]), [
      graphs * nodes,
      1,
    ]);
  }

  total(nodes: SymTensor): SymTensor {
    const { graphs, nodes: count } = this.extent;
    return this.build.sum(this.build.reshape(nodes, [graphs, count, nodes.dims[1] ?? 1]), [1], false);
  }
}

export function extentOf(structure: GraphStructure, batch: number): Extent {
  return { graphs: batch * structure.capacity, nodes: structure.nodes, edges: structure.edges };
}
