import type { Graph, Node, Value } from "../ir/index.js";
import { lookupOp, matchShuffle } from "../ops/index.js";
import { SizesDisagree } from "./atoms.js";
import { type Barrier, barrier } from "./barriers.js";
import type { Holder } from "./holders.js";
import type { Labelling } from "./labelling.js";
import { NodeLink } from "./link.js";

/** What must stay for reasons outside the graph. */
export interface KeepRules {
  /** Nodes and tensors that the user wants to keep, by name. */
  readonly isFrozen?: ((name: string) => boolean) | undefined;
  /** Nodes that could not express an earlier cut, by first output. */
  readonly isRefused?: ((output: string) => boolean) | undefined;
}

/**
 * Runs the rules in graph order, all of them the first time, later those that may find something else. Atoms and
 * constants' labels stay from run to run.
 */
export function runRules(labelling: Labelling, keep: KeepRules = {}): void {
  const done = new Set<Node>();
  for (const node of labelling.graph.nodes) {
    if (done.has(node)) continue;
    const { shuffles } = labelling.found(node, () => runRule(labelling, keep, node));
    for (const { nodes } of shuffles) for (const each of nodes) done.add(each);
  }
  for (const output of labelling.graph.outputs) freezeOutput(labelling, output);
}

function runRule(labelling: Labelling, keep: KeepRules, node: Node): void {
  const link = new NodeLink(labelling, node);
  const shuffle = link.obstacle ? undefined : matchShuffle(node, labelling.dims);
  if (shuffle && !shuffle.nodes.some((each) => isRefused(keep, each))) {
    link.shuffle(shuffle);
    labelling.now.shuffles.push(shuffle);
  } else applyRule(labelling, keep, node, link);
}

function isRefused(keep: KeepRules, node: Node): boolean {
  return node.outputs.some((value) => value && keep.isRefused?.(value.name));
}

function applyRule(labelling: Labelling, keep: KeepRules, node: Node, link: NodeLink): void {
  try {
    stateRelations(node, link);
  } catch (error) {
    if (!(error instanceof SizesDisagree)) throw error;
    link.barrier("unknown-shape");
  }
  keepByName(keep, node, link);
  if (node.subgraphs().length > 0) keepCaptured(labelling, node);
}

/** Bodies of If, Loop and Scan read values of this graph by name. */
function keepCaptured(labelling: Labelling, node: Node): void {
  for (const value of capturedBy(node)) {
    const cause = barrier("captured", node, value, 0);
    labelling.now.followsUnions = true;
    labelling.freezeFields(labelling.values.get(value)?.fields ?? [], cause);
    for (const holder of holdersOf(labelling, value)) {
      for (const block of holder.blocks.values()) labelling.atoms.freeze(block.labels, cause);
    }
  }
}

function stateRelations(node: Node, link: NodeLink): void {
  const op = lookupOp(node);
  const obstacle = op ? link.obstacle : "no-rule";
  if (obstacle) link.barrier(obstacle);
  else op?.channels(node, link);
  link.finish();
}

function keepByName(keep: KeepRules, node: Node, link: NodeLink): void {
  if (isRefused(keep, node)) {
    for (const operand of [...link.inputs(), ...link.outputs()]) link.freezeWhole(operand, "not-rewritable");
    return;
  }
  if (!keep.isFrozen) return;
  for (const operand of link.inputs())
    if (keep.isFrozen(operand.value.name)) link.freezeWhole(operand, "frozen-by-user");
  const isFrozen = node.name !== undefined && node.name !== "" && keep.isFrozen(node.name);
  for (const operand of link.outputs())
    if (isFrozen || keep.isFrozen(operand.value.name)) link.freezeWhole(operand, "frozen-by-user");
}

function holdersOf(labelling: Labelling, value: Value): Holder[] {
  return [...labelling.holders.values()].filter((holder) => holder.constant === value);
}

function freezeOutput(labelling: Labelling, output: Value): void {
  const labels = labelling.values.get(output);
  const cause: Barrier = { code: "graph-output", node: "", opType: "", tensor: output.name, axis: 0 };
  for (const field of labels?.fields ?? [])
    labelling.freezeFields([field], { ...cause, axis: field.axes[0] ?? 0 });
}

/** Values of the node's own graph that its bodies read. */
function capturedBy(node: Node): Set<Value> {
  const captured = new Set<Value>();
  const visit = (graph: Graph) => {
    for (const inner of graph.nodes) {
      for (const value of inner.inputs) if (value?.graph === node.graph) captured.add(value);
      for (const body of inner.subgraphs()) visit(body);
    }
    for (const output of graph.outputs) if (output.graph === node.graph) captured.add(output);
  };
  for (const body of node.subgraphs()) visit(body);
  return captured;
}
