import type { ChannelAnalysis } from "./analysis.js";
import type { ChannelGroup } from "./groups.js";
import type { PruningOrder } from "./steps.js";

/** At which widths a group may stop. */
export interface Limits {
  /** Largest removed share of a group, 1 for no limit but the last channel. */
  readonly maxRatio?: number | undefined;
  /** Widths are multiples of this where the group allows it. */
  readonly roundTo?: number | undefined;
}

/** The levels (numbers of steps) at which an order may stop, ascending, 0 first. */
export interface Stops {
  readonly order: PruningOrder;
  readonly levels: readonly number[];
  /** Units gone at each of these levels. */
  readonly gone: readonly number[];
}

/** Where an order may stop under the given limits. */
export function stopsOf(
  order: PruningOrder,
  analysis: ChannelAnalysis,
  { maxRatio = 1, roundTo = 1 }: Limits,
): Stops {
  const most = maxRatio * order.group.units.length + 1e-9;
  const channels = roundTo === 1 ? undefined : channelsOfUnits(order.group, analysis);
  let width = order.group.size;
  const levels = [0];
  const gone = [0];
  let count = 0;
  order.steps.forEach((step, i) => {
    count += step.units.length;
    if (channels) for (const unit of step.units) width -= channels.get(unit) ?? 0;
    if (count > most || (channels && width % roundTo !== 0)) return;
    levels.push(i + 1);
    gone.push(count);
  });
  return { order, levels, gone };
}

/** How many channels of the group's widest layer go with each unit. */
function channelsOfUnits({ producers, size }: ChannelGroup, analysis: ChannelAnalysis): Map<number, number> {
  const channels = new Map<number, number>();
  const widest = producers.find(({ labels }) => labels.length === size);
  for (const unit of widest ? analysis.unitsOf(widest.labels) : [])
    channels.set(unit, (channels.get(unit) ?? 0) + 1);
  return channels;
}

/** The furthest stop that removes at most `share` of the group's units. */
export function levelFor({ order, gone }: Stops, share: number): number {
  // The same slack in every group: a share that lets one lose half lets all.
  const most = (share + 1e-9) * order.group.units.length;
  let level = gone.length - 1;
  while (level > 0 && (gone[level] as number) > most) level--;
  return level;
}
