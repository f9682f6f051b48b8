import { gunzipSync, constants as zlib } from "node:zlib";
import { messageOf, UserError } from "../base/errors.js";
import { MOST_DEFLATED, readBytes, sizeOfFile } from "./data-files.js";

/** An idx file of bytes (http://yann.lecun.com/exdb/mnist/), plain or gzipped; only its header has been read. */
export interface IdxFile {
  readonly path: string;
  /** Sizes of its axes; the first counts the items. */
  readonly dims: readonly number[];
  /** The values of items `from` up to but not including `to`. */
  read(from: number, to: number): Uint8Array;
}

/** Enough of a gzip file to hold the header of the idx file inside. */
const HEAD = 1 << 12;

/** Reads and checks the header of an idx file with `rank` axes of bytes; `wanted` says what was looked for. */
export function openIdx(path: string, rank: number, wanted: string): IdxFile {
  const size = sizeOfFile(path, wanted);
  const gzipped = path.endsWith(".gz");
  const start = readBytes(path, 0, Math.min(size, HEAD));
  const dims = dimsOf(gzipped ? inflateStart(path, start) : start, rank, path);
  const header = 4 + 4 * rank;
  const bytes = dims.reduce((product, dim) => product * dim, 1);
  if (gzipped ? bytes > size * MOST_DEFLATED : header + bytes !== size) {
    throw wrongSize(
      path,
      dims,
      gzipped ? `${size} bytes of gzip cannot hold it` : `its size is ${size} bytes`,
    );
  }
  const item = bytes / Math.max(dims[0] ?? 0, 1);
  const read = (from: number, to: number): Uint8Array =>
    gzipped
      ? inflate(path, size, header + bytes, dims).subarray(header + from * item, header + to * item)
      : readBytes(path, header + from * item, header + to * item);
  return { path, dims, read };
}

/** Header: two zero bytes, 8 for unsigned bytes, the number of axes, then each axis as a big-endian uint32. */
function dimsOf(bytes: Buffer, rank: number, path: string): number[] {
  const magic = 0x0800 + rank;
  const found = bytes.length < 4 ? undefined : bytes.readUInt32BE(0);
  if (found !== magic || bytes.length < 4 + 4 * rank) {
    const got = found === undefined ? `${bytes.length} bytes` : `0x${found.toString(16).padStart(8, "0")}`;
    throw new UserError(
      "data-not-idx",
      `${path} is no idx file of bytes with ${rank} axes: it starts with ${got}, expected 0x${magic.toString(16).padStart(8, "0")}`,
    );
  }
  return Array.from({ length: rank }, (_, axis) => bytes.readUInt32BE(4 + 4 * axis));
}

function inflateStart(path: string, start: Buffer): Buffer {
  return gunzip(path, start, { finishFlush: zlib.Z_SYNC_FLUSH, maxOutputLength: HEAD * MOST_DEFLATED });
}

function inflate(path: string, size: number, length: number, dims: readonly number[]): Buffer {
  // One byte more than the header says is enough to see that there is more.
  const bytes = gunzip(path, readBytes(path, 0, size), { maxOutputLength: length + 1 });
  if (bytes.length !== length) throw wrongSize(path, dims, `it unpacks to ${bytes.length} bytes`);
  return bytes;
}

function gunzip(path: string, bytes: Buffer, options: Parameters<typeof gunzipSync>[1]): Buffer {
  try {
    return gunzipSync(bytes, options);
  } catch (error) {
    const tooLong = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    const reason = tooLong ? "it holds more than its header says" : messageOf(error);
    throw new UserError("data-not-gzip", `cannot unpack ${path}: ${reason}`, { cause: error });
  }
}

function wrongSize(path: string, dims: readonly number[], got: string): UserError {
  return new UserError("data-wrong-size", `${path}: its header says ${dims.join(" x ")} bytes, but ${got}`);
}
