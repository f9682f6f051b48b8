import { getHeapStatistics } from "node:v8";
import protobuf from "protobufjs";
import { UserError } from "../base/errors.js";
import type { Long } from "./messages.js";
import { decodeText } from "./wire-text.js";

/** The bytes of one packed run of a repeated number field, as they are in the file. */
export class PackedRun {
  constructor(readonly bytes: Uint8Array) {}
}

/** A repeated number field: single values, and packed runs that nobody has looked into yet. */
export type Numbers<T> = readonly (T | PackedRun)[];

/** About what is made of a message (here and in the IR), of a text, and of a 64-bit number, in bytes on the heap. */
const HEAP = { message: 900, text: 100, long: 60 };

/**
 * protobufjs' reader, but unknown fields are kept and packed numbers stay views onto the file: as a list of numbers
 * the weights of a model in float_data would take several times their room. A file whose two-byte messages would fill
 * the heap is refused with a UserError before they do.
 */
export class WireReader extends protobuf.Reader {
  readonly #text: Buffer;
  #heapLeft: number;

  constructor(bytes: Uint8Array) {
    super(bytes);
    this.discardUnknown = false;
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const heap = getHeapStatistics();
    this.#heapLeft = heap.heap_size_limit - heap.used_heap_size;
  }

  /** To be called for every message. */
  countMessage(): void {
    this.#spend(HEAP.message);
  }

  override size(): number {
    this.#spend(HEAP.text);
    return super.size();
  }

  override int64(): protobuf.Long {
    this.#spend(HEAP.long);
    return super.int64();
  }

  override string(): string {
    const { length } = this.bytes();
    return decodeText(this.#text, this.pos - length, this.pos);
  }

  override floats(values: number[] = []): number[] {
    return this.#keepRun(values);
  }

  override doubles(values: number[] = []): number[] {
    return this.#keepRun(values);
  }

  override int32s(values: number[] = []): number[] {
    return this.#keepRun(values);
  }

  override int64s(values: (Long | number)[] = []): (Long | number)[] {
    return this.#keepRun(values);
  }

  override uint64s(values: (Long | number)[] = []): (Long | number)[] {
    return this.#keepRun(values);
  }

  #spend(bytes: number): void {
    this.#heapLeft -= bytes;
    if (this.#heapLeft > 0) return;
    throw new UserError(
      "model-too-large",
      "the model has more parts than fit into memory; if it is not damaged, give node a larger --max-old-space-size",
    );
  }

  #keepRun<T>(values: T[]): T[] {
    const items: unknown[] = values;
    items.push(new PackedRun(this.bytes()));
    return values;
  }
}
