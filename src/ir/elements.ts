import { type ByteSource, memorySource } from "../base/bytes.js";
import { UserError } from "../base/errors.js";
import { DataType, nameOfType } from "./data-type.js";
import { fetchedFrom, rawBytes } from "./raw-form.js";
import { bfloat16ToNumber, float8Decoder, float16ToNumber, subByte } from "./small-numbers.js";
import { type Tensor, viewBytes } from "./tensor.js";

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
  return nativeNumbers(tensor.dataType, bytes) ?? decoded(tensor, bytes);
}

/** Raw bytes of a type that JavaScript has an array of numbers for, seen as one; undefined for others. */
export function nativeNumbers(type: DataType, bytes: Uint8Array): NativeNumbers | undefined {
  switch (type) {
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
    default:
      return undefined;
  }
}

type NativeNumbers =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

function decoded({ name, dataType, elements }: Tensor, bytes: Uint8Array): ArrayLike<number> {
  switch (dataType) {
    case DataType.INT64:
      return Float64Array.from(aligned(bytes, BigInt64Array), Number);
    case DataType.UINT64:
      return Float64Array.from(aligned(bytes, BigUint64Array), Number);
    case DataType.FLOAT16:
      return Float32Array.from(aligned(bytes, Uint16Array), float16ToNumber);
    case DataType.BFLOAT16:
      return Float32Array.from(aligned(bytes, Uint16Array), bfloat16ToNumber);
    case DataType.FLOAT8E4M3FN:
    case DataType.FLOAT8E4M3FNUZ:
    case DataType.FLOAT8E5M2:
    case DataType.FLOAT8E5M2FNUZ:
    case DataType.FLOAT8E8M0:
      return Float32Array.from(bytes, float8Decoder(dataType));
    case DataType.UINT4:
    case DataType.INT4:
    case DataType.FLOAT4E2M1:
    case DataType.UINT2:
    case DataType.INT2:
      return Float32Array.from({ length: elements }, (_, i) => subByte(bytes, i, dataType));
    default:
      throw new UserError(
        "tensor-type",
        `tensor ${name ?? "(unnamed)"} has type ${nameOfType(dataType)}, which topiary cannot compute with`,
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
  const fetched = tensor.dataType === DataType.FLOAT ? fetchedFrom(tensor) : undefined;
  if (fetched) return yield* floatsIn(fetched, unit);
  const bytes = tensor.dataType === DataType.FLOAT ? rawBytes(tensor) : undefined;
  if (bytes && bytes.byteOffset % 4 !== 0) return yield* floatsIn(memorySource(bytes), unit);
  yield bytes ? aligned(bytes, Float32Array) : numbersOf(tensor);
}

/** The float32 elements of a source through one buffer. */
function* floatsIn(source: ByteSource, unit: number): Generator<Float32Array> {
  const count = source.length / 4;
  const size = Math.max(1, Math.floor(CHUNK / unit)) * unit;
  const chunk = size > CHUNK ? new Float32Array(size) : (spare.pop() ?? new Float32Array(CHUNK));
  try {
    for (let at = 0; at < count; at += size) {
      const part = chunk.subarray(0, Math.min(size, count - at));
      source.read(4 * at, viewBytes(part));
      yield part;
    }
  } finally {
    if (chunk.length === CHUNK) spare.push(chunk);
  }
}

/** Buffers that nobody uses now: the system takes longer to give one than most tensors take to be read. */
const spare: Float32Array[] = [];

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
