import type { Graph, Node, Value } from "../ir/index.js";
import type { Matching } from "./matching.js";
import { constantOf, sourceOf } from "./source.js";

/** Where a value comes from in the first graph and where in the second, and whether that is the same place. */
export class Edges {
  readonly #inputs = new Map<Value, Value>();

  constructor(
    a: Graph,
    b: Graph,
    readonly matching: Matching,
  ) {
    const byName = new Map(b.inputs.map((input) => [input.name, input]));
    const taken = new Set(a.inputs.map(({ name }) => name));
    const free = b.inputs.filter(({ name }) => !taken.has(name));
    for (const input of a.inputs) {
      const other = byName.get(input.name) ?? free.shift();
      if (other) this.#inputs.set(input, other);
    }
  }

  /** The second graph's input that takes the place of one of the first. */
  inputOf(input: Value): Value | undefined {
    return this.#inputs.get(input);
  }

  /** Whether two values stand for the same: an input, an output of matched nodes, or any two constants. */
  correspond(a: Value | null | undefined, b: Value | null | undefined): boolean {
    if (!a || !b) return !a && !b;
    if (constantOf(a) && constantOf(b)) return true;
    const [from, to] = [sourceOf(a), sourceOf(b)];
    if (from.producer)
      return (
        this.matching.ofA(from.producer) === to.producer &&
        to.producer !== undefined &&
        from.producerIndex === to.producerIndex
      );
    return this.#inputs.get(from) === to && to.producer === undefined;
  }
}

/** How many of the links between nodes both graphs have. */
export interface EdgeCounts {
  readonly added: number;
  readonly removed: number;
  readonly unchanged: number;
}

export function countEdges(a: Graph, b: Graph, edges: Edges): EdgeCounts {
  const unchanged = a.nodes.reduce((sum, node) => {
    const other = edges.matching.ofA(node);
    const same = (value: Value, index: number) => other && edges.correspond(value, other.inputs[index]);
    return sum + linksOf(node).filter(([value, index]) => same(value, index)).length;
  }, 0);
  return { added: linkCount(b) - unchanged, removed: linkCount(a) - unchanged, unchanged };
}

/** Inputs of a node that come from another node or from outside, through other names. */
function linksOf(node: Node): [Value, number][] {
  return node.inputs.flatMap((value, index): [Value, number][] =>
    value && !constantOf(value) ? [[value, index]] : [],
  );
}

function linkCount(graph: Graph): number {
  return graph.nodes.reduce((sum, node) => sum + linksOf(node).length, 0);
}

/** Where a value comes from, for people. */
export function sourceText(value: Value | null | undefined): string | null {
  if (!value) return null;
  const constant = constantOf(value);
  if (constant) return `constant ${constant.value.name}`;
  const source = sourceOf(value);
  return source.producer ? `${source.name} of ${source.producer.opType}` : `input ${source.name}`;
}
