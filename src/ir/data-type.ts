/**
 * Element types of ONNX tensors with their numbers in TensorProto.DataType and their sizes.
 * https://onnx.ai/onnx/api/classes.html#tensorproto
 */
export const DataType = {
  UNDEFINED: 0,
  FLOAT: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  STRING: 8,
  BOOL: 9,
  FLOAT16: 10,
  DOUBLE: 11,
  UINT32: 12,
  UINT64: 13,
  COMPLEX64: 14,
  COMPLEX128: 15,
  BFLOAT16: 16,
  FLOAT8E4M3FN: 17,
  FLOAT8E4M3FNUZ: 18,
  FLOAT8E5M2: 19,
  FLOAT8E5M2FNUZ: 20,
  UINT4: 21,
  INT4: 22,
  FLOAT4E2M1: 23,
  FLOAT8E8M0: 24,
  UINT2: 25,
  INT2: 26,
} as const;

/** A number of TensorProto.DataType; files may hold numbers newer than the table. */
export type DataType = number;

const bits: Record<number, number> = {
  [DataType.FLOAT]: 32,
  [DataType.UINT8]: 8,
  [DataType.INT8]: 8,
  [DataType.UINT16]: 16,
  [DataType.INT16]: 16,
  [DataType.INT32]: 32,
  [DataType.INT64]: 64,
  [DataType.BOOL]: 8,
  [DataType.FLOAT16]: 16,
  [DataType.DOUBLE]: 64,
  [DataType.UINT32]: 32,
  [DataType.UINT64]: 64,
  [DataType.COMPLEX64]: 64,
  [DataType.COMPLEX128]: 128,
  [DataType.BFLOAT16]: 16,
  [DataType.FLOAT8E4M3FN]: 8,
  [DataType.FLOAT8E4M3FNUZ]: 8,
  [DataType.FLOAT8E5M2]: 8,
  [DataType.FLOAT8E5M2FNUZ]: 8,
  [DataType.UINT4]: 4,
  [DataType.INT4]: 4,
  [DataType.FLOAT4E2M1]: 4,
  [DataType.FLOAT8E8M0]: 8,
  [DataType.UINT2]: 2,
  [DataType.INT2]: 2,
};

const names = new Map(
  Object.entries(DataType).map(([name, number]) => [number as number, name.toLowerCase()]),
);
const numbers = new Map([...names].map(([number, name]) => [name, number]));

/** Bits of one element in raw data; undefined for strings and for types that this table does not know. */
export function bitsOf(type: DataType): number | undefined {
  return bits[type];
}

/** Bytes that `elements` elements take in raw data (sub-byte types are packed); undefined where `bitsOf` is. */
export function bytesOf(type: DataType, elements: number): number | undefined {
  const size = bits[type];
  return size === undefined ? undefined : Math.ceil((elements * size) / 8);
}

/** The type's name as the ONNX text syntax writes it, for example "float16"; "type99" for an unknown number. */
export function nameOfType(type: DataType): string {
  return names.get(type) ?? `type${type}`;
}

/** The inverse of `nameOfType`. */
export function typeOfName(name: string): DataType | undefined {
  return numbers.get(name) ?? (/^type\d+$/.test(name) ? Number(name.slice(4)) : undefined);
}

/** Whether the type is a real floating-point type of any width. */
export function isFloat(type: DataType): boolean {
  return floats.has(type);
}

const floats: ReadonlySet<number> = new Set([
  DataType.FLOAT,
  DataType.FLOAT16,
  DataType.DOUBLE,
  DataType.BFLOAT16,
  DataType.FLOAT8E4M3FN,
  DataType.FLOAT8E4M3FNUZ,
  DataType.FLOAT8E5M2,
  DataType.FLOAT8E5M2FNUZ,
  DataType.FLOAT4E2M1,
  DataType.FLOAT8E8M0,
]);
