import { type Comparison, constantOf } from "../diff/index.js";
import type { Node } from "../ir/index.js";
import { countText, digitsText } from "./numbers.js";
import type { Field } from "./scene.js";

/** What differs at a node of the second model, for people. */
export class Changes {
  readonly #tensors: ReadonlyMap<string, Comparison["diff"]["tensors"][number]>;
  readonly #shapes: ReadonlyMap<string, Comparison["diff"]["shapes"][number]>;
  readonly #layers: ReadonlyMap<string, Comparison["diff"]["layers"][number]>;

  constructor(readonly comparison: Comparison) {
    const { tensors, shapes, layers } = comparison.diff;
    this.#tensors = byName(tensors);
    this.#shapes = byName(shapes);
    this.#layers = byName(layers);
  }

  of(node: Node): Field[] {
    const { matching, changed } = this.comparison;
    const original = matching.ofB(node);
    if (!original) return [];
    const change = changed.get(node);
    const macs = this.#layers.get(node.label)?.macs;
    return [
      ...((original.name ?? "") === (node.name ?? "") ? [] : [["was called", original.label] as const]),
      ...(change?.attributes ?? []).map(({ name, before, after }): Field => [name, arrow(before, after)]),
      ...(change?.inputs ?? []).map(
        ({ name, before, after }): Field => [`input ${name}`, arrow(before, after)],
      ),
      ...node.outputs.flatMap((value) => {
        const shape = value && this.#shapes.get(value.name);
        return shape ? [["shape", arrow(shape.before, shape.after)] as const] : [];
      }),
      ...(macs ? [["MACs", arrow(countOf(macs.before), countOf(macs.after))] as const] : []),
      ...node.inputs.flatMap((value) => this.#tensorFields(constantOf(value)?.value.name)),
    ];
  }

  #tensorFields(name: string | undefined): Field[] {
    const change = name === undefined ? undefined : this.#tensors.get(name);
    if (!change) return [];
    const { before, after, values } = change;
    const dims = (side: typeof before) => (side ? `${side.type}[${side.dims.join(", ")}]` : null);
    const moved = values
      ? `largest change ${digitsText(values.largest)}, cosine ${digitsText(values.cosine)}`
      : "not comparable";
    const sizes = dims(before) === dims(after) ? [] : [arrow(dims(before), dims(after))];
    return [[change.name, [...sizes, moved].join("; ")]];
  }
}

function byName<T extends { readonly name: string }>(items: readonly T[]): Map<string, T> {
  return new Map(items.map((item) => [item.name, item]));
}

function countOf(count: number | null): string | null {
  return count === null ? null : countText(count);
}

function arrow(before: string | null, after: string | null): string {
  return `${before ?? "none"} → ${after ?? "none"}`;
}
