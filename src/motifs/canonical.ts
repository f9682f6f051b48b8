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
 * what all ways to them and from them look like, then by the places of their predecessors (so that of two equal ways one
 * comes first all along), and only then by their old numbers. `colours` must be shared by all graphs that are compared.
 */
export function canonical(graph: TypedGraph, colours: Numbering): CanonicalGraph {
  const nodes = nodeOrder(graph, colours);
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

function nodeOrder(graph: TypedGraph, colours: Numbering): readonly number[] {
  const before = coloured(graph, colours, "forward");
  const behind = coloured(graph, colours, "backward");
  const into = neighbours(graph, "forward");
  const order: number[] = [];
  const place = new Map<number, number>();
  for (const sameDepth of byDepth(graph)) {
    const from = new Map(
      sameDepth.map((node) => [
        node,
        (into[node] ?? []).map(([, other]) => place.get(other) as number).sort((a, b) => a - b),
      ]),
    );
    sameDepth.sort(
      (a, b) =>
        at(before, a) - at(before, b) ||
        at(behind, a) - at(behind, b) ||
        compared(from.get(a) ?? [], from.get(b) ?? []) ||
        a - b,
    );
    for (const node of sameDepth) place.set(node, order.push(node) - 1);
  }
  return order;
}

/** The first difference of two lists of equal length. */
function compared(a: readonly number[], b: readonly number[]): number {
  const i = a.findIndex((number, index) => number !== b[index]);
  return i < 0 ? 0 : at(a, i) - at(b, i);
}

/** Nodes by the edges on the longest way that leads to them. */
function byDepth({ nodeCount, edges }: TypedGraph): number[][] {
  const depth = new Array<number>(nodeCount).fill(0);
  const ordered = [...edges].sort((a, b) => a.source - b.source);
  for (const { source, target } of ordered)
    depth[target] = Math.max(at(depth, target), at(depth, source) + 1);
  const groups: number[][] = [];
  depth.forEach((steps, node) => {
    while (groups.length <= steps) groups.push([]);
    groups[steps]?.push(node);
  });
  return groups;
}

type Direction = "forward" | "backward";

/** For every node the types of the edges that lead to it (or from it), and where they come from (or go). */
function neighbours({ nodeCount, edges }: TypedGraph, direction: Direction): [number, number][][] {
  const around: [number, number][][] = Array.from({ length: nodeCount }, () => []);
  for (const { source, target, type } of edges) {
    if (direction === "forward") around[target]?.push([type, source]);
    else around[source]?.push([type, target]);
  }
  return around;
}

/** A number for each node that says what all ways to it (or from it) look like. */
function coloured(graph: TypedGraph, colours: Numbering, direction: Direction): number[] {
  const { nodeCount } = graph;
  const around = neighbours(graph, direction);
  const colour = new Array<number>(nodeCount).fill(0);
  for (let step = 0; step < nodeCount; step++) {
    const node = direction === "forward" ? step : nodeCount - 1 - step;
    const seen = (around[node] ?? []).map(([type, other]) => `${type}/${at(colour, other)}`).sort();
    colour[node] = colours.of(`${direction} ${seen.join(" ")}`);
  }
  return colour;
}
