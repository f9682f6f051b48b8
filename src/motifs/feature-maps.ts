import type { ChannelAnalysis, ChannelGroup, KeptChannels } from "../channels/index.js";
import { elementsOf, type Value } from "../ir/index.js";
import { channelScale, type NodeColumns } from "./features.js";

/** Which channel group each unit is in. */
export class GroupIndex {
  readonly #groupOf: Int32Array;

  constructor(
    analysis: ChannelAnalysis,
    readonly groups: readonly ChannelGroup[],
  ) {
    this.#groupOf = new Int32Array(analysis.unitCount).fill(-1);
    groups.forEach(({ units }, group) => {
      for (const unit of units) this.#groupOf[unit] = group;
    });
  }

  /** The number of the group that most of these units are in; -1 where none may go. */
  of(units: Int32Array): number {
    const counts = new Map<number, number>();
    for (const unit of units) {
      if (unit >= 0)
        counts.set(this.#groupOf[unit] as number, (counts.get(this.#groupOf[unit] as number) ?? 0) + 1);
    }
    let [most, found] = [0, -1];
    for (const [group, count] of counts) if (count > most) [most, found] = [count, group];
    return found;
  }
}

/** A feature map with what pruning does not change about it. */
export interface FeatureMap {
  readonly value: Value;
  /** Undefined where its dimensions are not known. */
  readonly dims: readonly number[] | undefined;
  readonly channelAxis: number;
  /** The number of its channel group; -1 without. */
  readonly group: number;
  /** Columns that stay. */
  readonly fixed: Pick<NodeColumns, "prunable" | "tied" | "channelGroup" | "position">;
}

export function featureMap(
  value: Value,
  position: number,
  analysis: ChannelAnalysis,
  groups: GroupIndex,
): FeatureMap {
  const dims = analysis.dims(value);
  const field = analysis.labelling.values.get(value)?.fields.find(({ axes }) => axes.length === 1);
  const units = field ? analysis.unitsOf(field.labels) : new Int32Array(0);
  const group = groups.of(units);
  const tied = groups.groups[group]?.producers.length ?? 0;
  return {
    value,
    dims,
    channelAxis: field?.axes[0] ?? usualAxis(dims ?? []),
    group,
    fixed: {
      prunable: units.length > 0 ? units.filter((unit) => unit >= 0).length / units.length : 0,
      tied: Math.log2(1 + tied) / 8,
      channelGroup: group < 0 ? 0 : (group + 1) / groups.groups.length,
      position,
    },
  };
}

/** Where channels usually are: axis 1 of images and signals, the last of anything else. */
function usualAxis(dims: readonly number[]): number {
  return dims.length > 2 ? 1 : dims.length - 1;
}

/** The columns of a feature map with what is left of its channels. */
export function featureMapColumns(map: FeatureMap, kept: KeptChannels): NodeColumns {
  const { value, dims, channelAxis, fixed } = map;
  const now = value.producer ? kept.dims(value.producer, value) : dims;
  const [channels, before] = [now?.[channelAxis] ?? 0, dims?.[channelAxis] ?? 0];
  // The first axis counts samples, unless it is the only one.
  const samples = channelAxis > 0 ? (now?.[0] ?? 1) : 1;
  const places = now && channels * samples > 0 ? elementsOf(now) / (channels * samples) : 0;
  return {
    channels: channelScale(channels),
    places: Math.log2(1 + places) / 32,
    kept: before > 0 ? channels / before : 1,
    ...fixed,
  };
}
