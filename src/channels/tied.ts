import type { ChannelAnalysis } from "./analysis.js";
import type { ChannelGroup } from "./groups.js";
import { pruningActions, type Sharing } from "./sharing.js";
import type { PruningOrder, PruningStep } from "./steps.js";
import { type Limits, levelFor, stopsOf } from "./stops.js";

/** Orders by which a policy may choose: one for each action, without the groups that it leaves alone. */
export function sharedOrders(
  analysis: ChannelAnalysis,
  orders: readonly PruningOrder[],
  sharing: Sharing,
  limits: Limits,
): readonly PruningOrder[] {
  if (sharing === "exact") return orders;
  const orderOf = new Map(orders.map((order) => [order.group, order]));
  return pruningActions(analysis, [...orderOf.keys()], sharing).map((groups) =>
    tied(
      groups.flatMap((group) => orderOf.get(group) ?? []),
      analysis,
      limits,
    ),
  );
}

/** One order for several: with each of its steps all have lost the same share, as nearly as their limits allow. */
function tied(members: readonly PruningOrder[], analysis: ChannelAnalysis, limits: Limits): PruningOrder {
  const [only] = members;
  if (members.length === 1 && only) return only;
  const stops = members.map((order) => stopsOf(order, analysis, limits));
  const shares = stops.flatMap(({ order, gone }) => gone.map((count) => count / order.group.units.length));
  const steps: PruningStep[] = [];
  let levels = stops.map(() => 0);
  for (const share of [...new Set(shares)].sort((a, b) => a - b)) {
    const next = stops.map((each) => each.levels[levelFor(each, share)] ?? 0);
    const taken = members.flatMap(({ steps: own }, i) => own.slice(levels[i], next[i]));
    levels = next;
    if (taken.length === 0) continue;
    const mean = taken.reduce((sum, step) => sum + step.score, 0) / taken.length;
    // As in every order, no step scores less than one before it.
    const score = Math.max(mean, steps.at(-1)?.score ?? mean);
    steps.push({ units: taken.flatMap(({ units }) => units), score });
  }
  return {
    group: union(members.map(({ group }) => group)),
    steps,
    cells: members.flatMap(({ cells }) => cells),
  };
}

/** All of them as one, which has the name of the first. */
function union(groups: readonly ChannelGroup[]): ChannelGroup {
  return {
    id: groups[0]?.id ?? "",
    size: Math.max(...groups.map(({ size }) => size)),
    units: Int32Array.from(groups.flatMap(({ units }) => [...units])).sort(),
    producers: groups.flatMap(({ producers }) => producers),
    consumers: groups.flatMap(({ consumers }) => consumers),
  };
}
