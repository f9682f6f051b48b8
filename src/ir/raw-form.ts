import { type ByteSource, memorySource } from "../base/bytes.js";
import { UserError } from "../base/errors.js";
import { bitsOf, bytesOf, DataType, nameOfType } from "./data-type.js";
import { type FieldValues, type Tensor, type TensorContent, type TypedField, viewBytes } from "./tensor.js";

/**
 * A tensor's elements in raw form: little-endian, sub-byte types packed. A view where possible; treat it as read-only.
 * Throws a UserError where the stored data is shorter or longer than type and dimensions say, or in another type's field.
 */
export function rawBytes(tensor: Tensor): Uint8Array {
  const { content } = tensor;
  const expected = bytesOf(tensor.dataType, tensor.elements);
  const label = `tensor ${tensor.name ?? "(unnamed)"}`;
  if (content.kind === "strings" || expected === undefined) {
    throw new UserError(
      "tensor-type",
      `${label} has type ${nameOfType(tensor.dataType)}, which has no raw form`,
    );
  }
  if (content.kind === "field" && content.field !== fieldOf(tensor.dataType)) {
    throw new UserError(
      "tensor-field",
      `${label} of type ${nameOfType(tensor.dataType)} has its elements in ${content.field}, expected ${fieldOf(tensor.dataType)}; the file is damaged`,
    );
  }
  const bytes = bytesIn(content, tensor.dataType);
  if (bytes.byteLength !== expected) {
    throw new UserError(
      "tensor-size",
      `${label}: got ${bytes.byteLength} bytes of data, expected ${expected} for ${nameOfType(tensor.dataType)}[${tensor.dims}]; the file is damaged`,
    );
  }
  return bytes;
}

function bytesIn(content: Exclude<TensorContent, { kind: "strings" }>, type: DataType): Uint8Array {
  switch (content.kind) {
    case "raw":
      return content.bytes;
    case "external":
      return content.read();
    case "field":
      return packField(content.values, type);
    case "empty":
      return new Uint8Array(0);
  }
}

/** The same bytes to be read in parts; throws the same, at once or when they are read. */
export function rawSource(tensor: Tensor): ByteSource {
  return fetchedFrom(tensor) ?? memorySource(rawBytes(tensor));
}

/**
 * Where a tensor's raw form is fetched from part by part; undefined where it is in memory, or not as long as type and
 * dimensions say.
 */
export function fetchedFrom({ content, dataType, elements }: Tensor): ByteSource | undefined {
  let source: ByteSource | undefined;
  if (content.kind === "raw") source = content.source;
  else if (content.kind === "external") source = content.source?.();
  return source?.length === bytesOf(dataType, elements) ? source : undefined;
}

/** The typed field that ONNX has for a type's elements; undefined for strings and unknown types. */
export function fieldOf(type: DataType): TypedField | undefined {
  switch (type) {
    case DataType.FLOAT:
    case DataType.COMPLEX64:
      return "floatData";
    case DataType.DOUBLE:
    case DataType.COMPLEX128:
      return "doubleData";
    case DataType.INT64:
      return "int64Data";
    case DataType.UINT32:
    case DataType.UINT64:
      return "uint64Data";
    default:
      return bitsOf(type) === undefined ? undefined : "int32Data";
  }
}

const SINGLES: ReadonlySet<DataType> = new Set([DataType.FLOAT, DataType.COMPLEX64]);
const DOUBLES: ReadonlySet<DataType> = new Set([DataType.DOUBLE, DataType.COMPLEX128]);

/** Typed values in raw form. The size comes from the values themselves: a file's dimensions may ask for any amount. */
function packField(values: FieldValues, type: DataType): Uint8Array {
  // Bytes as they are, since JavaScript does not keep the bits of every NaN.
  if (values instanceof Float32Array && SINGLES.has(type)) return viewBytes(values);
  if (values instanceof Float64Array && DOUBLES.has(type)) return viewBytes(values);
  const width = storedWidth(type);
  const bytes = new Uint8Array(values.length * width);
  const put = putter(type, new DataView(bytes.buffer));
  let at = 0;
  for (const value of values) {
    put(at, value);
    at += width;
  }
  return bytes;
}

/** Bytes that one value of a typed field takes in raw form: a complex number is two values, a byte of int4 one. */
function storedWidth(type: DataType): number {
  const bits = bitsOf(type) ?? 8;
  const complex = type === DataType.COMPLEX64 || type === DataType.COMPLEX128;
  return Math.max(1, bits / (complex ? 16 : 8));
}

/** Writes one stored value at a byte offset. */
function putter(type: DataType, view: DataView): (at: number, value: number | bigint) => void {
  switch (type) {
    case DataType.FLOAT:
    case DataType.COMPLEX64:
      return (at, value) => view.setFloat32(at, Number(value), true);
    case DataType.DOUBLE:
    case DataType.COMPLEX128:
      return (at, value) => view.setFloat64(at, Number(value), true);
    case DataType.INT64:
      return (at, value) => view.setBigInt64(at, BigInt(value), true);
    case DataType.UINT64:
      return (at, value) => view.setBigUint64(at, BigInt(value), true);
    case DataType.INT32:
    case DataType.UINT32:
      return (at, value) => view.setUint32(at, Number(value) >>> 0, true);
    case DataType.INT16:
    case DataType.UINT16:
    case DataType.FLOAT16:
    case DataType.BFLOAT16:
      return (at, value) => view.setUint16(at, Number(value) & 0xffff, true);
    default: // Bytes; sub-byte types are stored packed, one byte a value.
      return (at, value) => view.setUint8(at, Number(value) & 0xff);
  }
}
