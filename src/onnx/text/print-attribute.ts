import type { Attribute, AttributeValue, SparseTensor } from "../../ir/attribute.js";
import type { Graph } from "../../ir/graph.js";
import type { Tensor } from "../../ir/tensor.js";
import type { ValueType } from "../../ir/value.js";
import type { CarriedAttribute } from "../decode-attribute.js";
import { float32Text } from "./float-text.js";
import { notesWithin } from "./notes.js";
import { type PrintedContent, printContent } from "./print-tensor.js";
import { elementTypeText, isSaid, typeText } from "./print-type.js";
import { nameText, shortStringText, stringText } from "./quote.js";
import { ATTRIBUTE_TYPES, isIdentifier } from "./words.js";

export interface AttributeStyle {
  /** Everything exactly; otherwise without notes and with long strings cut. */
  readonly full: boolean;
  /** The tensor as it is shown; undefined where only its type is. */
  shown(tensor: Tensor): Tensor | undefined;
  /** Prints a graph inside an attribute. */
  printBody(graph: Graph): Iterable<string>;
}

/** Stands where the syntax asks for a type and the real one is in a note. */
const PLACEHOLDER_TYPE = "opaque()";

/** `name=value`; with a type in between where the value does not show it. */
export function* printAttribute(item: Attribute, style: AttributeStyle): Generator<string> {
  if (style.full) yield notesWithin({ docString: item.docString, carried: beyondPresence(item.carried) });
  yield nameText(item.name);
  if (item.kind === "undefined") yield ": undefined";
  else if (item.kind === "reference")
    yield `${item.type === 0 ? "" : `: ${typeWord(item.type)}`}=@${nameText(item.value)}`;
  else if (Array.isArray(item.value)) yield* printList(item.kind, pieces(item, style));
  else {
    yield "=";
    for (const piece of pieces(item, style)) yield* piece;
  }
}

function* printList(kind: AttributeValue["kind"], items: Iterable<Iterable<string>>): Generator<string> {
  let separator = "=[";
  for (const piece of items) {
    yield separator;
    yield* piece;
    separator = ",";
  }
  const [word] = [...ATTRIBUTE_TYPES].find(([, type]) => type.kind === kind) ?? [];
  yield separator === "," ? "]" : `: ${word}=[]`;
}

/** Each of an attribute's values as text. */
function pieces(item: AttributeValue, style: AttributeStyle): Iterable<Iterable<string>> {
  switch (item.kind) {
    case "float":
    case "floats":
      return listOf(item.value).map((value) => [floatLiteral(value)]);
    case "int":
    case "ints":
      return listOf(item.value).map((value) => [String(value)]);
    case "string":
    case "strings":
      return listOf(item.value).map((value) => [style.full ? stringText(value) : shortStringText(value)]);
    case "tensor":
      return [style.shown(item.value) ? printTensor(item.value, style) : [typeOf(item.value)]];
    case "tensors":
      return listOf(item.value).map((value) => printTensor(value, style));
    case "sparseTensor":
    case "sparseTensors":
      return listOf(item.value).map((value) => printSparseTensor(value, style));
    case "graph":
    case "graphs":
      return listOf(item.value).map((value) => style.printBody(value));
    case "type":
    case "types":
      return listOf(item.value).map((value) => printTypeValue(value, style));
    default:
      return [];
  }
}

function listOf<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : [value as T];
}

function typeWord(number: number): string {
  return [...ATTRIBUTE_TYPES].find(([, { type }]) => type === number)?.[0] ?? String(number);
}

/** A float that is not taken for an int. */
function floatLiteral(value: number): string {
  const text = float32Text(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** `float[2] name {1, 2}`. A name that is no identifier is noted, since the standard reader would not take it. */
function* printTensor(tensor: Tensor, style: AttributeStyle): Generator<string> {
  const { name = "", docString, metadata, carried } = tensor;
  const shown = style.shown(tensor);
  const { text, notes } = shown ? printContent(shown) : NOTHING;
  const isPlain = name === "" || isIdentifier(name);
  if (style.full)
    yield notesWithin({ name: isPlain ? undefined : name, docString, metadata, carried, ...notes });
  yield typeOf(tensor);
  if (isPlain && name !== "") yield ` ${name}`;
  const needsEquals = tensor.content.kind === "external" || isEmpty(text);
  yield needsEquals ? " = " : " ";
  yield* text;
}

const NOTHING: PrintedContent = { text: [], notes: {} };

function typeOf(tensor: Tensor): string {
  return elementTypeText(tensor.dataType, tensor.dims);
}

function isEmpty(text: Iterable<string>): boolean {
  return Array.isArray(text) && text.length === 0;
}

/** `sparse_tensor[10] {float[2] {1, 2}, int64[2] {0, 7}}`: dense dimensions, values, positions. */
export function* printSparseTensor(sparse: SparseTensor, style: AttributeStyle): Generator<string> {
  if (style.full) yield notesWithin({ carried: sparse.carried });
  yield `sparse_tensor${sparse.dims.length > 0 ? `[${sparse.dims.join(",")}]` : ""} {`;
  yield* printTensor(sparse.values, style);
  yield ", ";
  yield* printTensor(sparse.indices, style);
  yield "}";
}

function* printTypeValue(type: ValueType, style: AttributeStyle): Generator<string> {
  if (style.full && !isSaid(type)) yield notesWithin({ type });
  yield typeText(type) ?? PLACEHOLDER_TYPE;
}

/** What an attribute carries, without whether its type and value were spelled out where that makes no difference. */
function beyondPresence(carried: unknown): unknown {
  const { untyped, valueless, ...rest } = (carried ?? {}) as CarriedAttribute;
  return Object.keys(rest).length > 0 ? carried : undefined;
}
