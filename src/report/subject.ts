import type { CostTable, ShapeTable } from "../analysis/index.js";
import type { GroupsDocument } from "../channels/index.js";
import type { Model, Value } from "../ir/index.js";
import type { MotifTree } from "../motifs/index.js";
import { typeText } from "./cards.js";
import { bytesText, countText } from "./numbers.js";
import type { Field } from "./scene.js";

/** A model to look at, and what is known of it. */
export interface Subject {
  readonly model: Model;
  readonly label: string;
  readonly shapes: ShapeTable;
  readonly tree: MotifTree;
  /** Its channel groups, with what each code of a barrier means. */
  readonly channels?: { readonly groups: GroupsDocument; readonly reasons: Readonly<Record<string, string>> };
}

/** What a model is, in a few lines. */
export function summaryOf({ model, shapes }: Subject, cost: CostTable): Field[] {
  const { graph } = model;
  const { macs, params, bytes, uncounted } = cost;
  const ports = (values: readonly Value[]) =>
    values.map((value) => `${value.name} ${typeText(value, { shapes })}`).join(", ");
  return [
    ["operators", countText(graph.nodes.length)],
    ["opset", String(model.opset() ?? "not given")],
    [
      "MACs",
      `${countText(macs)}${uncounted.length > 0 ? `, ${uncounted.length} operators not counted` : ""}`,
    ],
    ["params", countText(params)],
    ["weights", bytesText(bytes)],
    ["inputs", ports(graph.inputs.filter((value) => !value.initializer))],
    ["outputs", ports(graph.outputs)],
  ];
}

/** Why channels stay, by the label of the node where they do; each reason once. */
export function barrierTexts({ channels }: Subject): Map<string, readonly string[]> {
  const found = new Map<string, Set<string>>();
  for (const { code, node } of channels?.groups.barriers ?? []) {
    const texts = found.get(node) ?? new Set();
    texts.add(`channels stay here: ${channels?.reasons[code] ?? code}`);
    found.set(node, texts);
  }
  return new Map(Array.from(found, ([node, texts]) => [node, [...texts]]));
}
