import { domainOf, type Graph, type Node } from "../ir/index.js";
import { alignTokens } from "./align.js";
import { Matching } from "./matching.js";
import { orderFromOutputs } from "./order.js";
import { isBookkeeping } from "./source.js";
import { placeText, Tokens, tokenText } from "./token.js";

export interface MatchOptions {
  /** Names mean nothing: match by structure alone. */
  readonly ignoreNames?: boolean | undefined;
  /** The second graph was made from the first by a plan that is at hand: its names are the first's. */
  readonly sameNames?: boolean | undefined;
}

/**
 * Which node of `b` is which of `a`: by the names of nodes and outputs, then between those anchors by aligning the
 * nodes in an order from the outputs, first those at the same kind of place, then those of the same kind, at last
 * along edges. Takes time near linear in the number of nodes.
 */
export function matchGraphs(a: Graph, b: Graph, options: MatchOptions = {}): Matching {
  const matching = new Matching();
  const textOf = remembered(tokenText);
  if (!options.ignoreNames) matchNames(a, b, matching, options.sameNames ? () => "" : textOf);
  const [left, right] = [orderFromOutputs(a), orderFromOutputs(b)].map((order) =>
    order.filter((node) => !isBookkeeping(node)),
  ) as [Node[], Node[]];
  const placeOf = remembered((node: Node) => placeText(node, textOf));
  for (const text of [placeOf, textOf]) alignBetween(left, right, matching, text);
  followEdges([...left], matching, textOf);
  return matching;
}

function remembered(text: (node: Node) => string): (node: Node) => string {
  const known = new Map<Node, string>();
  return (node) => {
    const found = known.get(node) ?? text(node);
    known.set(node, found);
    return found;
  };
}

/** Nodes of one operator whose first output, or else whose own name, is the same and unique. */
function matchNames(a: Graph, b: Graph, matching: Matching, textOf: (node: Node) => string): void {
  for (const nameOf of [(node: Node) => node.output(0)?.name, (node: Node) => node.name]) {
    const [left, right] = [byName(a, nameOf), byName(b, nameOf)];
    for (const [name, node] of left) {
      const other = right.get(name);
      if (node && other && sameOperator(node, other) && textOf(node) === textOf(other))
        matching.add(node, other);
    }
  }
}

function byName(graph: Graph, nameOf: (node: Node) => string | undefined): Map<string, Node | undefined> {
  const nodes = new Map<string, Node | undefined>();
  for (const node of graph.nodes) {
    const name = nameOf(node);
    if (name) nodes.set(name, nodes.has(name) ? undefined : node);
  }
  return nodes;
}

function sameOperator(a: Node, b: Node): boolean {
  return a.opType === b.opType && domainOf(a) === domainOf(b);
}

/** Aligns what is not matched yet, stretch by stretch between matched nodes that stand in one order in both. */
function alignBetween(
  left: readonly Node[],
  right: readonly Node[],
  matching: Matching,
  textOf: (node: Node) => string,
): void {
  const at = new Map(right.map((node, index) => [node, index]));
  const anchors = left.flatMap((node, i): [number, number][] => {
    const other = matching.ofA(node);
    const j = other && at.get(other);
    return j === undefined ? [] : [[i, j]];
  });
  const tokens = new Tokens();
  const ends = [...longestAscending(anchors), [left.length, right.length] as const];
  let [from, to] = [0, 0];
  for (const [i, j] of ends) {
    const p = left.slice(from, i).filter((node) => !matching.ofA(node));
    const q = right.slice(to, j).filter((node) => !matching.ofB(node));
    const numbers = (nodes: readonly Node[]) => Int32Array.from(nodes, (node) => tokens.of(textOf(node)));
    for (const [x, y] of alignTokens(numbers(p), numbers(q))) matching.add(p[x] as Node, q[y] as Node);
    [from, to] = [i + 1, j + 1];
  }
}

/** The most pairs that ascend in both members; the pairs ascend in the first. */
function longestAscending(pairs: readonly [number, number][]): [number, number][] {
  const tails: number[] = [];
  const before = new Int32Array(pairs.length).fill(-1);
  pairs.forEach(([, value], index) => {
    let [low, high] = [0, tails.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pairs[tails[middle] as number] as [number, number])[1] < value) low = middle + 1;
      else high = middle;
    }
    before[index] = tails[low - 1] ?? -1;
    tails[low] = index;
  });
  const found: [number, number][] = [];
  for (let at = tails.at(-1) ?? -1; at >= 0; at = before[at] as number)
    found.push(pairs[at] as [number, number]);
  return found.reverse();
}

/** Matches producers of matched nodes at the same input, where both are still alone and of one kind. */
function followEdges(queue: Node[], matching: Matching, textOf: (node: Node) => string): void {
  for (let node = queue.pop(); node; node = queue.pop()) {
    const other = matching.ofA(node);
    if (!other) continue;
    for (const [index, value] of node.inputs.entries()) {
      const p = value?.producer;
      const q = other.input(index)?.producer;
      if (!p || !q || matching.ofA(p) || matching.ofB(q) || textOf(p) !== textOf(q)) continue;
      matching.add(p, q);
      queue.push(p);
    }
  }
}
