import type { Attribute, Graph } from "../ir/index.js";
import { carriedOf } from "./carried.js";
import { attributeKinds, type CarriedAttribute } from "./decode-attribute.js";
import { encodeSparseTensor, encodeTensor, type Placement } from "./encode-tensor.js";
import { encodeType } from "./encode-type.js";
import type { AttributeProto, GraphProto } from "./messages.js";
import { longOf } from "./numbers.js";

/** Encodes an attribute and the bodies in it. */
export function encodeAttribute(
  item: Attribute,
  place: Placement,
  body: (graph: Graph) => GraphProto,
): AttributeProto {
  const carried = carriedOf<AttributeProto & CarriedAttribute>(item);
  const { name, docString } = item;
  const type =
    item.kind === "reference" ? item.type : attributeKinds.find(({ kind }) => kind === item.kind)?.type;
  return {
    ...carried,
    name,
    docString,
    type: carried?.untyped ? carried.type : type || carried?.type,
    ...(carried?.valueless && isZero(item) ? {} : encodeValue(item, place, body)),
  };
}

function isZero({ kind, value }: Attribute): boolean {
  switch (kind) {
    case "float":
      return Object.is(value, 0);
    case "int":
      return value === 0n;
    case "string":
      return value.length === 0;
    default:
      return false;
  }
}

function encodeValue(item: Attribute, place: Placement, body: (graph: Graph) => GraphProto): AttributeProto {
  switch (item.kind) {
    case "float":
      return { f: item.value };
    case "int":
      return { i: longOf(item.value) };
    case "string":
      return { s: item.value };
    case "tensor":
      return { t: encodeTensor(item.value, place) };
    case "graph":
      return { g: body(item.value) };
    case "sparseTensor":
      return { sparseTensor: encodeSparseTensor(item.value, place) };
    case "type":
      return { tp: encodeType(item.value) };
    case "floats":
      return { floats: item.value };
    case "ints":
      return { ints: item.value.map((value) => longOf(value)) };
    case "strings":
      return { strings: item.value };
    case "tensors":
      return { tensors: item.value.map((tensor) => encodeTensor(tensor, place)) };
    case "graphs":
      return { graphs: item.value.map(body) };
    case "sparseTensors":
      return { sparseTensors: item.value.map((sparse) => encodeSparseTensor(sparse, place)) };
    case "types":
      return { typeProtos: item.value.map(encodeType) };
    case "reference":
      return { refAttrName: item.value };
    case "undefined":
      return {};
  }
}
