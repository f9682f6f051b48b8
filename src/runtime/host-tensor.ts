import { UserError } from "../base/errors.js";
import { DataType, elementsOf, float16ToNumber, nameOfType } from "../ir/index.js";

/** The arrays that hold a tensor's elements; float16 as bit patterns in a Uint16Array, bool as 0 and 1. */
export type HostArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | readonly string[];

/** A tensor that goes into or comes out of a run. A plain value: it passes between processes. */
export interface HostTensor {
  readonly dataType: DataType;
  readonly dims: readonly number[];
  readonly data: HostArray;
}

interface Storage {
  /** The type's name in onnxruntime's JavaScript interface. */
  readonly name: string;
  allocate(length: number): HostArray;
}

const storages = new Map<DataType, Storage>([
  [DataType.FLOAT, { name: "float32", allocate: (length) => new Float32Array(length) }],
  [DataType.DOUBLE, { name: "float64", allocate: (length) => new Float64Array(length) }],
  [DataType.FLOAT16, { name: "float16", allocate: (length) => new Uint16Array(length) }],
  [DataType.INT8, { name: "int8", allocate: (length) => new Int8Array(length) }],
  [DataType.UINT8, { name: "uint8", allocate: (length) => new Uint8Array(length) }],
  [DataType.INT16, { name: "int16", allocate: (length) => new Int16Array(length) }],
  [DataType.UINT16, { name: "uint16", allocate: (length) => new Uint16Array(length) }],
  [DataType.INT32, { name: "int32", allocate: (length) => new Int32Array(length) }],
  [DataType.UINT32, { name: "uint32", allocate: (length) => new Uint32Array(length) }],
  [DataType.INT64, { name: "int64", allocate: (length) => new BigInt64Array(length) }],
  [DataType.UINT64, { name: "uint64", allocate: (length) => new BigUint64Array(length) }],
  [DataType.BOOL, { name: "bool", allocate: (length) => new Uint8Array(length) }],
  [DataType.STRING, { name: "string", allocate: (length) => new Array<string>(length).fill("") }],
]);

const typesByName = new Map(Array.from(storages, ([type, { name }]) => [name, type]));

/** onnxruntime's name of an element type; undefined where its JavaScript interface has no such tensors. */
export function engineTypeName(type: DataType): string | undefined {
  return storages.get(type)?.name;
}

/** The inverse of `engineTypeName`; UNDEFINED for a name that it does not know. */
export function engineTypeOf(name: string): DataType {
  return typesByName.get(name) ?? DataType.UNDEFINED;
}

/** A tensor of zeros (or empty strings). Throws a UserError for element types that cannot be passed to a run. */
export function zeros(dataType: DataType, dims: readonly number[]): HostTensor {
  const storage = storages.get(dataType);
  if (!storage) {
    throw new UserError("tensor-type", `onnxruntime-node takes no tensors of type ${nameOfType(dataType)}`);
  }
  return { dataType, dims, data: storage.allocate(elementsOf(dims)) };
}

/** The elements as numbers (float16 decoded, int64 as the nearest double); NaN for strings. */
export function numbersIn({ dataType, data }: HostTensor): ArrayLike<number> {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float64Array.from(data, Number);
  if (isStrings(data)) return new Float32Array(data.length).fill(Number.NaN);
  return dataType === DataType.FLOAT16 ? Float32Array.from(data, float16ToNumber) : data;
}

/** True for the elements of a string tensor. */
export function isStrings(data: HostArray): data is readonly string[] {
  return Array.isArray(data);
}

/** The numbers as a tensor of another float type; undefined where `dataType` is no float type that runs take. */
export function floatTensor(
  dataType: DataType,
  dims: readonly number[],
  values: Float32Array,
): HostTensor | undefined {
  if (dataType === DataType.FLOAT) return { dataType, dims, data: values };
  if (dataType === DataType.DOUBLE) return { dataType, dims, data: Float64Array.from(values) };
  if (dataType === DataType.FLOAT16)
    return { dataType, dims, data: Uint16Array.from(values, numberToFloat16) };
  return undefined;
}

/** Bits of the nearest IEEE 754 binary16 number, ties to even. */
export function numberToFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  // The spacing of binary16 numbers near `magnitude`; 2^-24 below the smallest normal number.
  const exponent = Math.max(Math.floor(Math.log2(magnitude || 2 ** -24)), -14);
  const steps = roundHalfEven(magnitude * 2 ** (10 - exponent));
  // `steps` counts from the start of this binade; its top bit adds one to the exponent field by itself.
  return sign | (((exponent + 14) << 10) + steps);
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
