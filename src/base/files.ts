import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writevSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { UserError } from "./errors.js";

/** One writev call takes at most 2^31 - 1 bytes on Node 20; stay well below. */
const LARGEST_WRITE = 1 << 30;

/**
 * Writes `chunks` to a temporary file beside `path` and renames it, so that `path` is either the old file or the
 * whole new one. The chunks are never joined in memory. Returns the number of bytes written.
 */
export function writeFileAtomically(path: string, chunks: Iterable<Uint8Array | string>): number {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  let written = 0;
  try {
    const file = openSync(temporary, "wx");
    try {
      for (const chunk of chunks) written += writeAll(file, typeof chunk === "string" ? Buffer.from(chunk) : chunk);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw asUserError(error, path);
  }
  return written;
}

function writeAll(file: number, bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) at += writevSync(file, [bytes.subarray(at, at + LARGEST_WRITE)]);
  return bytes.length;
}

function asUserError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new UserError("output-folder-missing", `cannot write ${path}: its folder does not exist; make it first`);
  }
  if (code === "EACCES" || code === "EROFS" || code === "EPERM") {
    return new UserError("output-not-writable", `cannot write ${path}: no permission`);
  }
  if (code === "EISDIR") return new UserError("output-is-folder", `cannot write ${path}: it is a folder`);
  if (code === "ENOSPC") return new UserError("disk-full", `cannot write ${path}: the disk is full`);
  return error;
}
