import { type Graph, type Node, producersOf } from "../ir/index.js";

/**
 * A graph's nodes depth first from its outputs, each after what it reads; what no output needs comes last. Depends on
 * how nodes are linked, not on names and not on the order in the file.
 */
export function orderFromOutputs(graph: Graph): Node[] {
  const order: Node[] = [];
  const seen = new Set<Node>();
  const roots = graph.outputs.flatMap(({ producer }) => producer ?? []);
  for (const root of [...roots, ...graph.nodes]) visit(root, seen, order);
  return order;
}

function visit(root: Node, seen: Set<Node>, order: Node[]): void {
  if (seen.has(root)) return;
  seen.add(root);
  const path = [{ node: root, rest: producersOf(root).values() }];
  for (let top = path.at(-1); top; top = path.at(-1)) {
    const { value: next, done } = top.rest.next();
    if (done) {
      order.push(top.node);
      path.pop();
    } else if (!seen.has(next)) {
      seen.add(next);
      path.push({ node: next, rest: producersOf(next).values() });
    }
  }
}
