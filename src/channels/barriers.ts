import type { Node, Value } from "../ir/index.js";
import type { BarrierCode } from "../ops/index.js";

/** Why channels must stay: a stable code and the place that causes it. */
export interface Barrier {
  readonly code: BarrierCode;
  /** Label of the node that causes it, "" for the graph's own inputs and outputs. */
  readonly node: string;
  readonly opType: string;
  readonly tensor: string;
  readonly axis: number;
}

export function barrier(
  code: BarrierCode,
  node: Node | undefined,
  value: Value | undefined,
  axis: number,
): Barrier {
  return { code, node: node?.label ?? "", opType: node?.opType ?? "", tensor: value?.name ?? "", axis };
}

/** How often each code occurs among barriers, the most frequent first. */
export function countBarriers(
  barriers: readonly Barrier[],
): { readonly code: BarrierCode; readonly count: number }[] {
  const counts = new Map<BarrierCode, number>();
  for (const { code } of barriers) counts.set(code, (counts.get(code) ?? 0) + 1);
  return Array.from(counts, ([code, count]) => ({ code, count })).sort((a, b) => b.count - a.count);
}
