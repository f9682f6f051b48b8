import type { ChannelAnalysis } from "./analysis.js";
import type { LabelBlock } from "./holders.js";

/** Units that one pruning ratio is about: they share a layer's output axis or a constraint. */
export interface ChannelGroup {
  readonly id: string;
  /** Width in channels of the widest axis that makes these channels. */
  readonly size: number;
  /** Ascending unit indices. */
  readonly units: Int32Array;
  readonly producers: readonly LabelBlock[];
  readonly consumers: readonly LabelBlock[];
}

/** The groups of a graph in the order of their first layer; a unit is in exactly one. */
export function channelGroups(analysis: ChannelAnalysis): readonly ChannelGroup[] {
  const parent = Int32Array.from({ length: analysis.unitCount }, (_, i) => i);
  const find = (unit: number): number => {
    let root = unit;
    while (parent[root] !== root) root = parent[root] = parent[parent[root] as number] as number;
    return root;
  };
  const join = (units: Int32Array | readonly number[]) => {
    let first = -1;
    for (let at = 0; at < units.length; at++) {
      const unit = units[at] as number;
      if (unit < 0) continue;
      if (first < 0) first = find(unit);
      else parent[find(unit)] = first;
    }
  };
  const producers = [...analysis.producers()];
  for (const block of producers) join(analysis.unitsOf(block.labels));
  for (const { blocks } of analysis.labelling.balances) {
    join([...unevenUnits(blocks.map((labels) => analysis.unitsOf(labels)))]);
  }
  const members = new Map<number, number[]>();
  for (let unit = 0; unit < analysis.unitCount; unit++) {
    const root = find(unit);
    const list = members.get(root);
    if (list) list.push(unit);
    else members.set(root, [unit]);
  }
  const blocksOf = collectBlocks(analysis, find);
  return [...members].map(([root, units], index) => {
    const blocks = blocksOf.get(root) ?? [];
    const making = blocks.filter((block) => block.makesChannels);
    return {
      id: `g${index}`,
      size: Math.max(0, ...making.map((block) => block.labels.length)),
      units: Int32Array.from(units),
      producers: making,
      consumers: blocks.filter((block) => block.role === "consumer"),
    };
  });
}

function collectBlocks(analysis: ChannelAnalysis, find: (unit: number) => number): Map<number, LabelBlock[]> {
  const blocks = new Map<number, LabelBlock[]>();
  for (const block of analysis.blocks()) {
    const roots = new Set<number>();
    let last = -1;
    for (const unit of analysis.unitsOf(block.labels)) {
      if (unit < 0) continue;
      const root = find(unit);
      if (root !== last) roots.add(root);
      last = root;
    }
    for (const root of roots) {
      const list = blocks.get(root);
      if (list) list.push(block);
      else blocks.set(root, [block]);
    }
  }
  return blocks;
}

/** Units that do not weigh the same in every block: those that a balance constrains. */
export function unevenUnits(blocks: readonly Int32Array[]): Set<number> {
  const uneven = new Set<number>();
  const first = new Map<number, number>();
  const alike = new Map<number, number>();
  for (const block of blocks) {
    for (const [unit, times] of countUnits(block)) {
      if (!first.has(unit)) first.set(unit, times);
      if (first.get(unit) === times) alike.set(unit, (alike.get(unit) ?? 0) + 1);
    }
  }
  for (const unit of first.keys()) if (alike.get(unit) !== blocks.length) uneven.add(unit);
  return uneven;
}

function countUnits(units: Int32Array): Map<number, number> {
  const counts = new Map<number, number>();
  for (const unit of units) if (unit >= 0) counts.set(unit, (counts.get(unit) ?? 0) + 1);
  return counts;
}
