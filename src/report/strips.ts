import { UserError } from "../base/errors.js";
import { type Comparison, constantOf } from "../diff/index.js";
import { channelNorms, type Node, type Tensor } from "../ir/index.js";
import { NORM_DIGITS, type Strip } from "./scene.js";
import type { Subject } from "./subject.js";

/** The channels that each node makes, with their norms. */
export function wholeStrips({ channels }: Subject): (node: Node) => readonly Strip[] {
  const axes = new Map<string, Map<string, number>>();
  for (const { node, tensor, axis } of (channels?.groups.groups ?? []).flatMap(
    ({ producers }) => producers,
  )) {
    const own = axes.get(node) ?? new Map<string, number>();
    axes.set(node, own.set(tensor, axis));
  }
  return (node) => {
    const own = axes.get(node.label);
    if (!own) return [];
    return node.inputs.flatMap((value): Strip[] => {
      const constant = constantOf(value);
      const axis = constant && own.get(constant.value.name);
      if (!constant || axis === undefined || constant.tensor.dims.length < 2) return [];
      const { name } = constant.value;
      return [stripOf({ tensor: name, axis, removed: null, note: "" }, constant.tensor)];
    });
  };
}

const FOUND_BY = {
  plan: "by the plan",
  value: "found again by their values",
  likeness: "found by likeness",
} as const;

/** The channels of a node's constants in the first model, with those that the second has no more. */
export function removedStrips(
  { channels }: Subject,
  comparison: Comparison,
): (node: Node) => readonly Strip[] {
  const whole = wholeStrips({ channels } as Subject);
  const cuts = new Map<string, Comparison["diff"]["channels"][number][]>();
  for (const cut of comparison.diff.channels) cuts.set(cut.tensor, [...(cuts.get(cut.tensor) ?? []), cut]);
  return (node) => {
    const other = comparison.matching.ofA(node);
    if (!other) return whole(node);
    const found = other.inputs.flatMap((value, index): Strip[] => {
      const [before, after] = [constantOf(node.inputs[index]), constantOf(value)];
      if (!before || !after) return [];
      return (cuts.get(after.value.name) ?? []).map(
        ({ axis, removed, by, likeness, before: was, after: is }) => {
          const how = by === null ? "which ones was not found" : FOUND_BY[by];
          const sure = likeness === null ? "" : `, mean cosine ${likeness.toFixed(3)}`;
          const note = `${is} of ${was} kept, ${how}${sure}`;
          return stripOf(
            { tensor: before.value.name, axis, removed: removed && rangesOf(removed), note },
            before.tensor,
          );
        },
      );
    });
    return found.length > 0 ? found : whole(node);
  };
}

function stripOf(strip: Omit<Strip, "size" | "norms">, tensor: Tensor): Strip {
  return { ...strip, size: tensor.dims[strip.axis] ?? 0, norms: normDigits(tensor, strip.axis) };
}

/** A character for each channel; none where the data cannot be read. */
function normDigits(tensor: Tensor, axis: number): string {
  try {
    const norms = channelNorms(tensor, axis);
    const largest = norms.reduce((most, norm) => (norm > most ? norm : most), 0);
    const digit = (norm: number) => NORM_DIGITS[Math.round((63 * norm) / (largest || 1))] ?? "0";
    return Array.from(norms, digit).join("");
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return "";
  }
}

/** First and last of each run of ascending positions. */
export function rangesOf(positions: readonly number[]): [number, number][] {
  const ranges: [number, number][] = [];
  for (const at of positions) {
    const last = ranges.at(-1);
    if (last && last[1] === at - 1) last[1] = at;
    else ranges.push([at, at]);
  }
  return ranges;
}
