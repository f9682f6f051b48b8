import { fastMultiple, widthProbes } from "../../analysis/index.js";
import { UserError } from "../../base/errors.js";
import type { Model } from "../../ir/index.js";
import type { DimsOf } from "../../ops/index.js";
import { timeModels } from "../../runtime/index.js";
import type { Io } from "../io.js";
import { type Option, option } from "../option.js";
import { type MeasuredWidths, widthsText } from "../output/widths.js";

const count = option.integer(
  "N|auto",
  "widths are multiples of N where the group allows it; auto measures which are fast on this machine",
  { min: 1 },
);

export const roundToFlag: Option<number | "auto" | undefined> = {
  ...count,
  parse: (text, flag, previous) =>
    text === "auto" ? text : count.parse(text, flag, typeof previous === "number" ? previous : undefined),
};

/** The multiple that the flag asks for; with auto what was measured, too, and the table is shown. */
export async function roundToOf(
  { roundTo, provider }: { readonly roundTo: number | "auto" | undefined; readonly provider?: string },
  { graph }: Model,
  dims: DimsOf,
  io: Io,
): Promise<{ readonly roundTo: number | undefined; readonly widths?: MeasuredWidths }> {
  if (roundTo !== "auto") return { roundTo };
  const probes = widthProbes(graph, dims);
  if (probes.length === 0)
    throw new UserError(
      "round-to",
      "--round-to auto: no float32 convolution or matrix product of known size to measure; give a number, such as --round-to 8",
    );
  const advance = io.progress("timing widths, percent");
  // One thread: what widths a kernel likes does not depend on how many there are, and a busy machine disturbs one less.
  const times = await timeModels(
    probes.map(({ model }) => model),
    { provider, threads: 1, onProgress: (share) => advance(Math.round(100 * share), 100) },
  );
  const layers = probes.map(({ model: _, ...probe }, i) => ({ ...probe, ms: times[i] ?? ([0, 0] as const) }));
  const widths = { ...fastMultiple(layers), layers };
  if (!io.json) io.note(widthsText(widths));
  return { roundTo: widths.multiple, widths };
}
