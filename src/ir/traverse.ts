import type { Graph } from "./graph.js";
import type { Node } from "./node.js";
import type { Value } from "./value.js";

/** Nodes so that each comes after the producers of what it reads; undefined where the graph has a cycle. */
export function topologicalOrder(graph: Graph): readonly Node[] | undefined {
  const missing = new Map<Node, number>();
  const ready: Node[] = [];
  for (const node of graph.nodes) {
    const count = producersOf(node).size;
    missing.set(node, count);
    if (count === 0) ready.push(node);
  }
  const order: Node[] = [];
  const readers = readersOf(graph);
  for (let i = 0; i < ready.length; i++) {
    const node = ready[i] as Node;
    order.push(node);
    for (const reader of readers.get(node) ?? []) {
      const left = (missing.get(reader) ?? 0) - 1;
      missing.set(reader, left);
      if (left === 0) ready.push(reader);
    }
  }
  return order.length === graph.nodes.length ? order : undefined;
}

/** Whether each node comes after the producers of what it reads, as the format wants it. */
export function isSorted(graph: Graph): boolean {
  const made = new Set<Node>();
  const isMade = (value: Value | null) =>
    !value?.producer || value.graph !== graph || made.has(value.producer);
  const readsMade = (node: Node): boolean =>
    node.inputs.every(isMade) &&
    node.subgraphs().every((body) => body.nodes.every(readsMade) && body.outputs.every(isMade));
  for (const node of graph.nodes) {
    if (!readsMade(node)) return false;
    made.add(node);
  }
  return true;
}

/** The nodes of the same graph that make what `node` (or a body inside it) reads. */
export function producersOf(node: Node): Set<Node> {
  const producers = new Set<Node>();
  const visit = (inner: Node) => {
    for (const value of inner.inputs) {
      if (value?.producer && value.graph === node.graph && value.producer !== node)
        producers.add(value.producer);
    }
    for (const body of inner.subgraphs()) {
      for (const each of body.nodes) visit(each);
      for (const output of body.outputs) {
        if (output.producer && output.graph === node.graph) producers.add(output.producer);
      }
    }
  };
  visit(node);
  return producers;
}

function readersOf(graph: Graph): Map<Node, Node[]> {
  const readers = new Map<Node, Node[]>();
  for (const node of graph.nodes) {
    for (const producer of producersOf(node)) {
      const list = readers.get(producer);
      if (list) list.push(node);
      else readers.set(producer, [node]);
    }
  }
  return readers;
}

/** Every graph of the model's main graph: itself and all bodies inside, outermost first. */
export function* allGraphs(graph: Graph): Generator<Graph> {
  yield graph;
  for (const node of graph.nodes) for (const body of node.subgraphs()) yield* allGraphs(body);
}
