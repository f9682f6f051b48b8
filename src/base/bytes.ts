/** Bytes that are elsewhere until somebody reads them: in a file, or in the tensor that they are cut from. */
export interface ByteSource {
  readonly length: number;
  /** Fills `into` with the bytes from `from` on. */
  read(from: number, into: Uint8Array): void;
}

/** All bytes of a source, in memory of their own. */
export function bytesOfSource(source: ByteSource): Uint8Array {
  const bytes = new Uint8Array(source.length);
  source.read(0, bytes);
  return bytes;
}

/** The same piece by piece, each in memory of its own. */
export function* piecesOfSource(source: ByteSource): Generator<Uint8Array> {
  for (let at = 0; at < source.length; at += PIECE) {
    const piece = new Uint8Array(Math.min(PIECE, source.length - at));
    source.read(at, piece);
    yield piece;
  }
}

const PIECE = 1 << 20;

/** Bytes in memory, read like others. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    length: bytes.length,
    read(from, into) {
      into.set(bytes.subarray(from, from + into.length));
    },
  };
}
