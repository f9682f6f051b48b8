import { type Attribute, graphsOf } from "./attribute.js";
import { graphDifferences } from "./equal.js";
import { callKey, keyOf } from "./function-key.js";
import type { Graph } from "./graph.js";
import type { InlinedCall } from "./inline.js";
import type { FunctionBody, Model } from "./model.js";
import type { Node } from "./node.js";
import { allGraphs } from "./traverse.js";
import type { Value } from "./value.js";

/**
 * Puts calls back into a model that came from `inlineFunctions` and was edited: every call whose nodes are still as they
 * were, whatever became of what it reads. Functions that nobody calls any more go. Edits `model`.
 */
export function restoreCalls(model: Model, calls: readonly InlinedCall[]): void {
  if (calls.length === 0) return;
  const { graph } = model;
  for (const { call, nodes } of calls) {
    const replaced = new Map(call.inputs.map((value) => [value?.name, value && graph.find(value.name)]));
    const twins = twinsOf(graph, nodes, replaced);
    const outputs = call.outputs.map((value) => value && (graph.find(value.name) ?? null));
    if (!twins || !isClosed(twins, outputs)) continue;
    const inputs = call.inputs.map((value) => replaced.get(value?.name) ?? null);
    graph.replaceNodes(twins, { ...call, inputs, outputs, attributes: call.attributes.values() });
  }
  model.functions = calledFunctions(model);
}

/** What stands for each input of a call in the edited graph, by the input's name. */
type Replaced = Map<string | undefined, Value | null | undefined>;

/**
 * The nodes of an edited graph that stand where those of a call stood; undefined where one has changed. A constant that
 * the call is given may have become another one, for all of them; `replaced` learns which.
 */
function twinsOf(graph: Graph, nodes: readonly Node[], replaced: Replaced): Set<Node> | undefined {
  const twins = new Set<Node>();
  const moved = new Map<string, Value>();
  for (const node of nodes) {
    const twin = graph.find(node.outputs.find((value) => value)?.name ?? "")?.producer;
    if (!twin || !isSame(node, twin)) return undefined;
    for (const [i, value] of node.inputs.entries()) {
      const now = twin.inputs[i];
      if (!value || !now || !replaced.has(value.name)) {
        if (value?.name !== now?.name) return undefined;
      } else {
        if (now.name !== value.name && !now.initializer) return undefined;
        if ((moved.get(value.name) ?? now) !== now) return undefined;
        moved.set(value.name, now);
      }
    }
    twins.add(twin);
  }
  for (const [name, value] of moved) replaced.set(name, value);
  return twins.size > 0 ? twins : undefined;
}

function isSame(a: Node, b: Node): boolean {
  const made = ({ outputs }: Node) => JSON.stringify(outputs.map((value) => value?.name));
  return (
    a.opType === b.opType &&
    a.domain === b.domain &&
    a.inputs.length === b.inputs.length &&
    made(a) === made(b) &&
    a.attributes.size === b.attributes.size &&
    [...a.attributes.values()].every((item) => isSameAttribute(item, b.attributes.get(item.name)))
  );
}

/** An edit makes a new attribute; only bodies are copied along with their graph. */
function isSameAttribute(a: Attribute, b: Attribute | undefined): boolean {
  if (a === b || !b) return a === b;
  const [left, right] = [graphsOf(a), graphsOf(b)];
  const same = (body: Graph, i: number) => {
    const other = right[i];
    return other !== undefined && graphDifferences(body, other).length === 0;
  };
  return left.length > 0 && left.length === right.length && left.every(same);
}

/** Whether nobody outside reads what the nodes make, but for `outputs`. */
function isClosed(nodes: ReadonlySet<Node>, outputs: readonly (Value | null)[]): boolean {
  const isInside = (value: Value | null) =>
    !value ||
    outputs.includes(value) ||
    (!value.isOutput && value.uses().every((use) => nodes.has(use.node)));
  return [...nodes].every((node) => node.outputs.every(isInside));
}

/** The functions that the main graph calls, with those that they call. */
function calledFunctions(model: Model): FunctionBody[] {
  const functions = new Map(model.functions.map((body) => [keyOf(body), body]));
  const called = new Set<FunctionBody>();
  const open = [model.graph];
  for (let graph = open.pop(); graph; graph = open.pop()) {
    for (const each of allGraphs(graph)) {
      for (const node of each.nodes) {
        const body = functions.get(callKey(node));
        if (!body || called.has(body)) continue;
        called.add(body);
        open.push(body.graph);
      }
    }
  }
  return model.functions.filter((body) => called.has(body));
}
