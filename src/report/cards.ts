import { type CostTable, isParameter, type ShapeTable } from "../analysis/index.js";
import { UserError } from "../base/errors.js";
import { attributeText, constantOf, sourceOf } from "../diff/index.js";
import {
  DataType,
  domainOf,
  type Node,
  nameOfType,
  statisticsOf,
  type Tensor,
  type Value,
} from "../ir/index.js";
import { readersOf } from "./hierarchy.js";
import { countText, digitsText, percentText } from "./numbers.js";
import type { Card, Field, Port, TensorCard } from "./scene.js";

/** Attributes longer than this are cut: a card is for people. */
const LONGEST_TEXT = 200;

export interface CardContext {
  readonly shapes: ShapeTable;
  readonly cost: CostTable;
  readonly boxOf: ReadonlyMap<Node | Value, number>;
}

/** What a card says of a node by itself; what channels and other models say is added to it. */
export type PlainCard = Omit<Card, "groups" | "barriers" | "changes" | "strips">;

export function nodeCard(node: Node, context: CardContext): PlainCard {
  const { cost } = context;
  const domain = domainOf(node);
  const macs = cost.macsOf.get(node);
  const tensors = constantsOf(node);
  const params = tensors
    .filter(([, tensor]) => isParameter(tensor))
    .reduce((sum, [, { elements }]) => sum + elements, 0);
  return {
    name: node.label,
    op: domain === "" ? node.opType : `${domain}.${node.opType}`,
    attributes: Array.from(
      node.attributes.values(),
      (item): Field => [item.name, cut(attributeText(item) ?? "")],
    ),
    inputs: node.inputs.flatMap((value) => (value && !constantOf(value) ? [inputPort(value, context)] : [])),
    outputs: node.outputs.flatMap((value) => (value ? [outputPort(value, context)] : [])),
    costs: [
      ...(macs === undefined ? [] : [["MACs", withShare(macs, cost.macs)] as const]),
      ...(params === 0 ? [] : [["params", withShare(params, cost.params)] as const]),
    ],
    tensors: tensors.map(([name, tensor]) => tensorCard(name, tensor)),
  };
}

/** The card of an input or output of the network. */
export function portCard(value: Value, op: "input" | "output", context: CardContext): PlainCard {
  const { graph } = value;
  const nothing = { name: value.name, op, attributes: [], costs: [], tensors: [], inputs: [], outputs: [] };
  return op === "input"
    ? { ...nothing, outputs: [outputPort(value, context)] }
    : {
        ...nothing,
        inputs: [
          {
            ...inputPort(value, context),
            type: typeText(value, context),
            boxes: sourceBoxes(value, context, graph.hasInput(value)),
          },
        ],
      };
}

function sourceBoxes(value: Value, { boxOf }: CardContext, isInput = false): number[] {
  const source = sourceOf(value);
  const box = isInput ? undefined : boxOf.get(source.producer ?? source);
  return box === undefined ? [] : [box];
}

function inputPort(value: Value, context: CardContext): Port {
  return { name: value.name, type: typeText(value, context), boxes: sourceBoxes(value, context) };
}

function outputPort(value: Value, context: CardContext): Port {
  const { boxOf } = context;
  const readers = readersOf(value, value.graph).flatMap((node) => boxOf.get(node) ?? []);
  const own = value.isOutput && !value.isInput ? (boxOf.get(value) ?? []) : [];
  return { name: value.name, type: typeText(value, context), boxes: [...readers, ...[own].flat()] };
}

export function typeText(value: Value, { shapes }: Pick<CardContext, "shapes">): string {
  const type = nameOfType(shapes.typeOf(value) ?? DataType.UNDEFINED);
  const dims = shapes.of(value);
  return dims ? `${type}[${dims.join(", ")}]` : type;
}

/** Constants that a node reads, with their names. */
export function constantsOf(node: Node): (readonly [name: string, tensor: Tensor])[] {
  const found = new Map<Value, Tensor>();
  for (const input of node.inputs) {
    const constant = constantOf(input);
    if (constant) found.set(constant.value, constant.tensor);
  }
  return Array.from(found, ([{ name }, tensor]) => [name, tensor]);
}

function tensorCard(name: string, tensor: Tensor): TensorCard {
  return {
    name,
    type: `${nameOfType(tensor.dataType)}[${tensor.dims.join(", ")}]`,
    statistics: statistics(tensor),
  };
}

/** What is worth saying of the elements: a few by themselves, many by what they are like. */
function statistics(tensor: Tensor): Field[] {
  if (tensor.content.kind === "strings") return [];
  try {
    const found = statisticsOf(tensor);
    if (!found) return [];
    const { mean, std, min, max, l2, zeros, nan } = found;
    const texts = Object.entries({ mean, std, min, max, L2: l2 }).map(
      ([key, value]): Field => [key, digitsText(value)],
    );
    return [
      ...(tensor.elements > 1 ? texts : [["value", digitsText(mean)] as const]),
      ...(zeros > 0 && tensor.elements > 1 ? [["zeros", percentText(zeros / tensor.elements)] as const] : []),
      ...(nan > 0 ? [["NaN", countText(nan)] as const] : []),
    ];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [["not readable", cut(error.message)]];
  }
}

function withShare(part: number, whole: number): string {
  return whole > 0 ? `${countText(part)} (${percentText(part / whole)})` : countText(part);
}

function cut(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT - 1)}…` : text;
}
