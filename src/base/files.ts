import { randomBytes } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { ByteSource } from "./bytes.js";
import { UserError } from "./errors.js";

/** One call takes at most 2^31 - 1 bytes on Node 20; stay well below. */
const LARGEST_WRITE = 1 << 30;

/** Bytes that are written in one call where they come in smaller pieces. */
const BUFFER = 1 << 18;

/** What a file is made of. */
type Chunk = Uint8Array | string | ByteSource;

/** A file to be written: chunks are never joined in memory. */
export interface NewFile {
  readonly path: string;
  readonly chunks: Iterable<Chunk>;
}

/**
 * Writes `chunks` to a temporary file beside `path` and renames it, so that `path` is either the old file or the
 * whole new one. Returns the number of bytes written.
 */
export function writeFileAtomically(path: string, chunks: Iterable<Chunk>): number {
  return writeFilesAtomically([{ path, chunks }]);
}

/**
 * Writes files that belong together: none of them appears before all are written. The last one should be the file
 * that names the others. Returns the number of bytes written.
 */
export function writeFilesAtomically(files: readonly NewFile[]): number {
  const temporaries: { readonly from: string; readonly to: string }[] = [];
  let written = 0;
  try {
    for (const { path, chunks } of files) {
      const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
      temporaries.push({ from: temporary, to: path });
      written += inContext(path, () => writeNew(temporary, chunks));
    }
    for (const { from, to } of temporaries) inContext(to, () => renameSync(from, to));
  } catch (error) {
    for (const { from } of temporaries) rmSync(from, { force: true });
    throw error;
  }
  return written;
}

/** Throws the UserError that writing `path` would end with, as far as that can be known before there is anything. */
export function checkWritable(path: string): void {
  inContext(path, () => accessSync(`${dirname(path)}/`, constants.W_OK));
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new UserError("output-is-folder", `cannot write ${path}: it is a folder`);
}

function writeNew(path: string, chunks: Iterable<Chunk>): number {
  const file = openSync(path, "wx");
  try {
    const output = new BufferedOutput(file);
    for (const chunk of chunks) output.write(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
    output.flush();
    fsyncSync(file);
    return output.written;
  } finally {
    closeSync(file);
  }
}

/** Gathers short chunks and what is fetched in a buffer: a call of the system for each takes longer than copying them. */
class BufferedOutput {
  /** Bytes given so far. */
  written = 0;
  readonly #buffer = Buffer.allocUnsafe(BUFFER);
  #used = 0;

  constructor(readonly file: number) {}

  write(chunk: Uint8Array | ByteSource): void {
    this.written += chunk.length;
    const isFetched = !(chunk instanceof Uint8Array);
    if (!isFetched && chunk.length >= BUFFER / 2) {
      this.flush();
      writeAll(this.file, chunk);
      return;
    }
    for (let at = 0; at < chunk.length; ) {
      const room = this.#buffer.subarray(this.#used, this.#used + chunk.length - at);
      if (isFetched) chunk.read(at, room);
      else room.set(chunk.subarray(at, at + room.length));
      at += room.length;
      this.#used += room.length;
      if (this.#used === BUFFER) this.flush();
    }
  }

  flush(): void {
    writeAll(this.file, this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }
}

function inContext<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asUserError(error, path);
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  let at = 0;
  while (at < bytes.length) at += writeSync(file, bytes, at, Math.min(LARGEST_WRITE, bytes.length - at));
}

function asUserError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new UserError(
      "output-folder-missing",
      `cannot write ${path}: its folder does not exist; make it first`,
    );
  }
  if (code === "EACCES" || code === "EROFS" || code === "EPERM") {
    return new UserError("output-not-writable", `cannot write ${path}: no permission`);
  }
  if (code === "EISDIR") return new UserError("output-is-folder", `cannot write ${path}: it is a folder`);
  if (code === "ENOSPC") return new UserError("disk-full", `cannot write ${path}: the disk is full`);
  return error;
}
