import type { Dimension, ValueInfo, ValueType } from "../ir/index.js";
import { carriedOf, entriesOf } from "./carried.js";
import type { CarriedType } from "./decode-type.js";
import type { DimensionProto, Message, TensorShapeProto, TypeProto, ValueInfoProto } from "./messages.js";
import { longOf } from "./numbers.js";

/** Encodes what is said about the value called `name`. */
export function encodeValueInfo(name: string, info: ValueInfo | undefined): ValueInfoProto {
  const carried = info && carriedOf<ValueInfoProto>(info);
  return {
    ...carried,
    name: name || carried?.name,
    type: info?.type && encodeType(info.type),
    docString: info?.docString,
    metadataProps: entriesOf(info?.metadata ?? new Map(), carried?.metadataProps),
  };
}

/** Encodes a type. */
export function encodeType(type: ValueType): TypeProto {
  // Filled by decodeType only.
  const { outer, inner, shape } = (type.carried ?? {}) as Partial<CarriedType>;
  return { ...outer, ...encodeKind(type, inner, shape), denotation: type.denotation };
}

function encodeKind(type: ValueType, inner: CarriedType["inner"], shape: Message | undefined): TypeProto {
  switch (type.kind) {
    case "tensor":
    case "sparseTensor": {
      const elemType = type.elementType || inner?.elemType;
      const tensor = { ...inner, elemType, shape: encodeShape(type.shape, shape) };
      return type.kind === "tensor" ? { tensorType: tensor } : { sparseTensorType: tensor };
    }
    case "sequence":
      return { sequenceType: { ...inner, elemType: type.element && encodeType(type.element) } };
    case "optional":
      return { optionalType: { ...inner, elemType: type.element && encodeType(type.element) } };
    case "map": {
      const keyType = type.keyType || inner?.keyType;
      return { mapType: { ...inner, keyType, valueType: type.value && encodeType(type.value) } };
    }
    case "opaque":
      return { opaqueType: { ...inner, domain: type.domain, name: type.name } };
    case "unknown":
      return {};
  }
}

function encodeShape(
  dims: readonly Dimension[] | undefined,
  carried: Message | undefined,
): TensorShapeProto | undefined {
  return dims && { ...carried, dim: dims.map(encodeDimension) };
}

function encodeDimension(dimension: Dimension): DimensionProto {
  const { size, denotation } = dimension;
  return {
    ...carriedOf<DimensionProto>(dimension),
    dimValue: typeof size === "number" ? longOf(BigInt(size)) : undefined,
    dimParam: typeof size === "string" ? size : undefined,
    denotation,
  };
}
