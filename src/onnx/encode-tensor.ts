import {
  type FieldContent,
  type FieldValues,
  type SparseTensor,
  type Tensor,
  viewBytes,
} from "../ir/index.js";
import { carriedOf, entriesOf } from "./carried.js";
import { EXTERNAL, StoredField } from "./decode-tensor.js";
import type { Elements, Long, SparseTensorProto, TensorProto } from "./messages.js";
import { longOf } from "./numbers.js";
import { PackedRun } from "./wire-reader.js";
import { streamedSource } from "./wire-writer.js";

/** Initializers may be moved into other files; engines do not expect it of the tensors in attributes. */
export type Role = "initializer" | "attribute";

/** Decides where a tensor's elements go; undefined leaves them as they are. */
export type Placement = (tensor: Tensor, role: Role) => Elements | undefined;

/** Encodes a tensor; its bytes are referred to, not copied. */
export function encodeTensor(tensor: Tensor, place: Placement, role: Role = "attribute"): TensorProto {
  const carried = carriedOf<TensorProto>(tensor);
  return {
    ...carried,
    dims: encodeDims(tensor.dims),
    dataType: tensor.dataType || carried?.dataType,
    name: tensor.name,
    docString: tensor.docString,
    metadataProps: entriesOf(tensor.metadata, carried?.metadataProps),
    ...(place(tensor, role) ?? elementsAsTheyAre(tensor)),
  };
}

/** Encodes a sparse tensor. */
export function encodeSparseTensor(sparse: SparseTensor, place: Placement): SparseTensorProto {
  return {
    ...carriedOf<SparseTensorProto>(sparse),
    values: encodeTensor(sparse.values, place),
    indices: encodeTensor(sparse.indices, place),
    dims: encodeDims(sparse.dims),
  };
}

function encodeDims(dims: readonly number[]): Long[] {
  return dims.map((dim) => longOf(BigInt(dim)));
}

function elementsAsTheyAre(tensor: Tensor): Elements {
  const { content } = tensor;
  switch (content.kind) {
    case "raw":
      return { rawData: content.source ? streamedSource(content.source) : content.bytes };
    case "strings":
      return { stringData: content.values };
    case "field":
      return encodeField(content);
    case "external": {
      const externalData = entriesOf(content.entries, carriedOf<TensorProto>(tensor)?.externalData);
      return { dataLocation: EXTERNAL, externalData };
    }
    case "empty":
      return {};
  }
}

/** What was read goes back as it was; values that somebody else put into a typed field are packed. */
function encodeField(content: FieldContent): Elements {
  if (content instanceof StoredField) return content.stored;
  const { field, values } = content;
  switch (field) {
    case "floatData":
      return {
        floatData: [runOf(values instanceof Float32Array ? values : Float32Array.from(numbers(values)))],
      };
    case "doubleData":
      return {
        doubleData: [runOf(values instanceof Float64Array ? values : Float64Array.from(numbers(values)))],
      };
    case "int32Data":
      return { int32Data: numbers(values) };
    case "int64Data":
      return { int64Data: longs(values) };
    case "uint64Data":
      return { uint64Data: longs(values) };
  }
}

function runOf(values: Float32Array | Float64Array): PackedRun {
  return new PackedRun(viewBytes(values));
}

function numbers(values: FieldValues): number[] {
  return Array.from<number | bigint, number>(values, Number);
}

function longs(values: FieldValues): Long[] {
  return Array.from<number | bigint, Long>(values, (value) => longOf(BigInt(value)));
}
