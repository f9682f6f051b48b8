import type { ChannelAnalysis } from "./analysis.js";
import type { Barrier } from "./barriers.js";
import type { LabelBlock } from "./holders.js";
import { pruningOrders } from "./steps.js";

/** An axis of a constant that makes or reads channels, and the first node that reads the constant. */
export interface ChannelAxis {
  readonly node: string;
  readonly tensor: string;
  readonly axis: number;
}

/** The channel groups of a model and what keeps other channels. Schema: schemas/groups.schema.json */
export interface GroupsDocument {
  readonly groups: readonly {
    readonly id: string;
    /** Channels of the widest axis. */
    readonly size: number;
    /** Number of units. */
    readonly units: number;
    /** Sizes of the classes of units that count alike in every constraint. */
    readonly cells: readonly number[];
    readonly producers: readonly ChannelAxis[];
    readonly consumers: readonly ChannelAxis[];
  }[];
  readonly barriers: readonly {
    readonly code: Barrier["code"];
    readonly node: string;
    readonly opType: string;
    readonly tensor: string;
    readonly axis: number;
  }[];
}

/** Where a block of labels lies. */
export function channelAxis(analysis: ChannelAnalysis, { holder: key, axes }: LabelBlock): ChannelAxis {
  const holder = analysis.labelling.holders.get(key);
  const [use] = holder?.constant.uses() ?? [];
  return {
    node: (holder?.reader ?? use?.node)?.label ?? "",
    tensor: holder?.constant.name ?? key,
    axis: axes.at(-1) ?? 0,
  };
}

/** What an analysis found, as a plain value. */
export function groupsDocument(analysis: ChannelAnalysis): GroupsDocument {
  const scores = new Float64Array(analysis.unitCount);
  const axisOf = (block: LabelBlock) => channelAxis(analysis, block);
  return {
    groups: pruningOrders(analysis, scores).map(({ group, cells }) => ({
      id: group.id,
      size: group.size,
      units: group.units.length,
      cells,
      producers: group.producers.map(axisOf),
      consumers: group.consumers.map(axisOf),
    })),
    barriers: analysis.barriers.map(({ code, node, opType, tensor, axis }) => ({
      code,
      node,
      opType,
      tensor,
      axis,
    })),
  };
}
