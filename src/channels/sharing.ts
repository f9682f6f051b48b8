import type { Node, Value } from "../ir/index.js";
import { lookupOp, type OpWindow } from "../ops/index.js";
import type { ChannelAnalysis } from "./analysis.js";
import type { ChannelGroup } from "./groups.js";

/** Which groups a policy chooses about: all, or those of the paper's action spaces. */
export const sharings = ["exact", "paper"] as const;
export type Sharing = (typeof sharings)[number];

/** A convolution with the groups whose channels it reads and makes. */
interface Layer {
  readonly window: OpWindow;
  readonly reads: ReadonlySet<ChannelGroup>;
  readonly makes: ReadonlySet<ChannelGroup>;
}

/**
 * Groups that lose the same share: what one number of an action is about. `exact` gives every group a number of its own.
 * `paper` gives the action spaces of the GNN-RL paper (arXiv 2102.03214, section 4), recognised by what a graph holds:
 *
 * - Only channels that convolutions make may go, so hidden linear layers stay. What residual additions tie together is
 *   one group by itself (ResNets: the trunk and one group for each block; VGG-16: one for each convolution).
 * - Where there are depthwise convolutions, only pointwise convolutions beside one of them lose channels: those of
 *   MobileNet's blocks, not the first convolution nor MobileNet-v2's last one. Those that no activation follows (linear
 *   bottlenecks) share one number.
 * - Where there are channel shuffles too, only what is inside a block goes: channels that one pointwise convolution makes,
 *   a depthwise one filters and one other reads; the width of a block's output stays.
 */
export function pruningActions(
  analysis: ChannelAnalysis,
  groups: readonly ChannelGroup[],
  sharing: Sharing,
): readonly (readonly ChannelGroup[])[] {
  if (sharing === "exact") return groups.map((group) => [group]);
  const graph = new LayerGraph(analysis, groups);
  if (!graph.layers.some(({ window }) => window.depthwise))
    return groups.filter((group) => graph.isMadeByConvolutions(group)).map((group) => [group]);
  if (analysis.shuffles.length > 0)
    return groups.filter((group) => graph.isInsideBlock(group)).map((group) => [group]);
  const inBlocks = groups.filter((group) => graph.isOfBlocks(group));
  const linear = inBlocks.filter((group) => !graph.activated.has(group));
  const others = inBlocks.filter((group) => graph.activated.has(group)).map((group) => [group]);
  return linear.length > 0 ? [...others, linear] : others;
}

/** The convolutions of a graph, and what else its groups pass. */
class LayerGraph {
  readonly layers: Layer[] = [];
  /** Groups whose channels pass an activation. */
  readonly activated = new Set<ChannelGroup>();
  readonly #linear = new Set<ChannelGroup>();
  readonly #depthwise = new Set<ChannelGroup>();
  readonly #groupOf = new Map<number, ChannelGroup>();

  constructor(
    private readonly analysis: ChannelAnalysis,
    groups: readonly ChannelGroup[],
  ) {
    for (const group of groups) for (const unit of group.units) this.#groupOf.set(unit, group);
    for (const node of analysis.graph.nodes) this.#add(node);
  }

  isMadeByConvolutions(group: ChannelGroup): boolean {
    return this.#makersOf(group).length > 0 && !this.#linear.has(group);
  }

  /** Whether only pointwise convolutions make it, each beside a depthwise one. */
  isOfBlocks(group: ChannelGroup): boolean {
    const makers = this.#makersOf(group);
    const isBeside = ({ reads }: Layer) => this.#depthwise.has(group) || any(reads, this.#depthwise);
    return makers.length > 0 && makers.every((maker) => isPointwise(maker) && isBeside(maker));
  }

  /** Whether one pointwise convolution makes it, a depthwise one filters it, and one convolution reads it. */
  isInsideBlock(group: ChannelGroup): boolean {
    const makers = this.#makersOf(group);
    const readers = this.layers.filter(({ reads, window }) => !window.depthwise && reads.has(group));
    return (
      makers.length === 1 && makers.every(isPointwise) && readers.length === 1 && this.#depthwise.has(group)
    );
  }

  #makersOf(group: ChannelGroup): Layer[] {
    return this.layers.filter(({ makes, window }) => !window.depthwise && makes.has(group));
  }

  #add(node: Node): void {
    const definition = lookupOp(node);
    const [input, output] = [node.inputs[0], node.outputs[0]];
    if (!definition || !input || !output) return;
    const window = definition.kind === "convolution" ? definition.window?.(node) : undefined;
    if (window) {
      const layer = { window, reads: this.#groupsOn(node, input), makes: this.#groupsOn(node, output) };
      this.layers.push(layer);
      if (window.depthwise) for (const group of layer.makes) this.#depthwise.add(group);
    }
    const passed = { activation: this.activated, linear: this.#linear };
    if (definition.kind === "activation" || definition.kind === "linear")
      for (const group of this.#groupsOn(node, output)) passed[definition.kind].add(group);
  }

  #groupsOn(node: Node, value: Value): Set<ChannelGroup> {
    const found = new Set<ChannelGroup>();
    for (const { labels } of this.analysis.fieldsOf(node, value)) {
      for (const unit of this.analysis.unitsOf(labels)) {
        const group = this.#groupOf.get(unit);
        if (group) found.add(group);
      }
    }
    return found;
  }
}

function isPointwise({ window }: Layer): boolean {
  return window.kernel.length > 0 && window.kernel.every((size) => size === 1);
}

function any<T>(items: Iterable<T>, set: ReadonlySet<T>): boolean {
  for (const item of items) if (set.has(item)) return true;
  return false;
}
