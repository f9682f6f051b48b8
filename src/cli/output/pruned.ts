import type { PrunedModel } from "../../rewrite/index.js";
import { type changeOf, changeRow, type costChanges, costsTable } from "./costs.js";
import { msText, percentText, secondsText } from "./numbers.js";
import type { OutputPaths } from "./write.js";

/** What `prune --json` says of a pruned model, less what belongs to single flags. Schema: schemas/prune.schema.json */
export interface PruneDocument extends ReturnType<typeof costChanges> {
  readonly latency?: ReturnType<typeof changeOf>;
  readonly units: { readonly total: number; readonly removed: number };
  readonly budget: string;
  readonly target: number;
  readonly met: boolean;
  /** Operators that take their statistics over what is left. */
  readonly recomputed: number;
  readonly removable: number | null;
  readonly barriers: readonly { readonly code: string; readonly count: number }[];
  readonly seconds: Readonly<Record<string, number>>;
}

export function removedUnits({ selection }: PrunedModel): number {
  return selection.removed.reduce((sum, flag) => sum + flag, 0);
}

/** The same for people; `gaps` says where sizes are not known. */
export function pruneText(result: PruneDocument, gaps: readonly string[], paths: OutputPaths): string {
  const { units, removable, recomputed, barriers, met, budget, target } = result;
  const held = barriers.map(({ code, count }) => `${code} (${count})`).join(", ");
  return [
    costsTable(result, result.latency && [changeRow("time", result.latency, msText)]),
    "",
    ...(met ? [] : [`--${budget} ${target} is out of reach: this is the nearest`]),
    `${units.removed} of ${units.total} units removed`,
    removable === null
      ? "how many multiply-accumulates that saves is not known"
      : `${recomputed > 0 ? "pruning by these rules" : "exact pruning"} could remove ${percentText(removable)} of the MACs`,
    ...(recomputed > 0
      ? [`approximate: ${recomputed} operators take their statistics over the channels that are left`]
      : []),
    ...gaps.map((gap) => `sizes are not known everywhere: ${gap}`),
    ...(held === "" ? [] : [`what keeps channels: ${held}; topiary groups shows where`]),
    endText(result.seconds, paths),
  ].join("\n");
}

/** How long the stages took, and what was written. */
export function endText(seconds: Readonly<Record<string, number>>, { out, plan }: OutputPaths): string {
  const spent = Object.entries(seconds).map(([stage, time]) => `${stage} ${secondsText(time)}`);
  const files = [out, plan].filter((path) => path !== undefined && path !== "-");
  return `${spent.join(", ")}\nwritten: ${files.join(", ") || "standard output"}`;
}
