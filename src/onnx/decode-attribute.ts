import { UserError } from "../base/errors.js";
import type { Attribute, AttributeValue, Graph } from "../ir/index.js";
import { type Carried, carry } from "./carried.js";
import { decodeSparseTensor, decodeTensor } from "./decode-tensor.js";
import { decodeType } from "./decode-type.js";
import type { ExternalFiles } from "./external-data.js";
import type { AttributeProto, GraphProto } from "./messages.js";
import { bigintOf, floatsIn, int64sIn } from "./numbers.js";

/** The kinds of attributes: AttributeProto.AttributeType, and the field of AttributeProto that holds the value. */
export const attributeKinds = [
  { kind: "float", type: 1, field: "f" },
  { kind: "int", type: 2, field: "i" },
  { kind: "string", type: 3, field: "s" },
  { kind: "tensor", type: 4, field: "t" },
  { kind: "graph", type: 5, field: "g" },
  { kind: "floats", type: 6, field: "floats" },
  { kind: "ints", type: 7, field: "ints" },
  { kind: "strings", type: 8, field: "strings" },
  { kind: "tensors", type: 9, field: "tensors" },
  { kind: "graphs", type: 10, field: "graphs" },
  { kind: "sparseTensor", type: 11, field: "sparseTensor" },
  { kind: "sparseTensors", type: 12, field: "sparseTensors" },
  { kind: "type", type: 13, field: "tp" },
  { kind: "types", type: 14, field: "typeProtos" },
] as const;

type AttributeKind = (typeof attributeKinds)[number];

/** What an attribute carries. */
export interface CarriedAttribute {
  /** The file leaves `type` out (IR version 1); the kind was taken from the field that is set. */
  readonly untyped?: boolean;
  /** The file leaves the value out, since it is zero. */
  readonly valueless?: boolean;
}

/** Reads a body into the graph that holds the node; functions have none around their defaults. */
export type DecodeBody = (message: GraphProto) => Graph;

/** Decodes an attribute of a node, or the default of a function's attribute. */
export function decodeAttribute(message: AttributeProto, files: ExternalFiles, body: DecodeBody): Attribute {
  const { name, docString, refAttrName } = message;
  if (name === undefined)
    throw new UserError("damaged-model", "an attribute has no name; the file is damaged");
  if (refAttrName) {
    const carried = carry(message, REFERENCE, TYPE);
    return { name, docString, kind: "reference", value: refAttrName, type: message.type ?? 0, carried };
  }
  const kind = kindOf(message);
  const value = kind && decodeValue(message, kind.kind, files, body);
  if (!value)
    return { name, docString, kind: "undefined", value: undefined, carried: carry(message, LABELS) };
  return { name, docString, ...value, carried: carriedBeside(message, kind) };
}

const LABELS = new Set(["name", "docString"]);
const REFERENCE = new Set([...LABELS, "refAttrName"]);
const TYPE = new Set(["type"]);

function kindOf(message: AttributeProto): AttributeKind | undefined {
  if (message.type) return attributeKinds.find(({ type }) => type === message.type);
  return attributeKinds.find(({ field }) => {
    const value = message[field];
    return Array.isArray(value) ? value.length > 0 : value !== undefined;
  });
}

function carriedBeside(
  message: AttributeProto,
  { field }: AttributeKind,
): (Carried & CarriedAttribute) | undefined {
  const rest = carry(message, new Set([...LABELS, field]), TYPE);
  const untyped = !message.type;
  const valueless = message[field] === undefined;
  return rest || untyped || valueless ? { ...rest, untyped, valueless } : undefined;
}

/** The value; undefined where a message is named by the type but not there. */
function decodeValue(
  message: AttributeProto,
  kind: AttributeKind["kind"],
  files: ExternalFiles,
  body: DecodeBody,
): AttributeValue | undefined {
  const { t, g, sparseTensor, tp } = message;
  switch (kind) {
    case "float":
      return { kind, value: message.f ?? 0 };
    case "int":
      return { kind, value: message.i ? bigintOf(message.i) : 0n };
    case "string":
      return { kind, value: message.s ?? new Uint8Array(0) };
    case "tensor":
      return t && { kind, value: decodeTensor(t, files) };
    case "graph":
      return g && { kind, value: body(g) };
    case "sparseTensor":
      return sparseTensor && { kind, value: decodeSparseTensor(sparseTensor, files) };
    case "type":
      return tp && { kind, value: decodeType(tp) };
    case "floats":
      return { kind, value: Array.from(floatsIn(message.floats)) };
    case "ints":
      return { kind, value: Array.from(int64sIn(message.ints)) };
    case "strings":
      return { kind, value: message.strings ?? [] };
    case "tensors":
      return { kind, value: (message.tensors ?? []).map((item) => decodeTensor(item, files)) };
    case "graphs":
      return { kind, value: (message.graphs ?? []).map(body) };
    case "sparseTensors":
      return { kind, value: (message.sparseTensors ?? []).map((item) => decodeSparseTensor(item, files)) };
    case "types":
      return { kind, value: (message.typeProtos ?? []).map(decodeType) };
  }
}
