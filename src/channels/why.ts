import type { Node, Value } from "../ir/index.js";
import { constantTensor } from "../ops/index.js";
import type { ChannelAnalysis } from "./analysis.js";
import type { Barrier } from "./barriers.js";
import { type ChannelGroup, channelGroups } from "./groups.js";
import { Ways } from "./ways.js";

/** What became of one labelled axis of a value. */
export interface AxisVerdict {
  readonly tensor: string;
  readonly axis: number;
  readonly size: number;
  /** Groups that its removable channels belong to. */
  readonly groups: readonly string[];
  /** Channels that must stay, with the barrier and the way there. */
  readonly frozen: number;
  readonly barrier: Barrier | undefined;
  /** Nodes that joined these channels with others, one after another, up to the barrier. */
  readonly path: readonly Node[];
  /** The other layers that make channels of the same groups. */
  readonly joined: readonly JoinedLayer[];
}

/** A layer that stands with the channels asked about. */
export interface JoinedLayer {
  readonly tensor: string;
  readonly axis: number;
  /** Nodes that join its channels with those asked about, from these to the layer. */
  readonly path: readonly Node[];
}

/**
 * Why the channels of a node's outputs, or of a tensor, may or may not go: for every labelled axis its groups, the
 * shortest chain of joins from its first frozen channel to what froze it, and those from its other channels to each
 * layer of their groups. Undefined where the graph knows no such name.
 */
export function whyChannels(analysis: ChannelAnalysis, name: string): readonly AxisVerdict[] | undefined {
  const values = valuesNamed(analysis, name);
  if (!values) return undefined;
  const groups = channelGroups(analysis);
  const ways = new Ways(analysis);
  return values.flatMap((value) =>
    labelledAxes(analysis, value).map(({ axis, labels }) =>
      verdict(analysis, groups, ways, value, axis, labels),
    ),
  );
}

function valuesNamed(analysis: ChannelAnalysis, name: string): Value[] | undefined {
  const { graph } = analysis;
  const node = graph.nodes.find((each) => each.name === name);
  if (node) return node.outputs.filter((value) => value !== null);
  const value = graph.find(name);
  return value && [value];
}

function labelledAxes(analysis: ChannelAnalysis, value: Value): { axis: number; labels: Int32Array }[] {
  if (!constantTensor(value)) {
    const fields = analysis.labelling.values.get(value)?.fields ?? [];
    return fields.map(({ axes, labels }) => ({ axis: axes[0] ?? 0, labels }));
  }
  const seen = new Map<number, Int32Array>();
  for (const holder of analysis.holders) {
    if (holder.constant !== value) continue;
    for (const block of holder.blocks.values()) seen.set(block.axes.at(-1) ?? 0, block.labels);
  }
  return [...seen].map(([axis, labels]) => ({ axis, labels })).sort((a, b) => a.axis - b.axis);
}

function verdict(
  analysis: ChannelAnalysis,
  groups: readonly ChannelGroup[],
  ways: Ways,
  value: Value,
  axis: number,
  labels: Int32Array,
): AxisVerdict {
  const units = new Set(analysis.unitsOf(labels));
  const own = groups.filter((group) => group.units.some((unit) => units.has(unit)));
  const frozen = labels.filter((label) => analysis.unitOf(label) < 0);
  const first = frozen.subarray(0, 1);
  const way = ways.from(first).nearest((atom) => analysis.atoms.directBarrierOf(atom));
  return {
    tensor: value.name,
    axis,
    size: labels.length,
    groups: own.map((group) => group.id),
    frozen: frozen.length,
    barrier: way?.found,
    path: way?.path ?? [],
    joined: joinedLayers(analysis, own, ways, value, labels),
  };
}

function joinedLayers(
  analysis: ChannelAnalysis,
  groups: readonly ChannelGroup[],
  ways: Ways,
  value: Value,
  labels: Int32Array,
): JoinedLayer[] {
  const constants = new Map([...analysis.holders].map((holder) => [holder.key, holder.constant]));
  const free = labels.filter((label) => analysis.unitOf(label) >= 0);
  const walk = ways.from(free);
  return groups.flatMap(({ producers }) =>
    producers.flatMap((block) => {
      const constant = constants.get(block.holder);
      if (!constant || constant === value || block.labels === labels) return [];
      const layer = new Set(block.labels);
      const way = walk.nearest((atom) => (layer.has(atom) ? block : undefined));
      return way ? [{ tensor: constant.name, axis: block.axes.at(-1) ?? 0, path: way.path }] : [];
    }),
  );
}
