import type { SparseTensor } from "../../ir/attribute.js";
import { bytesOf, DataType, nameOfType } from "../../ir/data-type.js";
import { elementsOf, Tensor, type TensorContent, type TypedField } from "../../ir/tensor.js";
import { externalContent } from "./external.js";
import type { Notes } from "./notes.js";
import { readNumbers } from "./numbers.js";
import { parseType, tensorTypeOf } from "./parse-type.js";
import { integerAt, readRaw } from "./raw.js";
import type { Scanner } from "./scanner.js";

interface TensorHead {
  readonly name: string | undefined;
  readonly dataType: DataType;
  readonly dims: readonly number[];
}

/** `float[2] name = {1, 2}` as it stands inside attributes: name and equals sign may be missing. */
export function parseTensor(scanner: Scanner): Tensor {
  const notes = scanner.notes();
  const start = scanner.here();
  const type = tensorTypeOf(scanner, parseType(scanner), start);
  const name = scanner.optionalName();
  scanner.accept("=");
  return parseTensorData(scanner, { ...type, name: notes.name ?? name }, notes);
}

/** What follows a tensor's type, name and equals sign: `{1, 2}`, `["location": "file"]`, or nothing. */
export function parseTensorData(scanner: Scanner, head: TensorHead, notes: Notes): Tensor {
  const content = parseContent(scanner, head, notes);
  const { docString, metadata, carried } = notes;
  return new Tensor({ ...head, content, docString, metadata: metadata ?? new Map(), carried });
}

function parseContent(scanner: Scanner, head: TensorHead, notes: Notes): TensorContent {
  const start = scanner.here();
  let content: TensorContent = { kind: "empty" };
  if (scanner.accept("[")) content = externalContent(parseEntries(scanner, "]"));
  else if (scanner.accept("{")) content = parseElements(scanner, head, notes, start);
  return notes.content ?? content;
}

function parseElements(scanner: Scanner, head: TensorHead, notes: Notes, start: number): TensorContent {
  if (head.dataType === DataType.STRING) return { kind: "strings", values: parseStrings(scanner) };
  if (notes.field) return { kind: "field", field: notes.field, values: parseField(scanner, notes.field) };
  const label = `${nameOfType(head.dataType)}[${head.dims}]${head.name === undefined ? "" : ` ${head.name}`}`;
  const size = bytesOf(head.dataType, elementsOf(head.dims));
  if (size === undefined)
    scanner.reject(`${label} has a type whose values cannot be written in braces`, start);
  return { kind: "raw", bytes: readRaw(scanner, { dataType: head.dataType, size, label, start }) };
}

function parseStrings(scanner: Scanner): Uint8Array[] {
  const strings: Uint8Array[] = [];
  if (scanner.accept("}")) return strings;
  do strings.push(scanner.string("a string in quotes"));
  while (scanner.accept(","));
  scanner.expect("}", "after the strings");
  return strings;
}

/** A typed field's values, one for each that the file stores. */
function parseField(scanner: Scanner, field: TypedField): number[] | bigint[] {
  if (field === "int64Data" || field === "uint64Data") {
    const values: bigint[] = [];
    const bits = field === "int64Data" ? BigInt.asIntN : BigInt.asUintN;
    readNumbers(scanner, "}", (value, _float, start, end) =>
      values.push(integerAt(scanner, value, start, end, bits)),
    );
    return values;
  }
  const values: number[] = [];
  const round = field === "floatData" ? Math.fround : (value: number) => value;
  readNumbers(scanner, "}", (value) => values.push(round(value)));
  return values;
}

/** `"key": "value", ...` up to `close`, which is taken. */
export function parseEntries(scanner: Scanner, close: string): Map<string, string> {
  const entries = new Map<string, string>();
  if (scanner.accept(close)) return entries;
  do {
    const key = scanner.text("a key in quotes");
    scanner.expect(":", "between key and value");
    entries.set(key, scanner.text("a value in quotes"));
  } while (scanner.accept(","));
  scanner.expect(close, "after the entries");
  return entries;
}

/** Our `sparse_tensor[10] {float[2] {1, 2}, int64[2] {0, 7}}`: dense dimensions, values, positions. */
export function parseSparseTensor(scanner: Scanner, notes: Notes): SparseTensor {
  scanner.expect("sparse_tensor", "before a sparse tensor's dimensions");
  const dims: number[] = [];
  if (scanner.accept("[")) {
    do dims.push(parseDimension(scanner));
    while (scanner.accept(","));
    scanner.expect("]", "after the dimensions");
  }
  scanner.expect("{", "before a sparse tensor's values");
  const values = parseTensor(scanner);
  scanner.expect(",", "between a sparse tensor's values and positions");
  const indices = parseTensor(scanner);
  scanner.expect("}", "after a sparse tensor's positions");
  return { values, indices, dims, carried: notes.carried };
}

function parseDimension(scanner: Scanner): number {
  const start = scanner.here();
  const size = Number(scanner.integer("a dimension"));
  return Number.isSafeInteger(size) && size >= 0 ? size : scanner.fail("a dimension from 0 to 2^53", start);
}
