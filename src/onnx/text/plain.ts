import Long from "long";
import { aligned } from "../../ir/elements.js";
import { type FieldValues, viewBytes } from "../../ir/tensor.js";
import type { Dimension, ValueType } from "../../ir/value.js";
import { PackedRun } from "../wire-reader.js";

/** The typed arrays that values of typed fields come in. */
const ARRAYS: ReadonlyMap<unknown, (bytes: Uint8Array) => FieldValues> = new Map([
  ["Float32Array", (bytes: Uint8Array): FieldValues => aligned(bytes, Float32Array)],
  ["Float64Array", (bytes: Uint8Array) => aligned(bytes, Float64Array)],
  ["Int32Array", (bytes: Uint8Array) => aligned(bytes, Int32Array)],
  ["BigInt64Array", (bytes: Uint8Array) => aligned(bytes, BigInt64Array)],
  ["BigUint64Array", (bytes: Uint8Array) => aligned(bytes, BigUint64Array)],
]);

/**
 * Values of the IR and of what the reader of ONNX files carries as JSON, nothing lost: what JSON does not have becomes
 * an object with one key that starts with "$".
 */
export function plainOf(value: unknown): unknown {
  if (typeof value === "bigint") return { $int: String(value) };
  if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))) {
    return { $number: Object.is(value, -0) ? "-0" : String(value) };
  }
  if (value instanceof Uint8Array) return { $bytes: base64(value) };
  if (ArrayBuffer.isView(value)) return { $array: [value.constructor.name, base64(viewBytes(value))] };
  if (value instanceof PackedRun) return { $run: base64(value.bytes) };
  if (Long.isLong(value)) return { $long: [value.toString(), value.unsigned] };
  if (Array.isArray(value)) return value.map(plainOf);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainOf(item)]));
}

/** JSON in a text is nested at most this deep; a type in a type takes two levels. */
const DEEPEST = 250;

/** The inverse of `plainOf`; what is nested too deep is undefined. */
export function valueOfPlain(plain: unknown, depth = 0): unknown {
  if (depth > DEEPEST) return undefined;
  if (Array.isArray(plain)) return plain.map((item) => valueOfPlain(item, depth + 1));
  if (!isPlain(plain)) return plain;
  const entries = Object.entries(plain);
  const [key, item] = entries[0] ?? [];
  if (entries.length === 1 && key !== undefined && Object.hasOwn(tags, key)) {
    return tags[key as keyof typeof tags](item);
  }
  return Object.fromEntries(entries.map(([name, value]) => [name, valueOfPlain(value, depth + 1)]));
}

/** What each tag stands for; undefined where its content is none. */
const tags = {
  $int: (item: unknown) => (isInteger(item) ? BigInt(item) : undefined),
  $number: (item: unknown) => Number(item),
  $bytes: bytesOf,
  $array: (item: unknown) => (Array.isArray(item) ? ARRAYS.get(item[0])?.(bytesOf(item[1])) : undefined),
  $run: (item: unknown) => new PackedRun(bytesOf(item)),
  $long: (item: unknown) =>
    Array.isArray(item) && isInteger(item[0]) ? Long.fromString(item[0], item[1] === true) : undefined,
};

function isInteger(item: unknown): item is string {
  return typeof item === "string" && /^-?\d{1,20}$/.test(item);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

function bytesOf(item: unknown): Uint8Array {
  return Uint8Array.from(Buffer.from(String(item), "base64"));
}

/** Whether `value` is an object of JSON. */
export function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}

/** `value` as a type of the IR, its fields in one order; undefined where it is none. */
export function typeOfPlain(value: unknown): ValueType | undefined {
  if (!isPlain(value)) return undefined;
  const labels = { denotation: textOrNone(value.denotation), carried: value.carried };
  switch (value.kind) {
    case "tensor":
    case "sparseTensor": {
      if (typeof value.elementType !== "number") return undefined;
      const shape = Array.isArray(value.shape) ? value.shape.map(dimensionOf) : undefined;
      if (shape && !shape.every((dimension) => dimension !== undefined)) return undefined;
      return { kind: value.kind, elementType: value.elementType, shape, ...labels };
    }
    case "sequence":
    case "optional":
      return { kind: value.kind, element: typeOfPlain(value.element), ...labels };
    case "map":
      if (typeof value.keyType !== "number") return undefined;
      return { kind: "map", keyType: value.keyType, value: typeOfPlain(value.value), ...labels };
    case "opaque":
      return { kind: "opaque", domain: textOrNone(value.domain), name: textOrNone(value.name), ...labels };
    case "unknown":
      return { kind: "unknown", ...labels };
    default:
      return undefined;
  }
}

const textOrNone = (value: unknown) => (typeof value === "string" ? value : undefined);

function dimensionOf(value: unknown): Dimension | undefined {
  if (!isPlain(value)) return undefined;
  const { size, carried } = value;
  if (size !== null && typeof size !== "string" && typeof size !== "number") return undefined;
  return { size, denotation: textOrNone(value.denotation), carried };
}
