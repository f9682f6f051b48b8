import type { Node, Value } from "../ir/index.js";
import { constantTensor } from "../ops/index.js";
import type { ChannelAnalysis } from "./analysis.js";
import type { Barrier, Joint } from "./atoms.js";
import { type ChannelGroup, channelGroups } from "./groups.js";

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
}

/**
 * Why the channels of a node's outputs, or of a tensor, may or may not go: for every labelled axis its groups, and the
 * shortest chain of joins from its first frozen channel to what froze it. Undefined where the graph knows no such name.
 */
export function whyChannels(analysis: ChannelAnalysis, name: string): readonly AxisVerdict[] | undefined {
  const values = valuesNamed(analysis, name);
  if (!values) return undefined;
  const groups = channelGroups(analysis);
  const ways = new Ways(analysis.atoms.joints);
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
  const frozen = labels.filter((label) => analysis.unitOf(label) < 0);
  const way =
    frozen[0] === undefined
      ? undefined
      : ways.find(frozen[0], (atom) => analysis.atoms.directBarrierOf(atom));
  return {
    tensor: value.name,
    axis,
    size: labels.length,
    groups: groups.filter((group) => group.units.some((unit) => units.has(unit))).map((group) => group.id),
    frozen: frozen.length,
    barrier: way?.barrier,
    path: way?.path ?? [],
  };
}

/** The joins of an analysis as a graph of atoms. */
class Ways {
  readonly #edges = new Map<number, { readonly to: number; readonly node: Node }[]>();

  constructor(joints: readonly Joint[]) {
    for (const { node, a, b } of joints) {
      for (let i = 0; i < a.length; i++) {
        this.#add(a[i] as number, b[i] as number, node);
        this.#add(b[i] as number, a[i] as number, node);
      }
    }
  }

  #add(from: number, to: number, node: Node): void {
    const list = this.#edges.get(from);
    if (list) list.push({ to, node });
    else this.#edges.set(from, [{ to, node }]);
  }

  /** Breadth first from an atom to one on which a barrier was put. */
  find(
    start: number,
    barrierAt: (atom: number) => Barrier | undefined,
  ): { barrier: Barrier; path: Node[] } | undefined {
    const cameBy = new Map<number, { from: number; node: Node } | undefined>([[start, undefined]]);
    for (const atom of cameBy.keys()) {
      const barrier = barrierAt(atom);
      if (barrier) return { barrier, path: this.#pathTo(atom, cameBy) };
      for (const { to, node } of this.#edges.get(atom) ?? [])
        if (!cameBy.has(to)) cameBy.set(to, { from: atom, node });
    }
    return undefined;
  }

  #pathTo(atom: number, cameBy: ReadonlyMap<number, { from: number; node: Node } | undefined>): Node[] {
    const path: Node[] = [];
    for (let step = cameBy.get(atom); step; step = cameBy.get(step.from)) {
      if (path[0] !== step.node) path.unshift(step.node);
    }
    return path;
  }
}
