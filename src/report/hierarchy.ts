import { isBookkeeping, sourceOf } from "../diff/index.js";
import { type Graph, type Node, topologicalOrder, type Value } from "../ir/index.js";
import { isInstance, type MotifInstance, type MotifTree, type PrimitiveCall } from "../motifs/index.js";

/** A box before it has a place: an operator, an input, an output, or what folds. */
export interface Draft {
  /** -1 for the network. */
  readonly parent: number;
  readonly content: Node | Value | PrimitiveCall | MotifInstance;
  readonly type: "node" | "input" | "output" | "operation" | "motif";
  readonly depth: number;
}

/** The boxes of a network, each before those inside it, and where every node, input and output stands. */
export class Hierarchy {
  readonly drafts: Draft[] = [];
  readonly boxOf = new Map<Node | Value, number>();

  constructor(readonly tree: MotifTree) {
    this.#add(tree.top, -1, "motif");
    const { graph } = tree;
    for (const input of graph.inputs)
      if (!input.initializer) this.boxOf.set(input, this.#add(input, 0, "input"));
    this.#motif(tree.top, 0);
    this.#rest(graph);
    for (const output of new Set(graph.outputs)) {
      // An input that is an output as well has one box.
      if (!this.boxOf.has(output)) this.boxOf.set(output, this.#add(output, 0, "output"));
    }
  }

  /** The innermost box around both. */
  common(a: number, b: number): number {
    let [x, y] = [a, b];
    while (x !== y) {
      if (this.#depth(x) >= this.#depth(y)) x = this.#parent(x);
      else y = this.#parent(y);
    }
    return x;
  }

  #motif(instance: MotifInstance, at: number): void {
    for (const part of new Set(instance.parts)) {
      if (isInstance(part)) this.#motif(part, this.#add(part, at, "motif"));
      else this.#operation(part, at);
    }
  }

  #operation(call: PrimitiveCall, at: number): void {
    const shown = call.nodes.filter((node) => !isBookkeeping(node) && !this.boxOf.has(node));
    const parent = shown.length > 1 ? this.#add(call, at, "operation") : at;
    for (const node of shown) this.boxOf.set(node, this.#add(node, parent, "node"));
  }

  /** What works on constants or sizes alone stands in the innermost box around all its readers. */
  #rest(graph: Graph): void {
    const order = topologicalOrder(graph) ?? graph.nodes;
    for (const node of order.toReversed()) {
      if (this.boxOf.has(node) || isBookkeeping(node)) continue;
      const parents = readerNodes(node).flatMap((reader) => {
        const box = this.boxOf.get(reader);
        return box === undefined ? [] : [this.#parent(box)];
      });
      const isOutput = node.outputs.some((value) => value?.isOutput);
      const parent = isOutput || parents.length === 0 ? 0 : parents.reduce((a, b) => this.common(a, b));
      this.boxOf.set(node, this.#add(node, parent, "node"));
    }
  }

  #add(content: Draft["content"], parent: number, type: Draft["type"]): number {
    const depth = parent < 0 ? 0 : this.#depth(parent) + 1;
    return this.drafts.push({ content, parent, type, depth }) - 1;
  }

  #parent(box: number): number {
    return this.drafts[box]?.parent ?? 0;
  }

  #depth(box: number): number {
    return this.drafts[box]?.depth ?? 0;
  }
}

/** Nodes of the same graph that read what a node makes, also under other names and inside bodies. */
export function readerNodes(node: Node): Node[] {
  return node.outputs.flatMap((value) => (value ? readersOf(value, node.graph) : []));
}

/** The same for one value. */
export function readersOf(value: Value, graph: Graph): Node[] {
  const readers = new Set<Node>();
  const open = [value];
  for (let at = open.pop(); at; at = open.pop()) {
    for (const { node } of at.uses()) {
      const outer = node.graph === graph ? node : undefined;
      if (outer && isBookkeeping(outer)) open.push(...outer.outputs.filter((each) => each !== null));
      else if (outer) readers.add(outer);
    }
  }
  return [...readers];
}

/** Values that a node reads, through other names of them; those that bodies inside it read as well. */
export function valuesRead(node: Node): Value[] {
  const found = new Set<Value>();
  const visit = (inner: Node) => {
    for (const value of inner.inputs) if (value?.graph === node.graph) found.add(sourceOf(value));
    for (const body of inner.subgraphs()) {
      for (const each of body.nodes) visit(each);
      for (const output of body.outputs) if (output.graph === node.graph) found.add(sourceOf(output));
    }
  };
  visit(node);
  return [...found];
}
