import { type ByteSource, bytesOfSource, memorySource } from "../base/bytes.js";
import { invariant, UserError } from "../base/errors.js";
import { bitsOf, bytesOf, DataType, nameOfType } from "./data-type.js";

/** The typed fields of TensorProto that may hold a tensor's elements instead of raw data. */
export type TypedField = "floatData" | "int32Data" | "int64Data" | "doubleData" | "uint64Data";

/** The values of a typed field: a list, or a typed array of the field's own width. */
export type FieldValues =
  | readonly number[]
  | readonly bigint[]
  | Float32Array
  | Float64Array
  | Int32Array
  | BigInt64Array
  | BigUint64Array;

/** Where a tensor's elements are. Every kind survives reading and writing as it is. */
export type TensorContent =
  /**
   * Little-endian, packed; often a view into the file's buffer, at any alignment. Where there is a `source`, `bytes` are
   * fetched from it each time that somebody asks for them.
   */
  | { readonly kind: "raw"; readonly bytes: Uint8Array; readonly source?: ByteSource | undefined }
  /** One of the typed fields, values as the file holds them (fp16 and smaller as bit patterns in int32Data). */
  | { readonly kind: "field"; readonly field: TypedField; readonly values: FieldValues }
  | { readonly kind: "strings"; readonly values: readonly Uint8Array[] }
  /**
   * Beside the model file; `read` loads exactly this tensor's bytes, `source` gives them to be read in parts where that is
   * possible. Both may throw a UserError.
   */
  | {
      readonly kind: "external";
      readonly entries: ReadonlyMap<string, string>;
      readonly length: number | undefined;
      read(): Uint8Array;
      source?(): ByteSource;
    }
  /** No elements are stored: none needed (a dimension is zero) or lost. */
  | { readonly kind: "empty" };

/** Elements in one of the typed fields. */
export type FieldContent = Extract<TensorContent, { kind: "field" }>;

/** Elements in raw form that nobody has to hold in memory. */
export class FetchedContent {
  readonly kind = "raw";

  constructor(readonly source: ByteSource) {}

  get bytes(): Uint8Array {
    return bytesOfSource(this.source);
  }
}

/** Elements beside the model file. */
export type ExternalContent = Extract<TensorContent, { kind: "external" }>;

export interface TensorFields {
  readonly name?: string | undefined;
  readonly dataType: DataType;
  readonly dims: readonly number[];
  readonly content: TensorContent;
  readonly docString?: string | undefined;
  readonly metadata?: ReadonlyMap<string, string>;
  /** Fields of the file format that the IR does not interpret; the writer gets them back unseen. */
  readonly carried?: unknown;
}

const NOTHING: ReadonlyMap<string, string> = new Map();

/** An immutable n-dimensional constant: type, dimensions, and elements as the file stores them. */
export class Tensor {
  readonly name: string | undefined;
  readonly dataType: DataType;
  readonly dims: readonly number[];
  readonly content: TensorContent;
  readonly docString: string | undefined;
  readonly metadata: ReadonlyMap<string, string>;
  readonly carried: unknown;

  constructor(fields: TensorFields) {
    this.name = fields.name;
    this.dataType = fields.dataType;
    this.dims = fields.dims;
    this.content = fields.content;
    this.docString = fields.docString;
    this.metadata = fields.metadata ?? NOTHING;
    this.carried = fields.carried;
  }

  /** A tensor over `bytes`, which must be exactly as long as type and dimensions say. */
  static raw(name: string, dataType: DataType, dims: readonly number[], bytes: Uint8Array): Tensor {
    const expected = bytesOf(dataType, elementsOf(dims));
    invariant(
      expected === bytes.byteLength,
      () =>
        `tensor ${name}: ${bytes.byteLength} bytes for ${nameOfType(dataType)}[${dims}], expected ${expected}`,
    );
    return new Tensor({ name, dataType, dims, content: { kind: "raw", bytes } });
  }

  static float32(name: string, dims: readonly number[], values: ArrayLike<number>): Tensor {
    const array = values instanceof Float32Array ? values : Float32Array.from(values);
    return Tensor.raw(name, DataType.FLOAT, dims, viewBytes(array));
  }

  static int64(name: string, dims: readonly number[], values: ArrayLike<number | bigint>): Tensor {
    const array = BigInt64Array.from(Array.from(values, (value) => BigInt(value)));
    return Tensor.raw(name, DataType.INT64, dims, viewBytes(array));
  }

