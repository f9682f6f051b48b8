import { isParameter } from "../analysis/cost.js";
import { UserError } from "../base/errors.js";
import { type Graph, type Node, topologicalOrder, type Value } from "../ir/index.js";
import { constantBehind, lookupOp } from "../ops/index.js";

/**
 * The way of the data through a graph: operators and values are vertices, with one source before all inputs and one sink
 * behind all outputs. Every vertex lies on a way from source to sink, and every edge leads to a higher vertex. Constants,
 * and the arithmetic on shapes, are no data.
 */
export interface Flow {
  /** The operator at a vertex; undefined for values, source and sink. */
  readonly nodes: readonly (Node | undefined)[];
  /** The value at a vertex; undefined for operators, source and sink. */
  readonly values: readonly (Value | undefined)[];
  /** Tails and heads of the edges, ascending by tail. */
  readonly from: Int32Array;
  readonly to: Int32Array;
}

/** What a node reads that depends on the graph's inputs, and how far along the network that is. */
interface DataReads {
  /** Values that lead on from what came before. */
  readonly main: readonly Value[];
  /** Masks, positions and the like: known without any layer, read beside what layers have computed. */
  readonly side: readonly Value[];
}

/** The data flow of a graph, without what its outputs do not depend on. Throws a UserError for a graph with a cycle. */
export function dataFlow(graph: Graph): Flow {
  const order = topologicalOrder(graph);
  if (!order) throw new UserError("cyclic-graph", `graph ${graph.name ?? ""}: its nodes form a cycle`);
  const reads = dataReads(graph, order);
  const live = liveValues(graph, order, reads);
  return layOut(graph, order, reads, live);
}

/** For every node that works on data, what it reads. */
function dataReads(graph: Graph, order: readonly Node[]): Map<Node, DataReads> {
  const { reads, layers } = layeredReads(graph, order);
  const isLayered = (value: Value) => (layers.get(value) ?? 0) > 0;
  /** At how many places each value without layers is read beside one with layers. */
  const places = new Map<Value, number>();
  for (const read of reads.values()) {
    if (!read.some(isLayered)) continue;
    for (const value of new Set(read)) places.set(value, (places.get(value) ?? 0) + 1);
  }
  // Read once, it is a way around the layers in between; read in many places, it would tie all of them together.
  const isSide = (value: Value) => !isLayered(value) && (places.get(value) ?? 0) > 1;
  const nothing: readonly Value[] = [];
  return new Map(
    [...reads].map(([node, read]) =>
      read.some(isLayered)
        ? [node, { main: read.filter((value) => !isSide(value)), side: read.filter(isSide) }]
        : [node, { main: read, side: nothing }],
    ),
  );
}

interface LayeredReads {
  readonly reads: ReadonlyMap<Node, readonly Value[]>;
  /** The most layers on a way from an input to each value that depends on one. */
  readonly layers: ReadonlyMap<Value, number>;
}

function layeredReads(graph: Graph, order: readonly Node[]): LayeredReads {
  const layers = new Map<Value, number>();
  for (const input of graph.inputs) if (!input.initializer) layers.set(input, 0);
  const reads = new Map<Node, readonly Value[]>();
  for (const node of order) {
    if (lookupOp(node)?.kind === "shape") continue;
    const data = readsOf(node).filter((value) => layers.has(value));
    if (data.length === 0) continue;
    reads.set(node, data);
    const deepest = data.reduce((most, value) => Math.max(most, layers.get(value) ?? 0), 0);
    const layer = node.inputs.some((value) => value && !layers.has(value) && isWeight(value)) ? 1 : 0;
    for (const value of node.outputs) if (value) layers.set(value, deepest + layer);
  }
  return { reads, layers };
}

/** Values of the node's own graph that it or a body inside it reads, as often as it reads them. */
function readsOf(node: Node): Value[] {
  // What only hands its first input on takes no more than a type from the others.
  const read = lookupOp(node)?.role === "inert" ? node.inputs.slice(0, 1) : node.inputs;
  const found = read.filter((value) => value !== null);
  const visit = (graph: Graph) => {
    const read = [...graph.nodes.flatMap((inner) => inner.inputs), ...graph.outputs];
    for (const value of read) if (value?.graph === node.graph) found.push(value);
    for (const inner of graph.nodes) for (const body of inner.subgraphs()) visit(body);
  };
  for (const body of node.subgraphs()) visit(body);
  return found;
}

/** A constant with more than one long axis: what makes an operator a layer. */
function isWeight(value: Value): boolean {
  const tensor = constantBehind(value);
  return tensor !== undefined && isParameter(tensor) && tensor.dims.filter((size) => size > 1).length > 1;
}

/** Values that some output depends on. */
function liveValues(
  graph: Graph,
  order: readonly Node[],
  reads: ReadonlyMap<Node, DataReads>,
): ReadonlySet<Value> {
  const live = new Set(graph.outputs);
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i] as Node;
    if (!node.outputs.some((value) => value && live.has(value))) continue;
    const { main, side } = reads.get(node) ?? { main: [], side: [] };
    for (const value of [...main, ...side]) live.add(value);
  }
  return live;
}

function layOut(
  graph: Graph,
  order: readonly Node[],
  reads: ReadonlyMap<Node, DataReads>,
  live: ReadonlySet<Value>,
): Flow {
  const nodes: (Node | undefined)[] = [undefined];
  const values: (Value | undefined)[] = [undefined];
  const edges: [number, number][] = [];
  const vertexOf = new Map<Value, number>();
  const add = (node: Node | undefined, value: Value | undefined): number => {
    if (value) vertexOf.set(value, nodes.length);
    nodes.push(node);
    return values.push(value) - 1;
  };
  for (const input of graph.inputs) {
    if (!input.initializer && live.has(input)) edges.push([0, add(undefined, input)]);
  }
  const ends: number[] = [];
  for (const node of order) {
    const outputs = node.outputs.filter((value): value is Value => value !== null && live.has(value));
    const { main, side } = reads.get(node) ?? { main: [], side: [] };
    if (outputs.length === 0 || main.length === 0) continue;
    const at = add(node, undefined);
    for (const value of main) edges.push([vertexOf.get(value) as number, at]);
    for (const value of outputs) edges.push([at, add(undefined, value)]);
    // The way of a side input ends here, so that it does not tie the places that read it together.
    for (const value of side) ends.push(vertexOf.get(value) as number);
  }
  for (const output of graph.outputs) ends.push(vertexOf.get(output) ?? -1);
  const sink = add(undefined, undefined);
  for (const end of new Set(ends)) if (end > 0) edges.push([end, sink]);
  return { nodes, values, ...sortedEdges(edges) };
}

/** Edges by tail; those of one tail stay in their order. */
function sortedEdges(edges: readonly (readonly [number, number])[]): { from: Int32Array; to: Int32Array } {
  const sorted = edges.map(([from, to], i) => ({ from, to, i })).sort((a, b) => a.from - b.from || a.i - b.i);
  return {
    from: Int32Array.from(sorted, (edge) => edge.from),
    to: Int32Array.from(sorted, (edge) => edge.to),
  };
}
