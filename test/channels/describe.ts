import { type ChannelAnalysis, type PlanSlice, pruningOrders } from "../../src/channels/index.js";

/** Every channel group as "layers: widest axis, sizes of cells". */
export function describeGroups(analysis: ChannelAnalysis): string[] {
  const scores = new Float64Array(analysis.unitCount);
  return pruningOrders(analysis, scores).map(({ group, cells }) => {
    const layers = new Set(group.producers.map(({ holder }) => holder));
    return `${[...layers].join(" ")}: ${group.size}, ${cells.join("+")}`;
  });
}

/** Every barrier as "code node tensor axis". */
export function describeBarriers(analysis: ChannelAnalysis): string[] {
  return analysis.barriers.map(
    ({ code, node, tensor, axis }) => `${code} ${node || "-"} ${tensor || "-"} ${axis}`,
  );
}

/** Every cut of a constant as "tensor axis: positions", of an activation as "value at reader axis: positions". */
export function describeSlices(slices: readonly PlanSlice[]): string[] {
  return slices
    .filter(({ removed }) => removed.length > 0)
    .map(({ tensor, value, reader, source, axis, removed, within }) => {
      const what = tensor ? (source ? `${source} for ${reader}` : tensor) : `${value} at ${reader}`;
      const rows = within ? ` rows ${within.start}-${within.end}` : "";
      return `${what} ${axis}${rows}: ${removed.join(" ")}`;
    });
}
