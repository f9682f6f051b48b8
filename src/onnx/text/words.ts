import type { AttributeValue } from "../../ir/attribute.js";
import { DataType, typeOfName } from "../../ir/data-type.js";

/** The words of the syntax: type names, attribute kinds, and when a name may stand without quotes. */

const COMPOUND_TYPES = new Set(["seq", "map", "optional", "sparse_tensor", "opaque"]);
const FLOAT_WORDS = new Set(["nan", "inf", "infinity"]);

/** The element type that the standard syntax calls `name`; not our `type99` and not `undefined`. */
export function standardType(name: string): DataType | undefined {
  const type = /^type\d+$/.test(name) ? undefined : typeOfName(name);
  return type === DataType.UNDEFINED ? undefined : type;
}

/** Whether a type starts with this word. */
export function isTypeWord(word: string): boolean {
  return standardType(word) !== undefined || COMPOUND_TYPES.has(word);
}

export function isFloatWord(word: string): boolean {
  return FLOAT_WORDS.has(word.toLowerCase());
}

export function isIdentifier(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

interface AttributeType {
  /** The number in AttributeProto.AttributeType. */
  readonly type: number;
  /** The IR's name. */
  readonly kind: Exclude<AttributeValue["kind"], "reference" | "undefined">;
}

/** Attribute types by the word that the syntax uses. */
export const ATTRIBUTE_TYPES: ReadonlyMap<string, AttributeType> = new Map([
  ["float", { type: 1, kind: "float" }],
  ["int", { type: 2, kind: "int" }],
  ["string", { type: 3, kind: "string" }],
  ["tensor", { type: 4, kind: "tensor" }],
  ["graph", { type: 5, kind: "graph" }],
  ["floats", { type: 6, kind: "floats" }],
  ["ints", { type: 7, kind: "ints" }],
  ["strings", { type: 8, kind: "strings" }],
  ["tensors", { type: 9, kind: "tensors" }],
  ["graphs", { type: 10, kind: "graphs" }],
  ["sparse_tensor", { type: 11, kind: "sparseTensor" }],
  ["sparse_tensors", { type: 12, kind: "sparseTensors" }],
  ["type_proto", { type: 13, kind: "type" }],
  ["type_protos", { type: 14, kind: "types" }],
]);
