import { bitsOf, DataType } from "../../ir/data-type.js";
import { aligned, nativeNumbers } from "../../ir/elements.js";
import type { FieldValues } from "../../ir/tensor.js";

/** Numbers as they are stored: those of a typed field, or raw bytes seen as an array. */
export type StoredNumbers = FieldValues | Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array;

/**
 * Raw bytes as the numbers that the text syntax writes: complex numbers as pairs, the floats below 32 bits as
 * patterns, elements below eight bits packed. Undefined for strings and unknown types.
 */
export function storedNumbers(type: DataType, bytes: Uint8Array): StoredNumbers | undefined {
  switch (type) {
    case DataType.COMPLEX64:
      return aligned(bytes, Float32Array);
    case DataType.COMPLEX128:
      return aligned(bytes, Float64Array);
    case DataType.INT64:
      return aligned(bytes, BigInt64Array);
    case DataType.UINT64:
      return aligned(bytes, BigUint64Array);
    case DataType.FLOAT16:
    case DataType.BFLOAT16:
      return aligned(bytes, Uint16Array);
    default:
      return bitsOf(type) === undefined ? undefined : (nativeNumbers(type, bytes) ?? bytes);
  }
}

/** Whether floats hold a NaN other than those that the text calls nan and -nan; `signed` for the latter. */
export function hasOddNaN(numbers: StoredNumbers, signed: boolean): boolean {
  if (numbers instanceof Float32Array) {
    const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
    return bits.some((pattern) => {
      const magnitude = pattern & 0x7fffffff;
      return magnitude > 0x7f800000 && (magnitude !== 0x7fc00000 || (!signed && pattern !== magnitude));
    });
  }
  if (!(numbers instanceof Float64Array)) return false;
  const bits = new BigUint64Array(numbers.buffer, numbers.byteOffset, numbers.length);
  return numbers.some((value, at) => {
    if (!Number.isNaN(value)) return false;
    const pattern = bits[at] ?? 0n;
    return pattern !== 0x7ff8000000000000n && (!signed || pattern !== 0xfff8000000000000n);
  });
}

/** The sign bit of a float; a NaN in JavaScript does not show it otherwise. */
export function isNegative(numbers: StoredNumbers, at: number): boolean {
  if (!(numbers instanceof Float32Array || numbers instanceof Float64Array)) return false;
  const last = numbers.byteOffset + (at + 1) * numbers.BYTES_PER_ELEMENT - 1;
  return (new Uint8Array(numbers.buffer)[last] ?? 0) >= 128;
}