  /** The same tensor with other fields. */
  with(fields: Partial<TensorFields>): Tensor {
    return new Tensor({ ...this, ...fields });
  }

  /** Number of elements. */
  get elements(): number {
    return elementsOf(this.dims);
  }

  /** Size of the elements in raw form in bytes; strings count their own bytes. */
  get byteLength(): number {
    if (this.content.kind === "strings")
      return this.content.values.reduce((sum, value) => sum + value.length, 0);
    return bytesOf(this.dataType, this.elements) ?? 0;
  }
}

/** Product of dimensions; 1 for a scalar. */
export function elementsOf(dims: readonly number[]): number {
  let product = 1;
  for (const dim of dims) product *= dim;
  return product;
}

/** The bytes under a typed array, without copying. */
export function viewBytes(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

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
  const bytes =
    content.kind === "raw"
      ? content.bytes
      : content.kind === "external"
        ? content.read()
        : content.kind === "empty"
          ? new Uint8Array(0)
          : packField(content.values, tensor.dataType);
  if (bytes.byteLength !== expected) {
    throw new UserError(
      "tensor-size",
      `${label}: got ${bytes.byteLength} bytes of data, expected ${expected} for ${nameOfType(tensor.dataType)}[${tensor.dims}]; the file is damaged`,
    );
  }
  return bytes;
}

/** The same bytes to be read in parts; throws the same, at once or when they are read. */
export function rawSource(tensor: Tensor): ByteSource {
  const source = fetchedFrom(tensor);
  return source ?? memorySource(rawBytes(tensor));
}

/** Where a tensor's raw form is fetched from, if it is as long as type and dimensions say. */
function fetchedFrom({ content, dataType, elements }: Tensor): ByteSource | undefined {
  const source =
    content.kind === "raw" ? content.source : content.kind === "external" ? content.source?.() : undefined;
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

/**
 * A tensor's elements as numbers: floats of every width, integers (int64 as the nearest double), booleans as 0 and 1.
 * Sub-byte integers are unpacked. A view where the bytes are aligned float32; treat it as read-only.
 */
export function toFloat32(tensor: Tensor): Float32Array {
  if (tensor.dataType === DataType.FLOAT) return aligned(rawBytes(tensor), Float32Array);
  return Float32Array.from(numbersOf(tensor));
}

/** A tensor's elements as doubles; exact for every type but int64 and uint64 beyond 2^53. */
export function numbersOf(tensor: Tensor): ArrayLike<number> {
  const bytes = rawBytes(tensor);
  const count = tensor.elements;
  switch (tensor.dataType) {
    case DataType.FLOAT:
      return aligned(bytes, Float32Array);
    case DataType.DOUBLE:
      return aligned(bytes, Float64Array);
    case DataType.INT8:
      return aligned(bytes, Int8Array);
    case DataType.UINT8:
    case DataType.BOOL:
      return bytes;
    case DataType.INT16:
      return aligned(bytes, Int16Array);
    case DataType.UINT16:
      return aligned(bytes, Uint16Array);
    case DataType.INT32:
      return aligned(bytes, Int32Array);
    case DataType.UINT32:
      return aligned(bytes, Uint32Array);
    case DataType.INT64:
      return Float64Array.from(aligned(bytes, BigInt64Array), Number);
    case DataType.UINT64:
      return Float64Array.from(aligned(bytes, BigUint64Array), Number);
    case DataType.FLOAT16:
      return Float32Array.from(aligned(bytes, Uint16Array), float16ToNumber);
    case DataType.BFLOAT16:
      return Float32Array.from(aligned(bytes, Uint16Array), (half) => floatOfBits(half << 16));
    case DataType.FLOAT8E4M3FN:
    case DataType.FLOAT8E4M3FNUZ:
    case DataType.FLOAT8E5M2:
    case DataType.FLOAT8E5M2FNUZ:
    case DataType.FLOAT8E8M0:
      return Float32Array.from(bytes, float8Decoder(tensor.dataType));
    case DataType.UINT4:
    case DataType.INT4:
    case DataType.FLOAT4E2M1:
    case DataType.UINT2:
    case DataType.INT2:
      return Float32Array.from({ length: count }, (_, i) => subByte(bytes, i, tensor.dataType));
    default:
      throw new UserError(
        "tensor-type",
        `tensor ${tensor.name ?? "(unnamed)"} has type ${nameOfType(tensor.dataType)}, which topiary cannot compute with`,
      );
  }
}

/** About how many elements `chunksOf` gives at a time. */
const CHUNK = 1 << 16;

/**
 * A tensor's elements as numbers, piece by piece in order, all but the last a multiple of `unit` elements long. A piece is
 * good until the next one is asked for: where the bytes are misaligned for float32, all pieces share one small buffer, so
 * that no copy of the tensor is made.
 */
export function* chunksOf(tensor: Tensor, unit = 1): Generator<ArrayLike<number>> {
  const isFloat32 = tensor.dataType === DataType.FLOAT;
  const fetched = isFloat32 ? fetchedFrom(tensor) : undefined;
  const bytes = isFloat32 && !fetched ? rawBytes(tensor) : undefined;
  const source = fetched ?? (bytes && bytes.byteOffset % 4 !== 0 ? memorySource(bytes) : undefined);
  if (!source) {
    yield numbersOf(tensor);
    return;
  }
  const size = Math.max(1, Math.floor(CHUNK / unit)) * unit;
  const chunk = new Float32Array(Math.min(size, tensor.elements));
  for (let at = 0; at < source.length; at += chunk.byteLength) {
    const part = chunk.subarray(0, (source.length - at) / 4);
    source.read(at, viewBytes(part));
    yield part;
  }
}

/** Integer elements (shapes, axes, indices) as plain numbers. */
export function integersOf(tensor: Tensor): number[] {
  return Array.from(numbersOf(tensor));
}

interface ArrayType<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
}

