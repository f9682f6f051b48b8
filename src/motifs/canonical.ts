/** A directed multigraph with typed edges between numbered nodes; every edge leads to a higher number. */
export interface TypedGraph {
  readonly nodeCount: number;
  readonly edges: readonly TypedEdge[];
}

export interface TypedEdge {
  readonly source: number;
  readonly target: number;
  readonly type: number;
}

export interface CanonicalGraph {
  /** Equal for graphs with equal structure (and equal only for those). */
  readonly key: string;
  /** For every place in the new order the old number of the node. */
  readonly nodes: readonly number[];
  /** The same for edges. */
  readonly edges: readonly number[];
}

/** Numbers descriptions in the order in which they are first met. */
export class Numbering {
  readonly #numbers = new Map<string, number>();

  of(description: string): number {
    let number = this.#numbers.get(description);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(description, number);
    }
    return number;
  }
}

/**
 * Puts nodes and edges into an order that depends on structure alone: nodes by their distance from the start, then by
 * what leads to them, then by what they lead to, and only then by their old numbers. `colours` must be shared by all
 * graphs that are compared.
 */
export function canonical(graph: TypedGraph, colours: Numbering): CanonicalGraph {
  const depth = depths(graph);
  const before = coloured(graph, colours, "forward");
  const behind = coloured(graph, colours, "backward");
  const nodes = Array.from({ length: graph.nodeCount }, (_, i) => i).sort(
    (a, b) =>
      at(depth, a) - at(depth, b) || at(before, a) - at(before, b) || at(behind, a) - at(behind, b) || a - b,
  );
  const place = new Array<number>(nodes.length);
  nodes.forEach((node, i) => {
    place[node] = i;
  });
  const moved = graph.edges.map(({ source, target, type }, edge) => ({
    edge,
    source: at(place, source),
    target: at(place, target),
    type,
  }));
  moved.sort((a, b) => a.source - b.source || a.target - b.target || a.type - b.type || a.edge - b.edge);
  const key = moved.map(({ source, target, type }) => `${source}-${type}-${target}`).join(" ");
  return { key: `${graph.nodeCount}: ${key}`, nodes, edges: moved.map(({ edge }) => edge) };
}

const at = (numbers: readonly number[], i: number) => numbers[i] as number;

/** Edges on the longest way from a node without predecessors. */
function depths({ nodeCount, edges }: TypedGraph): number[] {
  const depth = new Array<number>(nodeCount).fill(0);
  const ordered = [...edges].sort((a, b) => a.source - b.source);
  for (const { source, target } of ordered)
    depth[target] = Math.max(at(depth, target), at(depth, source) + 1);
  return depth;
}

/** A number for each node that says what all ways to it (or from it) look like. */
function coloured(
  { nodeCount, edges }: TypedGraph,
  colours: Numbering,
  direction: "forward" | "backward",
): number[] {
  const around: [number, number][][] = Array.from({ length: nodeCount }, () => []);
  const isForward = direction === "forward";
  for (const { source, target, type } of edges) {
    around[isForward ? target : source]?.push([type, isForward ? source : target]);
  }
  const colour = new Array<number>(nodeCount).fill(0);
  for (let step = 0; step < nodeCount; step++) {
    const node = isForward ? step : nodeCount - 1 - step;
    const seen = (around[node] ?? []).map(([type, other]) => `${type}/${at(colour, other)}`).sort();
    colour[node] = colours.of(`${direction} ${seen.join(" ")}`);
  }
  return colour;
}
