import type { ByteSource } from "../base/bytes.js";
import type { UnchangedFile } from "./unchanged-file.js";
import { varint } from "./wire-writer.js";

/** A model's file without the long data of its initializers. */
export interface SkimmedFile {
  readonly bytes: Uint8Array;
  /** Where that data is, by the index of the initializer. */
  readonly left: ReadonlyMap<number, ByteSource>;
}

/** Data of so many bytes is left in the file. */
const LONG = 1 << 17;

/** Numbers of fields in schemas/onnx.proto. */
const [MODEL_GRAPH, GRAPH_INITIALIZER, TENSOR_RAW_DATA] = [7, 5, 9];

const BYTES = 2;

/** One field of a message: where it starts, where its content does if it has a length, and where it ends. */
interface Field {
  readonly number: number;
  readonly wireType: number;
  readonly start: number;
  readonly content: number;
  readonly end: number;
}

/**
 * Reads a model's file but for the long data of its initializers. Undefined where there is none, or where the file is not
 * as plain as writers make them (damaged, or one message in several pieces): it has to be read as a whole then. `long`
 * is how many bytes of data are left where they are.
 */
export function skimFile(file: UnchangedFile, long = LONG): SkimmedFile | undefined {
  const cursor = new Cursor(file);
  const left = new Map<number, ByteSource>();
  try {
    const model = new Copy(cursor);
    let graphs = 0;
    for (const field of cursor.fields(0, file.length)) {
      if (field.number !== MODEL_GRAPH || field.wireType !== BYTES) model.keep(field);
      else if (++graphs > 1) return undefined;
      else model.put(field, skimGraph(cursor, field, long, left));
    }
    return left.size > 0 ? { bytes: Buffer.concat(model.parts), left } : undefined;
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    throw error;
  }
}

function skimGraph(cursor: Cursor, graph: Field, long: number, left: Map<number, ByteSource>): Copy {
  const copy = new Copy(cursor);
  let index = 0;
  for (const field of cursor.fields(graph.content, graph.end)) {
    if (field.number !== GRAPH_INITIALIZER || field.wireType !== BYTES) {
      copy.keep(field);
      continue;
    }
    const data = field.end - field.content < long ? undefined : dataOf(cursor, field);
    if (data && data.end - data.content >= long) {
      left.set(index, cursor.file.part(data.content, data.end - data.content));
      const tensor = new Copy(cursor);
      for (const each of cursor.fields(field.content, field.end))
        if (each.start !== data.start) tensor.keep(each);
      copy.put(field, tensor);
    } else copy.keep(field);
    index++;
  }
  return copy;
}

/** The one raw_data of a tensor. */
function dataOf(cursor: Cursor, tensor: Field): Field | undefined {
  const found = [...cursor.fields(tensor.content, tensor.end)].filter(
    ({ number, wireType }) => number === TENSOR_RAW_DATA && wireType === BYTES,
  );
  if (found.length > 1) throw new NotPlain();
  return found[0];
}

class NotPlain extends Error {}

/** A message put together again from stretches of the file and from messages of its own. */
class Copy {
  readonly #parts: Uint8Array[] = [];
  #from = 0;
  #to = 0;

  constructor(readonly cursor: Cursor) {}

  get parts(): readonly Uint8Array[] {
    this.#flush();
    return this.#parts;
  }

  keep({ start, end }: Field): void {
    if (start !== this.#to) {
      this.#flush();
      this.#from = start;
    }
    this.#to = end;
  }

  /** Another content in the place of a field's. */
  put({ number, wireType }: Field, content: Copy): void {
    this.#flush();
    const { parts } = content;
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    this.#parts.push(Uint8Array.from([...varint(number * 8 + wireType), ...varint(length)]), ...parts);
  }

  #flush(): void {
    if (this.#to > this.#from) this.#parts.push(this.cursor.bytes(this.#from, this.#to));
    this.#from = this.#to;
  }
}

/** Reads the file's short parts through a window. */
class Cursor {
  #window: Uint8Array = new Uint8Array(0);
  #start = 0;

  constructor(readonly file: UnchangedFile) {}

  bytes(from: number, to: number): Uint8Array {
    const bytes = new Uint8Array(to - from);
    this.file.read(from, bytes);
    return bytes;
  }

  *fields(from: number, to: number): Generator<Field> {
    for (let at = from; at < to; ) {
      const tag = this.#varint(at, to);
      const [number, wireType] = [Math.floor(tag.value / 8), tag.value % 8];
      const field = { number, wireType, start: at, ...this.#extent(wireType, tag.end, to) };
      if (number === 0 || field.end > to) throw new NotPlain();
      yield field;
      at = field.end;
    }
  }

  #extent(wireType: number, at: number, to: number): { content: number; end: number } {
    if (wireType === 0) return { content: at, end: this.#varint(at, to).end };
    if (wireType === 1) return { content: at, end: at + 8 };
    if (wireType === 5) return { content: at, end: at + 4 };
    if (wireType !== BYTES) throw new NotPlain();
    const length = this.#varint(at, to);
    return { content: length.end, end: length.end + length.value };
  }

  #varint(from: number, to: number): { value: number; end: number } {
    let value = 0;
    let scale = 1;
    for (let at = from; at < to && at < from + 10; at++) {
      const byte = this.#byte(at);
      value += (byte % 128) * scale;
      if (byte < 128) return { value, end: at + 1 };
      scale *= 128;
    }
    throw new NotPlain();
  }

  #byte(at: number): number {
    const offset = at - this.#start;
    if (offset >= 0 && offset < this.#window.length) return this.#window[offset] as number;
    this.#window = this.bytes(at, Math.min(at + WINDOW, this.file.length));
    this.#start = at;
    return this.#window[0] as number;
  }
}

const WINDOW = 1 << 14;
