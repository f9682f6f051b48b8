import { DataType, typeOfName } from "../../ir/data-type.js";
import { elementsOf } from "../../ir/tensor.js";
import type { Dimension, ValueType } from "../../ir/value.js";
import type { Scanner } from "./scanner.js";
import { isTypeWord, standardType } from "./words.js";

const A_TYPE = "a type such as float[N,3,32,32]";

export function seesType(scanner: Scanner): boolean {
  return isTypeWord(scanner.peekIdentifier()) || seesNumberedType(scanner);
}

/** Our name for an element type without one, as in `type99[3]`; only with its brackets, since it may be a name. */
function seesNumberedType(scanner: Scanner): boolean {
  const word = scanner.peekIdentifier();
  return (
    typeOfName(word) !== undefined &&
    standardType(word) === undefined &&
    scanner.peekAfterIdentifier() === "["
  );
}

/** A type: an element type with its shape, or seq, map, optional, sparse_tensor, opaque. */
export function parseType(scanner: Scanner): ValueType {
  if (!seesType(scanner)) scanner.fail(A_TYPE);
  const word = scanner.identifier(A_TYPE);
  const elementType = typeOfName(word);
  if (elementType !== undefined) return { kind: "tensor", elementType, shape: parseShape(scanner) };
  scanner.expect("(", `after ${word}`);
  const type = scanner.nested(() => parseCompound(scanner, word));
  scanner.expect(")", `at the end of ${word}`);
  return type;
}

function parseCompound(scanner: Scanner, word: string): ValueType {
  switch (word) {
    case "seq":
      return { kind: "sequence", element: parseType(scanner) };
    case "optional":
      return { kind: "optional", element: parseType(scanner) };
    case "map": {
      const keyType = parseElementType(scanner);
      scanner.expect(",", "between a map's types");
      return { kind: "map", keyType, value: parseType(scanner) };
    }
    case "sparse_tensor":
      return { kind: "sparseTensor", elementType: parseElementType(scanner), shape: parseShape(scanner) };
    default:
      return parseOpaque(scanner);
  }
}

function parseElementType(scanner: Scanner): DataType {
  const start = scanner.here();
  return standardType(scanner.identifier("an element type")) ?? scanner.fail("an element type", start);
}

/** opaque(), opaque(name) or opaque(domain, name); both may have dots. */
function parseOpaque(scanner: Scanner): ValueType {
  if (scanner.sees(")")) return { kind: "opaque", domain: undefined, name: undefined };
  let first = scanner.identifier("a name");
  while (scanner.accept(".")) first += `.${scanner.identifier("a name after the dot")}`;
  if (!scanner.accept(",")) return { kind: "opaque", domain: undefined, name: first };
  return { kind: "opaque", domain: first, name: scanner.identifier("the opaque type's name") };
}

/** No brackets: a scalar. Empty brackets: unknown rank. */
function parseShape(scanner: Scanner): readonly Dimension[] | undefined {
  if (!scanner.accept("[")) return [];
  if (scanner.accept("]")) return undefined;
  const shape: Dimension[] = [];
  do shape.push({ size: parseSize(scanner) });
  while (scanner.accept(","));
  scanner.expect("]", "after the dimensions");
  return shape;
}

function parseSize(scanner: Scanner): number | string | null {
  if (scanner.accept("?")) return null;
  const name = scanner.optionalName();
  if (name !== undefined) return name;
  const start = scanner.here();
  const size = Number(scanner.integer("a dimension: a number, a name or ?"));
  return Number.isSafeInteger(size) ? size : scanner.fail("a dimension below 2^53", start);
}

/** `type` as a tensor's; rejects what no tensor can have. */
export function tensorTypeOf(scanner: Scanner, type: ValueType, at: number) {
  if (type.kind !== "tensor") return scanner.fail("a tensor type, since data follows", at);
  const numbered = standardTypeless(type.elementType);
  if (!type.shape && !numbered) return scanner.fail("a tensor's dimensions, since data follows", at);
  const dims = (type.shape ?? []).map(({ size }) =>
    typeof size === "number" && size >= 0
      ? size
      : scanner.fail("dimensions that are numbers, since data follows", at),
  );
  if (!Number.isSafeInteger(elementsOf(dims))) scanner.fail("fewer than 2^53 elements", at);
  return { dataType: type.elementType, dims };
}

const named = new Set<number>(Object.values(DataType).filter((type) => type !== DataType.UNDEFINED));

/** Whether an element type has no name in the syntax; its scalars are written `type99[]`. */
function standardTypeless(type: DataType): boolean {
  return !named.has(type);
}
