import type { MultipleChoice, WidthTiming } from "../../analysis/index.js";
import { msText, percentText } from "./numbers.js";
import { tableText } from "./table.js";

/** What `--round-to auto` measured, and what it chose. */
export interface MeasuredWidths extends MultipleChoice {
  readonly layers: readonly (WidthTiming & { readonly inputs: number; readonly outputs: number })[];
}

/** Timings that differ by more than this between two measurements are called noisy. */
const NOISY = 0.1;

/** One row for each multiple: how much slower its widths are, and the widths and times of every layer. */
export function widthsText({ multiple, costs, alone, noise, layers }: MeasuredWidths): string {
  const right = { align: "right" } as const;
  const names = [...new Set(layers.map(({ layer }) => layer))];
  const cell = (layer: string, of: number) =>
    layers
      .filter((each) => each.layer === layer && each.multiple === of)
      .map(({ inputs, outputs, ms }) => `${inputs}→${outputs} ${msText(Math.min(...ms))}`)
      .join(", ");
  const table = tableText(
    [{ title: "multiple", ...right }, { title: "slower by", ...right }, ...names.map((title) => ({ title }))],
    costs.map((cost) => [
      String(cost.multiple),
      percentText(cost.slowdown - 1),
      ...names.map((name) => cell(name, cost.multiple)),
    ]),
  );
  const shaky = noise > NOISY || alone.some((choice) => choice !== multiple);
  const caveat = `two measurements differ by ${percentText(noise)} and would choose ${alone.join(" and ")}: the machine is busy, or several widths are about as fast; --round-to ${multiple} repeats this choice`;
  return [table, `widths are multiples of ${multiple}`, ...(shaky ? [caveat] : [])].join("\n");
}
