import { DataType, type Dimension, type ValueInfo, type ValueType } from "../ir/index.js";
import { carry, mapOf } from "./carried.js";
import type { DimensionProto, Message, TensorShapeProto, TypeProto, ValueInfoProto } from "./messages.js";
import { toNumber } from "./numbers.js";

/** What a ValueType carries: of TypeProto itself, of the message in it that makes the kind, and of that one's shape. */
export interface CarriedType {
  readonly outer: Message | undefined;
  /** The numbers of types are in it where the file says that they are zero. */
  readonly inner: (Message & { readonly elemType?: 0; readonly keyType?: 0 }) | undefined;
  readonly shape: Message | undefined;
}

const INFO = new Set(["type", "docString"]);
const NAME = new Set(["name"]);

/** Decodes what is said about a value. */
export function decodeValueInfo(message: ValueInfoProto): ValueInfo {
  return {
    type: message.type && decodeType(message.type),
    docString: message.docString,
    metadata: mapOf(message.metadataProps),
    carried: carry(message, INFO, NAME),
  };
}

/** Decodes a type; one of a kind that the IR does not know is carried as a whole. */
export function decodeType(message: TypeProto): ValueType {
  const { tensorType, sparseTensorType, sequenceType, optionalType, mapType, opaqueType, denotation } =
    message;
  const tensor = tensorType ?? sparseTensorType;
  if (tensor) {
    return {
      kind: tensorType ? "tensor" : "sparseTensor",
      elementType: tensor.elemType ?? DataType.UNDEFINED,
      shape: tensor.shape && (tensor.shape.dim ?? []).map(decodeDimension),
      denotation,
      carried: carriedType(message, tensor, tensor.shape),
    };
  }
  const list = sequenceType ?? optionalType;
  if (list) {
    return {
      kind: sequenceType ? "sequence" : "optional",
      element: list.elemType && decodeType(list.elemType),
      denotation,
      carried: carriedType(message, list),
    };
  }
  if (mapType) {
    return {
      kind: "map",
      keyType: mapType.keyType ?? DataType.UNDEFINED,
      value: mapType.valueType && decodeType(mapType.valueType),
      denotation,
      carried: carriedType(message, mapType),
    };
  }
  if (opaqueType) {
    const { domain, name } = opaqueType;
    return { kind: "opaque", domain, name, denotation, carried: carriedType(message, opaqueType) };
  }
  return { kind: "unknown", denotation, carried: carriedType(message, {}) };
}

const OUTER = new Set([
  "tensorType",
  "sparseTensorType",
  "sequenceType",
  "optionalType",
  "mapType",
  "opaqueType",
  "denotation",
]);
const INNER = new Set(["shape", "valueType", "domain", "name"]);
const INNER_TYPES = new Set(["elemType", "keyType"]);
const SHAPE = new Set(["dim"]);

function carriedType(
  message: TypeProto,
  inside: Message,
  itsShape?: TensorShapeProto,
): CarriedType | undefined {
  const outer = carry(message, OUTER);
  const inner = carry(inside, INNER, INNER_TYPES);
  const shape = itsShape && carry(itsShape, SHAPE);
  return outer || inner || shape ? { outer, inner, shape } : undefined;
}

const DIMENSION = new Set(["dimValue", "dimParam", "denotation"]);

function decodeDimension(message: DimensionProto): Dimension {
  const { dimValue, dimParam, denotation } = message;
  const size = dimValue ? toNumber(dimValue, () => "a dimension of a type") : (dimParam ?? null);
  return { size, denotation, carried: carry(message, DIMENSION) };
}
