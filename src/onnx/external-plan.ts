import type { ByteSource } from "../base/bytes.js";
import { bytesOf, rawBytes, type Tensor } from "../ir/index.js";
import { entriesOf } from "./carried.js";
import { EXTERNAL } from "./decode-tensor.js";
import { ExternalSlice } from "./external-data.js";
import type { Elements } from "./messages.js";
import { type StreamedBytes, streamedSource } from "./wire-writer.js";

/** Large tensors start at a page, so that engines can map them into memory; others at a cache line. */
const PAGE = 4096;
const LINE = 64;
const LARGE = 1 << 20;

/** The data file to be written beside a model: which tensors go into it and where. */
export class ExternalPlan {
  readonly #parts: { readonly offset: number; readonly bytes: StreamedBytes }[] = [];
  readonly #entries = new Map<unknown, Elements>();
  #size = 0;

  /** `location` is the file's name as the model gives it. */
  constructor(readonly location: string) {}

  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  /** Gives a tensor its place and returns what the model says instead of its elements. */
  add(tensor: Tensor, bytes: StreamedBytes): Elements {
    const key = sharingKey(tensor);
    const known = this.#entries.get(key);
    if (known) return known;
    const unit = bytes.length >= LARGE ? PAGE : LINE;
    const offset = Math.ceil(this.#size / unit) * unit;
    this.#size = offset + bytes.length;
    this.#parts.push({ offset, bytes });
    const elements = this.#elements(tensor, offset, bytes.length);
    this.#entries.set(key, elements);
    return elements;
  }

  #elements({ content }: Tensor, offset: number, length: number): Elements {
    const entries = new Map(content.kind === "external" ? content.entries : []);
    entries.delete("checksum"); // It was the old file's.
    entries.set("location", this.location).set("offset", String(offset)).set("length", String(length));
    return { dataLocation: EXTERNAL, externalData: entriesOf(entries, undefined) };
  }

  /** The data file's bytes. */
  *parts(): Generator<Uint8Array | ByteSource> {
    let at = 0;
    for (const { offset, bytes } of this.#parts) {
      if (offset > at) yield new Uint8Array(offset - at);
      if (bytes.source) yield bytes.source;
      else yield* bytes.chunks();
      at = offset + bytes.length;
    }
  }
}

/** Equal for tensors whose bytes are written once. */
function sharingKey(tensor: Tensor): unknown {
  const { content } = tensor;
  if (content instanceof ExternalSlice) return content.key;
  return content.kind === "raw" ? (content.source ?? content.bytes) : tensor;
}

/** A tensor's bytes in raw form without holding them; undefined where it has none, as strings. */
export function streamedBytes(tensor: Tensor): StreamedBytes | undefined {
  const { content } = tensor;
  switch (content.kind) {
    case "raw":
      return content.source
        ? streamedSource(content.source)
        : { length: content.bytes.length, chunks: () => [content.bytes] };
    case "external": {
      if (content.source) return streamedSource(content.source());
      const bytes = content.read();
      return { length: bytes.length, chunks: () => [bytes] };
    }
    case "field": {
      const length = bytesOf(tensor.dataType, tensor.elements);
      return length === undefined ? undefined : { length, chunks: () => [rawBytes(tensor)] };
    }
    default:
      return undefined;
  }
}