/** `bytes` seen as another typed array; copied only where the view is misaligned for it. */
export function aligned<T>(bytes: Uint8Array, type: ArrayType<T>): T {
  const width = type.BYTES_PER_ELEMENT;
  // Not slice(): that of a Buffer does not copy.
  const source = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
  return new type(source.buffer, source.byteOffset, Math.floor(source.byteLength / width));
}

const scratch = new DataView(new ArrayBuffer(4));

function floatOfBits(pattern: number): number {
  scratch.setUint32(0, pattern >>> 0);
  return scratch.getFloat32(0);
}

/** IEEE 754 binary16 bits to a number. */
export function float16ToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Decoders of the 8-bit floats, as in https://onnx.ai/onnx/technical/float8.html */
function float8Decoder(type: DataType): (byte: number) => number {
  if (type === DataType.FLOAT8E8M0) return (byte) => (byte === 255 ? Number.NaN : 2 ** (byte - 127));
  const mantissa = type === DataType.FLOAT8E4M3FN || type === DataType.FLOAT8E4M3FNUZ ? 3 : 2;
  const unsignedZero = type === DataType.FLOAT8E4M3FNUZ || type === DataType.FLOAT8E5M2FNUZ;
  const bias = (mantissa === 3 ? 7 : 15) + (unsignedZero ? 1 : 0);
  return (byte) => {
    if (unsignedZero && byte === 0x80) return Number.NaN;
    const sign = byte & 0x80 ? -1 : 1;
    const exponent = (byte & 0x7f) >> mantissa;
    const fraction = byte & ((1 << mantissa) - 1);
    if (type === DataType.FLOAT8E4M3FN && (byte & 0x7f) === 0x7f) return Number.NaN;
    if (type === DataType.FLOAT8E5M2 && exponent === 31)
      return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    if (exponent === 0) return sign * fraction * 2 ** (1 - bias - mantissa);
    return sign * ((1 << mantissa) + fraction) * 2 ** (exponent - bias - mantissa);
  };
}

/** The i-th element of a packed sub-byte tensor; the first element sits in the lowest bits. */
function subByte(bytes: Uint8Array, i: number, type: DataType): number {
  const width = type === DataType.UINT2 || type === DataType.INT2 ? 2 : 4;
  const perByte = 8 / width;
  const value = ((bytes[Math.floor(i / perByte)] ?? 0) >> ((i % perByte) * width)) & ((1 << width) - 1);
  if (type === DataType.INT4 || type === DataType.INT2)
    return value >= 1 << (width - 1) ? value - (1 << width) : value;
  if (type !== DataType.FLOAT4E2M1) return value;
  const magnitude = [0, 0.5, 1, 1.5, 2, 3, 4, 6][value & 7] ?? 0;
  return value & 8 ? -magnitude : magnitude;
}
