import type { ChannelGroup, LabelBlock } from "../../channels/index.js";
import type { Graph, Node, Value } from "../../ir/index.js";
import { findMotifs, operationsOf } from "../../motifs/index.js";
import { kindOf } from "../../ops/index.js";

/** The names of the constant behind labels, and of the nodes that read it. */
export function namesOf(block: LabelBlock, graph: Graph): string[] {
  const readers = readersOf(block, graph).map(({ name }) => name);
  return [constantOf(block, graph)?.name, ...readers].flatMap((name) => name || []);
}

/**
 * Equal for groups whose channels are made and read by operations of the same types (kernel, stride, activation,
 * normalization; widths do not count), equally many of each: what `--ranking isomorphic` compares.
 */
export function likeWithLike(graph: Graph): (group: ChannelGroup) => string {
  const typeOf = new Map<Node, string>();
  for (const { nodes, primitive } of operationsOf(findMotifs(graph).top))
    for (const node of nodes) typeOf.set(node, primitive.name);
  const types = (blocks: readonly LabelBlock[]) =>
    blocks.map((block) => readersOf(block, graph).map((node) => typeOf.get(node) ?? node.opType)).sort();
  return ({ producers, consumers }) => JSON.stringify([types(producers), types(consumers)]);
}

/** Whether some other layer than a fully connected one makes the group's channels. */
export function isMadeElsewhere(graph: Graph): (group: ChannelGroup) => boolean {
  return ({ producers }) =>
    producers.some((block) => !readersOf(block, graph).every((node) => kindOf(node) === "linear"));
}

function readersOf(block: LabelBlock, graph: Graph): Node[] {
  return [...(constantOf(block, graph)?.uses() ?? [])].map(({ node }) => node);
}

/** A holder is called after its constant, and after its reader where that has one of its own. */
function constantOf({ holder }: LabelBlock, graph: Graph): Value | undefined {
  return graph.find(holder) ?? graph.find(holder.slice(0, Math.max(0, holder.lastIndexOf("#"))));
}
