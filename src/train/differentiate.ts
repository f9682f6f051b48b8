import { invariant, UserError } from "../base/errors.js";
import { type Builder, DataType, isFloat, type Node, type SymTensor, type Value } from "../ir/index.js";
import { lookupOp } from "../ops/index.js";

/** Several nodes with one gradient of their own; known by the node that makes the output. */
export interface Composite {
  readonly inputs: readonly SymTensor[];
  gradient(dY: SymTensor): readonly (SymTensor | undefined)[];
}

export type Composites = ReadonlyMap<Node, Composite>;

/**
 * Adds the nodes that compute the gradient of a scalar `loss` with respect to each of `wrt` (undefined where the loss
 * does not depend on it smoothly). Reverse mode: every node is visited once, contributions of several readers are
 * added. Throws the UserError "no-gradient", which names the node, where an operator on the way has no gradient.
 */
export function differentiate(
  build: Builder,
  loss: SymTensor,
  wrt: readonly SymTensor[],
  composites: Composites = new Map(),
): (SymTensor | undefined)[] {
  const forward = [...build.graph.nodes];
  const needed = dependents(build, forward, wrt, composites);
  const found = new Map<Value, SymTensor>([[loss.value, build.scalar(1, loss.type)]]);
  const add = (value: Value, gradient: SymTensor | undefined) => {
    if (!gradient || !needed.has(value)) return;
    const before = found.get(value);
    found.set(value, before ? build.add(before, gradient) : gradient);
  };
  for (const node of forward.reverse()) {
    const dY = node.outputs.map((value) => (value ? found.get(value) : undefined));
    if (dY.every((gradient) => gradient === undefined)) continue;
    const composite = composites.get(node);
    const inputs = composite?.inputs.map(({ value }) => value) ?? node.inputs;
    if (!inputs.some((value) => value && needed.has(value))) continue;
    const gradients = composite ? compositeGradients(composite, dY[0]) : nodeGradients(build, node, dY);
    inputs.forEach((value, i) => {
      if (value) add(value, gradients[i]);
    });
  }
  return wrt.map(({ value }) => found.get(value));
}

function compositeGradients(composite: Composite, dY: SymTensor | undefined) {
  invariant(dY, "a composite has one output");
  return composite.gradient(dY);
}

function nodeGradients(build: Builder, node: Node, dY: readonly (SymTensor | undefined)[]) {
  const op = lookupOp(node);
  if (op?.gradient) return op.gradient(node, dY, build);
  throw new UserError(
    "no-gradient",
    `node ${node.label}: ${node.opType} has no gradient, so the weights before it cannot be trained; freeze them`,
  );
}

/** Float values that depend on `wrt`. */
function dependents(
  build: Builder,
  nodes: readonly Node[],
  wrt: readonly SymTensor[],
  composites: Composites,
): Set<Value> {
  const needed = new Set(wrt.map(({ value }) => value));
  for (const node of nodes) {
    const inputs = composites.get(node)?.inputs.map(({ value }) => value) ?? node.inputs;
    if (!inputs.some((value) => value && needed.has(value))) continue;
    for (const value of node.outputs) {
      if (value && isFloat(build.find(value)?.type ?? DataType.UNDEFINED)) needed.add(value);
    }
  }
  return needed;
}

/** Removes the nodes that no output depends on, such as gradients that nobody asked for. */
export function dropDeadNodes(build: Builder): void {
  const { graph } = build;
  const alive = new Set<Node>();
  for (const node of [...graph.nodes].reverse()) {
    const isRead = node.outputs.some((value) => {
      if (!value) return false;
      if (value.isOutput) return true;
      for (const use of value.uses()) if (alive.has(use.node)) return true;
      return false;
    });
    if (isRead) alive.add(node);
  }
  graph.remove(graph.nodes.filter((node) => !alive.has(node)));
  graph.dropUnusedValues();
}
