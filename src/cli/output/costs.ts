import type { ModelCost } from "../../analysis/index.js";
import type { Node } from "../../ir/index.js";
import { bytesText, countText, percentText } from "./numbers.js";
import { tableText } from "./table.js";

/** A cost before and after, null where it is not known; `ratio` is the kept share, null also where there was nothing. */
export interface CostChange {
  readonly before: number | null;
  readonly after: number | null;
  readonly ratio: number | null;
}

export function changeOf(before: number, after: number): CostChange {
  return { before, after, ratio: before > 0 ? after / before : null };
}

/** The three costs of a model before and after, as documents have them; MACs that miss some nodes are not known. */
export function costChanges(
  before: ModelCost,
  after: ModelCost,
  uncounted: readonly Node[],
): Record<"macs" | "params" | "bytes", CostChange> {
  const unknown = { before: null, after: null, ratio: null };
  return {
    macs: uncounted.length > 0 ? unknown : changeOf(before.macs, after.macs),
    params: changeOf(before.params, after.params),
    bytes: changeOf(before.bytes, after.bytes),
  };
}

/** A row of the before/after table: what, before, after, and the kept share. */
export function changeRow(name: string, change: CostChange, text: (value: number) => string): string[] {
  const { before, after, ratio } = change;
  const shown = [before, after].map((value) => (value === null ? "?" : text(value)));
  return [name, ...shown, ratio === null ? "" : percentText(ratio)];
}

/** The before/after table; `more` are rows beneath the costs. */
export function costsTable(
  changes: ReturnType<typeof costChanges>,
  more: readonly (readonly string[])[] = [],
): string {
  const columns = [
    { title: "" },
    ...["before", "after", "kept"].map((title) => ({ title, align: "right" as const })),
  ];
  return tableText(columns, [
    changeRow("MACs", changes.macs, countText),
    changeRow("params", changes.params, countText),
    changeRow("bytes", changes.bytes, bytesText),
    ...more,
  ]);
}
