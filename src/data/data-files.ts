import { closeSync, openSync, readSync, statSync } from "node:fs";
import { messageOf, UserError } from "../base/errors.js";

/** Node reads at most 2^31 - 1 bytes at once. */
const LARGEST_READ = 1 << 30;

/** deflate cannot shrink data further (https://zlib.net/zlib_tech.html): a header that claims more is lying. */
export const MOST_DEFLATED = 1032;

/** What is at `path`. */
export function kindOfPath(path: string): "file" | "folder" | "nothing" {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return "nothing";
  return stats.isDirectory() ? "folder" : "file";
}

/** Throws a UserError unless `path` is a folder. `wanted` says what the folder should hold. */
export function requireFolder(path: string, wanted: string): void {
  const found = kindOfPath(path);
  if (found === "folder") return;
  const what = found === "file" ? "is a file, not a folder" : "does not exist";
  throw new UserError("data-not-found", `data folder ${path} ${what}; expected a folder with ${wanted}`);
}

/** Size of a file in bytes. Throws a UserError unless it is there; `wanted` says what was looked for beside it. */
export function sizeOfFile(path: string, wanted: string): number {
  if (kindOfPath(path) !== "file") {
    throw new UserError("data-file-missing", `data file ${path} does not exist; expected ${wanted}`);
  }
  return statSync(path).size;
}

/** The bytes of a file from `start` to `end`, which must lie inside it. */
export function readBytes(path: string, start: number, end: number): Buffer {
  const bytes = Buffer.alloc(end - start);
  try {
    const file = openSync(path, "r");
    try {
      readFully(file, bytes, start);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new UserError("data-unreadable", `cannot read data file ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return bytes;
}

function readFully(file: number, bytes: Buffer, start: number): void {
  for (let at = 0; at < bytes.length; ) {
    const got = readSync(file, bytes, at, Math.min(bytes.length - at, LARGEST_READ), start + at);
    if (got === 0) throw new Error(`it ended at byte ${start + at}`);
    at += got;
  }
}

/** Throws a UserError where a label is not a class; `where` names the file, `first` is the index of the first label. */
export function checkLabels(labels: Int32Array, classes: number, where: string, first = 0): void {
  const bad = labels.findIndex((label) => label < 0 || label >= classes);
  if (bad < 0) return;
  throw new UserError(
    "label-out-of-range",
    `${where}: sample ${first + bad} has label ${labels[bad]}, expected 0 to ${classes - 1}`,
  );
}

/** Class names where the source has none: "0", "1", ... */
export function numbersTo(classes: number): string[] {
  return Array.from({ length: classes }, (_, index) => String(index));
}
