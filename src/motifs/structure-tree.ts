import { Random } from "../base/random.js";
import type { Flow } from "./flow.js";

/**
 * A maximal row of regions, each with a single edge in and a single edge out, the one's exit being the next one's entry.
 * Regions are numbered; those of one chain follow each other.
 */
export interface Chain {
  /** The region that holds the chain. */
  readonly parent: number;
  /** The edges that enter the first region, lead from one to the next, and leave the last. */
  readonly edges: readonly number[];
  readonly regions: readonly number[];
}

/**
 * The nesting of all single-entry single-exit regions of a data flow. Region 0 is the whole; a region has a higher number
 * than the one around it, and the chains are listed in the same way.
 */
export interface StructureTree {
  readonly chains: readonly Chain[];
  /** For every region its vertices that are in no region further inside, ascending. */
  readonly vertices: readonly (readonly number[])[];
  /** For every region the chains right inside it. */
  readonly inside: readonly (readonly number[])[];
  /** For every region the edges that lead straight from one of its own vertices to another. */
  readonly loose: readonly (readonly number[])[];
}

/**
 * The program structure tree of a data flow in linear time (Johnson, Pearson and Pingali, "The program structure tree:
 * computing control regions in linear time", PLDI 1994).
 */
export function structureTree(flow: Flow): StructureTree {
  const classes = equivalentEdges(flow);
  const { from, to } = flow;
  const regionOf = new Int32Array(flow.nodes.length);
  const chains: { parent: number; edges: number[]; regions: number[] }[] = [];
  const chainOfClass = new Map<number, number>();
  const inside: number[][] = [[]];
  const loose: number[][] = [[]];
  from.forEach((tail, edge) => {
    const edgeClass = classes.of[edge] as number;
    const left = classes.sizes[edgeClass] as number;
    if (left === 1 && !chainOfClass.has(edgeClass)) {
      const region = regionOf[tail] as number;
      regionOf[to[edge] as number] = region;
      loose[region]?.push(edge);
      return;
    }
    classes.sizes[edgeClass] = left - 1;
    let number = chainOfClass.get(edgeClass);
    if (number === undefined) {
      number = chains.length;
      chainOfClass.set(edgeClass, number);
      chains.push({ parent: regionOf[tail] as number, edges: [], regions: [] });
      inside[regionOf[tail] as number]?.push(number);
    }
    const chain = chains[number] as (typeof chains)[number];
    chain.edges.push(edge);
    if (left > 1) {
      chain.regions.push(inside.length);
      inside.push([]);
      loose.push([]);
    }
    regionOf[to[edge] as number] = left > 1 ? inside.length - 1 : chain.parent;
  });
  const vertices: number[][] = inside.map(() => []);
  regionOf.forEach((region, vertex) => {
    vertices[region]?.push(vertex);
  });
  return { chains, vertices, inside, loose };
}

/**
 * Classes of edges such that every cycle that passes through one edge of a class passes through all of them, the sink
 * being tied back to the source: between two of them lies a region. An edge outside a spanning tree closes one cycle and
 * gets a random number; an edge of the tree gets the exclusive or of those of all cycles it lies on. Two 32-bit words: for
 * 100,000 edges the chance of a wrong class is below 10⁻⁹, and equal for all runs, since the seed is fixed.
 */
function equivalentEdges({ nodes, from, to }: Flow): { of: Int32Array; sizes: number[] } {
  const random = new Random(0x70707);
  const treeEdge = new Int32Array(nodes.length).fill(-1);
  to.forEach((head, edge) => {
    if (treeEdge[head] === -1) treeEdge[head] = edge;
  });
  const labels = [new Uint32Array(from.length), new Uint32Array(from.length)];
  for (const label of labels) {
    const sums = new Uint32Array(nodes.length);
    const close = (a: number, b: number): number => {
      const word = random.uint32();
      sums[a] = (sums[a] as number) ^ word;
      sums[b] = (sums[b] as number) ^ word;
      return word;
    };
    close(0, nodes.length - 1);
    to.forEach((head, edge) => {
      if (treeEdge[head] !== edge) label[edge] = close(from[edge] as number, head);
    });
    for (let vertex = nodes.length - 1; vertex > 0; vertex--) {
      const edge = treeEdge[vertex] as number;
      if (edge < 0) continue;
      const tail = from[edge] as number;
      label[edge] = sums[vertex] as number;
      sums[tail] = (sums[tail] as number) ^ (sums[vertex] as number);
    }
  }
  return grouped(labels);
}

/** Numbers equal labels alike, in the order in which they first appear. */
function grouped(labels: readonly Uint32Array[]): { of: Int32Array; sizes: number[] } {
  const [high, low] = labels as [Uint32Array, Uint32Array];
  const numbers = new Map<string, number>();
  const sizes: number[] = [];
  const of = Int32Array.from(high, (word, edge) => {
    const key = `${word},${low[edge]}`;
    const known = numbers.get(key) ?? sizes.push(0) - 1;
    numbers.set(key, known);
    sizes[known] = (sizes[known] as number) + 1;
    return known;
  });
  return { of, sizes };
}
