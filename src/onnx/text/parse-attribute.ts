import type { SparseTensor } from "../../ir/attribute.js";
import type { Tensor } from "../../ir/tensor.js";
import type { ValueType } from "../../ir/value.js";
import type { Notes } from "./notes.js";
import { numberOf } from "./numbers.js";
import { parseSparseTensor, parseTensorData } from "./parse-tensor.js";
import { parseType, seesType, tensorTypeOf } from "./parse-type.js";
import type { Scanner } from "./scanner.js";
import type { AttributeContent, AttributeTree, GraphTree } from "./tree.js";
import { ATTRIBUTE_TYPES, isFloatWord } from "./words.js";

/** One value; a list holds several of one kind. */
type Piece =
  | { readonly kind: "int"; readonly value: bigint; readonly text: string }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "string"; readonly value: Uint8Array }
  | { readonly kind: "tensor"; readonly value: Tensor }
  | { readonly kind: "graph"; readonly value: GraphTree }
  | { readonly kind: "sparseTensor"; readonly value: SparseTensor }
  | { readonly kind: "type"; readonly value: ValueType };

type Kind = AttributeContent["kind"];

/** How a graph inside an attribute is read; given by the reader of graphs, which needs this file. */
export type ParseBody = (scanner: Scanner, notes: Notes) => GraphTree;

/** `<name = value, name: type = value>` or nothing. */
export function parseAttributes(scanner: Scanner, parseBody: ParseBody): AttributeTree[] {
  const attributes: AttributeTree[] = [];
  if (!scanner.accept("<") || scanner.accept(">")) return attributes;
  do {
    const notes = scanner.notes();
    const start = scanner.here();
    const name = scanner.name("an attribute's name");
    if (attributes.some((item) => item.name === name))
      scanner.reject(`the attribute ${name} is given twice`, start);
    attributes.push(parseAttribute(scanner, name, notes, parseBody));
  } while (scanner.accept(","));
  scanner.expect(">", "after the attributes");
  return attributes;
}

/** What follows an attribute's name: an optional type and a value. */
export function parseAttribute(
  scanner: Scanner,
  name: string,
  notes: Notes,
  parseBody: ParseBody,
): AttributeTree {
  const { docString, carried } = notes;
  return { ...parseContent(scanner, parseBody), name, docString, carried };
}

function parseContent(scanner: Scanner, parseBody: ParseBody): AttributeContent {
  const declared = scanner.accept(":") ? parseDeclaredType(scanner) : undefined;
  if (declared === "undefined") return { kind: "undefined", value: undefined };
  scanner.expect("=", "before the attribute's value");
  const start = scanner.here();
  if (scanner.accept("@")) {
    return { kind: "reference", value: scanner.name("the referenced attribute"), type: declared?.type ?? 0 };
  }
  const content = scanner.accept("[")
    ? parseList(scanner, declared?.kind, parseBody)
    : parsePiece(scanner, declared?.kind, parseBody);
  if (declared && content.kind !== declared.kind) {
    scanner.reject(
      `the attribute's value is of kind ${content.kind}, its declared type is ${declared.word}`,
      start,
    );
  }
  return content.kind === "int" ? { kind: "int", value: content.value } : content;
}

interface DeclaredType {
  readonly word: string;
  readonly type: number;
  readonly kind: Kind | undefined;
}

/** The type after the colon; a number stands for one without a word, "undefined" for an attribute without a value. */
function parseDeclaredType(scanner: Scanner): DeclaredType | "undefined" {
  const start = scanner.here();
  if (scanner.seesNumber()) {
    const type = Number(scanner.integer("the number of an attribute type"));
    return { word: String(type), type, kind: undefined };
  }
  const word = scanner.identifier("an attribute type such as float, ints or tensor");
  if (word === "undefined") return "undefined";
  const known = ATTRIBUTE_TYPES.get(word);
  return known ? { word, ...known } : scanner.fail("an attribute type such as float, ints or tensor", start);
}

function parsePiece(scanner: Scanner, kind: Kind | undefined, parseBody: ParseBody): Piece {
  const notes = scanner.notes();
  const word = scanner.peekIdentifier();
  if (scanner.sees('"') || scanner.sees('x"')) return { kind: "string", value: scanner.string("a string") };
  if (word === "sparse_tensor" && scanner.peekAfterIdentifier() !== "(") {
    return { kind: "sparseTensor", value: parseSparseTensor(scanner, notes) };
  }
  if (seesType(scanner)) return parseTensorOrType(scanner, notes);
  if (word && !isFloatWord(word)) return { kind: "graph", value: parseBody(scanner, notes) };
  const start = scanner.here();
  const { text, float } = scanner.number("a value: a number, a string, a tensor, a type or a graph");
  if (float || kind === "float" || kind === "floats")
    return { kind: "float", value: Math.fround(numberOf(text)) };
  const value = BigInt(text);
  if (BigInt.asIntN(64, value) !== value) scanner.fail("a whole number of 64 bits", start);
  return { kind: "int", value, text };
}

/** `float[2] {1, 2}`, `float[2] name = {1, 2}` or `float[2] = ` is a tensor; a bare `float[2]` is a type. */
function parseTensorOrType(scanner: Scanner, notes: Notes): Piece {
  const start = scanner.here();
  const type = parseType(scanner);
  const name = scanner.optionalName();
  const equals = scanner.accept("=");
  if (name === undefined && !equals && !scanner.sees("{")) return { kind: "type", value: notes.type ?? type };
  const head = { ...tensorTypeOf(scanner, type, start), name: notes.name ?? name };
  return { kind: "tensor", value: parseTensorData(scanner, head, notes) };
}

const PLURAL = {
  int: "ints",
  float: "floats",
  string: "strings",
  tensor: "tensors",
  graph: "graphs",
  sparseTensor: "sparseTensors",
  type: "types",
} as const satisfies Record<Piece["kind"], Kind>;

/** Values up to `]`, all of one kind. Whole numbers among floats are floats. */
function parseList(scanner: Scanner, declared: Kind | undefined, parseBody: ParseBody): AttributeContent {
  const pieces: Piece[] = [];
  const start = scanner.here();
  if (!scanner.accept("]")) {
    do pieces.push(parsePiece(scanner, declared, parseBody));
    while (scanner.accept(","));
    scanner.expect("]", "after the list");
  }
  const kinds = new Set(pieces.map((piece) => piece.kind));
  if (kinds.has("float")) kinds.delete("int");
  const [kind, another] = kinds;
  if (another) scanner.reject(`the list mixes values of kinds ${kind} and ${another}`, start);
  const plural = kind ? PLURAL[kind] : Object.values(PLURAL).find((each) => each === declared);
  if (!plural) scanner.reject("an empty list needs a declared type, as in `axes: ints = []`", start);
  if (kind === "float") return { kind: "floats", value: pieces.flatMap(floatOf) };
  // All pieces are of one kind, which the compiler cannot follow from `kind` to `value`.
  return { kind: plural, value: pieces.map((piece) => piece.value) } as AttributeContent;
}

function floatOf(piece: Piece): number[] {
  if (piece.kind === "int") return [Math.fround(numberOf(piece.text))];
  return piece.kind === "float" ? [piece.value] : [];
}
