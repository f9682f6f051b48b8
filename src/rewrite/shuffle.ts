import type { KeptChannels } from "../channels/index.js";
import { attribute, type Model, type Node, Tensor } from "../ir/index.js";
import type { Shuffle } from "../ops/index.js";
import { addConstant } from "./constants.js";

/**
 * A channel shuffle (reshape, transpose, reshape) after a cut: the three steps would interleave ranks instead of
 * channels, so one Gather with what is left of the permutation takes their place. Channels may then go one by one, not
 * only at the same offset of every block. True where the graph was changed.
 */
export function rewriteShuffle(
  copy: Model,
  site: Shuffle,
  kept: KeptChannels,
  twins: ReadonlyMap<Node, Node>,
): boolean {
  const [first, last] = [site.nodes[0] as Node, site.nodes.at(-1) as Node];
  const before = kept.positions(first, site.input, site.axis);
  const after = kept.positions(last, site.output, site.axis);
  const size = kept.analysis.dims(site.input)?.[site.axis];
  if (before.length === size) return false;
  const rank = new Map(before.map((position, i) => [position, i]));
  const indices = after.map((position) => rank.get(site.permutation[position] as number) as number);
  const [head, tail] = [twins.get(first) as Node, twins.get(last) as Node];
  const input = head.input(0);
  const output = tail.output(0);
  if (!input || !output) return false;
  const constant = addConstant(copy, `${output.name}_order`, Tensor.int64("", [indices.length], indices));
  copy.graph.replaceNode(tail, {
    opType: "Gather",
    name: tail.name,
    inputs: [input, constant],
    outputs: [output],
    attributes: [attribute.int("axis", site.axis)],
  });
  copy.graph.remove(site.nodes.slice(0, -1).map((node) => twins.get(node) as Node));
  return true;
}
