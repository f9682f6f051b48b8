import type { FieldValues, TensorContent, TypedField } from "../../ir/tensor.js";
import type { ValueType } from "../../ir/value.js";
import { isPlain, plainOf, typeOfPlain, valueOfPlain } from "./plain.js";

/**
 * What an item of the graph has beyond ONNX's own text syntax. Printed as a line `#@ {"docString": ...}` right before
 * the item: a comment to every other reader of the syntax.
 */
export interface Notes {
  /** Of a tensor or graph inside an attribute, where the syntax takes identifiers only. */
  readonly name?: string | undefined;
  readonly docString?: string | undefined;
  readonly metadata?: ReadonlyMap<string, string> | undefined;
  /** Of a value or a type attribute: a type with denotations, or one that the syntax does not have. */
  readonly type?: ValueType | undefined;
  /** Of a tensor: the typed field that holds the elements; without it they are raw data. */
  readonly field?: TypedField | undefined;
  /** Of a tensor: its elements, where those in the text do not say them: payloads of NaN, a wrong size. */
  readonly content?: TensorContent | undefined;
  /** Fields of the file format that the IR carries unseen. */
  readonly carried?: unknown;
}

const FIELDS = [
  "floatData",
  "int32Data",
  "int64Data",
  "doubleData",
  "uint64Data",
] as const satisfies TypedField[];

/** Whether a `#@` line starts at `at`. */
export function isNoteStart(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 35 && bytes[at + 1] === 64;
}

/** The line that says `notes`, with its newline; "" where there is nothing to say. */
export function printNotes(notes: Notes): string {
  const { metadata, docString, type, ...rest } = notes;
  const pairs = metadata?.size ? [...metadata] : undefined;
  const said = Object.entries({
    ...rest,
    type: typeOfPlain(type),
    docString: docString || undefined,
    metadata: pairs,
  })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [key, plainOf(value)] as const);
  return said.length === 0 ? "" : `#@ ${JSON.stringify(Object.fromEntries(said))}\n`;
}

/** The notes of a line's JSON; undefined where they are none. */
export function readNotes(json: string): Notes | undefined {
  const fields = parsed(json);
  if (!isPlain(fields)) return undefined;
  const notes: Record<string, unknown> = {};
  for (const [key, plain] of Object.entries(fields)) {
    const read = Object.hasOwn(readers, key) ? readers[key as keyof Notes] : undefined;
    const value = read?.(valueOfPlain(plain));
    if (value === undefined) return undefined;
    notes[key] = value;
  }
  return notes;
}

/** Notes in the middle of a line. */
export function notesWithin(notes: Notes): string {
  const line = printNotes(notes);
  return line && `\n${line}`;
}

type Reader<T> = (value: unknown) => T | undefined;
const text: Reader<string> = (value) => (typeof value === "string" ? value : undefined);

/** How each field is checked; undefined stands for something that it cannot be. */
const readers: { readonly [Key in keyof Notes]-?: Reader<Notes[Key]> } = {
  name: text,
  docString: text,
  metadata: (value) => (Array.isArray(value) && value.every(isPairOfTexts) ? new Map(value) : undefined),
  type: typeOfPlain,
  field: fieldOf,
  content: contentOf,
  carried: (value) => (isPlain(value) ? value : undefined),
};

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function fieldOf(value: unknown): TypedField | undefined {
  return FIELDS.find((field) => field === value);
}

function contentOf(value: unknown): TensorContent | undefined {
  if (!isPlain(value)) return undefined;
  const { kind, bytes, values } = value;
  const field = fieldOf(value.field);
  if (kind === "raw" && bytes instanceof Uint8Array) return { kind, bytes };
  if (kind === "field" && field && isNumbers(values)) return { kind, field, values };
  return kind === "strings" && isAll(values, isBytes) ? { kind, values } : undefined;
}

function isNumbers(value: unknown): value is FieldValues {
  if (ArrayBuffer.isView(value)) return !isBytes(value);
  return isAll(value, (item) => typeof item === "number") || isAll(value, (item) => typeof item === "bigint");
}

function isAll<T>(value: unknown, check: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.every(check);
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}

function isPairOfTexts(value: unknown): value is [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((item) => typeof item === "string");
}
