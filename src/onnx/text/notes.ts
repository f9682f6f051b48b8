import type { TensorContent, TypedField } from "../../ir/tensor.js";
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
  const { metadata, docString, ...rest } = notes;
  const pairs = metadata?.size ? [...metadata] : undefined;
  const said = Object.entries({ ...rest, docString: docString || undefined, metadata: pairs })
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
  if (value.kind === "raw" && value.bytes instanceof Uint8Array) return { kind: "raw", bytes: value.bytes };
  if (!Array.isArray(value.values)) return undefined;
  const values: unknown[] = value.values;
  if (value.kind === "strings" && values.every((item) => item instanceof Uint8Array))
    return { kind: "strings", values };
  const field = fieldOf(value.field);
  if (value.kind !== "field" || !field) return undefined;
  if (values.every((item) => typeof item === "number")) return { kind: "field", field, values };
  return values.every((item) => typeof item === "bigint") ? { kind: "field", field, values } : undefined;
}

function isPairOfTexts(value: unknown): value is [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((item) => typeof item === "string");
}
