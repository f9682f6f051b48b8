import protobuf from "protobufjs";
import type { Long } from "./messages.js";

/** The bytes of one packed run of a repeated number field, as they are in the file. */
export class PackedRun {
  constructor(readonly bytes: Uint8Array) {}
}

/** A repeated number field: single values, and packed runs that nobody has looked into yet. */
export type Numbers<T> = readonly (T | PackedRun)[];

/**
 * protobufjs' reader, but unknown fields are kept and packed numbers stay views onto the file: as a list of numbers
 * the weights of a model in float_data would take several times their room.
 */
export class WireReader extends protobuf.Reader {
  readonly #text: Buffer;

  constructor(bytes: Uint8Array) {
    super(bytes);
    this.discardUnknown = false;
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  override string(): string {
    const { length } = this.bytes();
    return this.#text.toString("utf8", this.pos - length, this.pos);
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

  #keepRun<T>(values: T[]): T[] {
    const items: unknown[] = values;
    items.push(new PackedRun(this.bytes()));
    return values;
  }
}
