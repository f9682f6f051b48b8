import protobuf from "protobufjs";
import { type ByteSource, piecesOfSource } from "../base/bytes.js";
import { invariant } from "../base/errors.js";
import type { Long } from "./messages.js";
import { PackedRun } from "./wire-reader.js";
import { encodeEscaped } from "./wire-text.js";

/** Bytes that are fetched while they are written, so that a large tensor never is in memory as a whole. */
export interface StreamedBytes {
  readonly length: number;
  chunks(): Iterable<Uint8Array>;
  /** For writers that have memory of their own to read into. */
  readonly source?: ByteSource;
}

export function streamedSource(source: ByteSource): StreamedBytes {
  return { length: source.length, chunks: () => piecesOfSource(source), source };
}

/** Bytes from here on are handed through as chunks of their own instead of being copied. */
const LONG = 2048;

/**
 * protobufjs' writer, but long bytes are only remembered with their place between the short ones, and handed out by
 * `chunks` as they are. The library's own way joins all weights twice in memory.
 */
export class WireWriter extends protobuf.Writer {
  readonly #long: { at: number; readonly bytes: Uint8Array | StreamedBytes }[] = [];
  readonly #forks: { readonly at: number; readonly longLength: number; readonly longCount: number }[] = [];
  #longLength = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.pos + this.#longLength;
  }

  /** The whole message in order; valid once every fork is closed. */
  *chunks(): Generator<Uint8Array> {
    for (const part of this.parts()) {
      if (part instanceof Uint8Array) yield part;
      else yield* piecesOfSource(part);
    }
  }

  /** The same, with what has to be fetched still unread. */
  *parts(): Generator<Uint8Array | ByteSource> {
    let done = 0;
    for (const { at, bytes } of this.#long) {
      if (at > done) yield this.buf.subarray(done, at);
      done = at;
      if (bytes instanceof Uint8Array) yield bytes;
      else if (bytes.source) yield bytes.source;
      else yield* bytes.chunks();
    }
    if (this.pos > done) yield this.buf.subarray(done, this.pos);
  }

  override fork(): this {
    this.#forks.push({ at: this.pos, longLength: this.#longLength, longCount: this.#long.length });
    this.bool(false); // Holds the place of a length below 128, the usual case.
    return this;
  }

  override ldelim(): this {
    const fork = this.#forks.pop();
    invariant(fork, "a protobuf message is closed that was never opened");
    const copied = this.pos - fork.at - 1;
    const length = varint(copied + this.#longLength - fork.longLength);
    const shift = length.length - 1;
    if (shift > 0) {
      this.raw(new Uint8Array(shift));
      this.buf.copyWithin(fork.at + length.length, fork.at + 1, fork.at + 1 + copied);
      for (const long of this.#long.slice(fork.longCount)) long.at += shift;
    }
    this.buf.set(length, fork.at);
    return this;
  }

  override bytes(value: Uint8Array | StreamedBytes | string): this {
    if (typeof value === "string") super.bytes(value);
    else {
      this.uint32(value.length);
      this.#append(value);
    }
    return this;
  }

  override string(value: string): this {
    const escaped = encodeEscaped(value);
    if (escaped) this.bytes(escaped);
    else super.string(value);
    return this;
  }

  override floats(values: readonly (number | PackedRun)[]): this {
    return this.#packed(values, (writer, value) => writer.float(value));
  }

  override doubles(values: readonly (number | PackedRun)[]): this {
    return this.#packed(values, (writer, value) => writer.double(value));
  }

  override int32s(values: readonly (number | PackedRun)[]): this {
    return this.#packed(values, (writer, value) => writer.int32(value));
  }

  override int64s(values: readonly (Long | number | string | PackedRun)[]): this {
    return this.#packed(values, (writer, value) => writer.int64(value));
  }

  override uint64s(values: readonly (Long | number | string | PackedRun)[]): this {
    return this.#packed(values, (writer, value) => writer.uint64(value));
  }

  #packed<T>(values: readonly (T | PackedRun)[], write: (writer: protobuf.Writer, value: T) => void): this {
    const pieces: Uint8Array[] = [];
    let singles = new protobuf.Writer();
    for (const value of values) {
      if (value instanceof PackedRun) {
        pieces.push(singles.finish(true), value.bytes);
        singles = new protobuf.Writer();
      } else write(singles, value);
    }
    pieces.push(singles.finish(true));
    this.uint32(pieces.reduce((sum, piece) => sum + piece.length, 0));
    for (const piece of pieces) this.#append(piece);
    return this;
  }

  #append(value: Uint8Array | StreamedBytes): void {
    if (value instanceof Uint8Array && value.length < LONG) {
      this.raw(value);
      return;
    }
    this.#long.push({ at: this.pos, bytes: value });
    this.#longLength += value.length;
  }
}

/** A tag or a length as protobuf writes it: seven bits a byte, the lowest first. */
export function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
}
