import type { Dimension, ValueType } from "../../ir/value.js";

/**
 * Values of the IR as JSON and back, nothing lost: bytes, bigints, maps and numbers that JSON has not become objects
 * with one key that starts with "$".
 */
export function plainOf(value: unknown): unknown {
  if (typeof value === "bigint") return { $int: String(value) };
  if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))) {
    return { $number: Object.is(value, -0) ? "-0" : String(value) };
  }
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  if (value instanceof Map) return { $map: plainOf([...value]) };
  if (Array.isArray(value)) return value.map(plainOf);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainOf(item)]));
}

/** The inverse of `plainOf`. */
export function valueOfPlain(plain: unknown): unknown {
  if (Array.isArray(plain)) return plain.map(valueOfPlain);
  if (!isPlain(plain)) return plain;
  const entries = Object.entries(plain);
  const [key, item] = entries[0] ?? [];
  if (key === "$int" && /^-?\d+$/.test(String(item))) return BigInt(String(item));
  if (key === "$number") return Number(item);
  if (key === "$bytes") return Uint8Array.from(Buffer.from(String(item), "base64"));
  if (key === "$map" && Array.isArray(item)) return new Map(valueOfPlain(item) as [unknown, unknown][]);
  return Object.fromEntries(entries.map(([name, value]) => [name, valueOfPlain(value)]));
}

/** Whether `value` is an object of JSON. */
export function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}

/** `value` as a type of the IR; undefined where it is none. */
export function typeOfPlain(value: unknown): ValueType | undefined {
  if (!isPlain(value)) return undefined;
  const shared = { denotation: textOrNone(value.denotation), carried: value.carried };
  switch (value.kind) {
    case "tensor":
    case "sparseTensor": {
      if (typeof value.elementType !== "number") return undefined;
      const shape = Array.isArray(value.shape) ? value.shape : undefined;
      if (shape && !shape.every(isDimension)) return undefined;
      return { ...shared, kind: value.kind, elementType: value.elementType, shape };
    }
    case "sequence":
    case "optional":
      return { ...shared, kind: value.kind, element: typeOfPlain(value.element) };
    case "map":
      if (typeof value.keyType !== "number") return undefined;
      return { ...shared, kind: "map", keyType: value.keyType, value: typeOfPlain(value.value) };
    case "opaque":
      return { ...shared, kind: "opaque", domain: textOrNone(value.domain), name: textOrNone(value.name) };
    case "unknown":
      return { ...shared, kind: "unknown" };
    default:
      return undefined;
  }
}

const textOrNone = (value: unknown) => (typeof value === "string" ? value : undefined);

function isDimension(value: unknown): value is Dimension {
  if (!isPlain(value)) return false;
  const { size } = value;
  return size === null || typeof size === "string" || typeof size === "number";
}
