import { type DataType, nameOfType } from "../../ir/data-type.js";
import type { Dimension, ValueType } from "../../ir/value.js";
import { quoted } from "./quote.js";
import { isIdentifier, standardType } from "./words.js";

/** A type in the standard syntax, without denotations; undefined where it has no word for it. */
export function typeText(type: ValueType): string | undefined {
  switch (type.kind) {
    case "tensor":
      return tensorTypeText(type.elementType, type.shape);
    case "sparseTensor":
      return wrapped("sparse_tensor", tensorTypeText(type.elementType, type.shape));
    case "sequence":
      return wrapped("seq", type.element && typeText(type.element));
    case "optional":
      return wrapped("optional", type.element && typeText(type.element));
    case "map": {
      const value = type.value && typeText(type.value);
      return wrapped(
        "map",
        value && isNamed(type.keyType) ? `${nameOfType(type.keyType)}, ${value}` : undefined,
      );
    }
    case "opaque":
      return opaqueText(type.domain, type.name);
    case "unknown":
      return undefined;
  }
}

/** Whether `typeText` says all of it, so that it is read back equal. */
export function isSaid(type: ValueType): boolean {
  if (type.denotation !== undefined || type.carried !== undefined || typeText(type) === undefined)
    return false;
  if (type.kind === "sequence" || type.kind === "optional")
    return type.element !== undefined && isSaid(type.element);
  if (type.kind === "map") return type.value !== undefined && isSaid(type.value);
  if (type.kind !== "tensor" && type.kind !== "sparseTensor") return true;
  return (type.shape ?? []).every(
    ({ denotation, carried }) => denotation === undefined && carried === undefined,
  );
}

/** An element type's name, ours where ONNX has none. */
export function elementTypeText(type: DataType, dims: readonly number[]): string {
  return isNamed(type) && dims.length === 0 ? nameOfType(type) : `${nameOfType(type)}[${dims.join(",")}]`;
}

function wrapped(word: string, inside: string | undefined): string | undefined {
  return inside === undefined ? undefined : `${word}(${inside})`;
}

function isNamed(type: DataType): boolean {
  return standardType(nameOfType(type)) !== undefined;
}

function tensorTypeText(type: DataType, shape: readonly Dimension[] | undefined): string | undefined {
  if (!isNamed(type)) return undefined;
  if (!shape) return `${nameOfType(type)}[]`;
  return shape.length === 0 ? nameOfType(type) : `${nameOfType(type)}[${shape.map(sizeText).join(",")}]`;
}

function sizeText({ size }: Dimension): string {
  if (size === null) return "?";
  if (typeof size === "number") return String(size);
  return isIdentifier(size) ? size : quoted(size);
}

function opaqueText(domain: string | undefined, name: string | undefined): string | undefined {
  const isDotted = (text: string) => text.split(".").every(isIdentifier);
  if (!name) return domain ? undefined : "opaque()";
  if (!isDotted(name)) return undefined;
  if (!domain) return `opaque(${name})`;
  return isDotted(domain) && isIdentifier(name) ? `opaque(${domain},${name})` : undefined;
}
