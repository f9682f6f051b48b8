import { existsSync, readFileSync } from "node:fs";
import { UserError } from "../base/errors.js";
import { writeFileAtomically } from "../base/files.js";
import { viewBytes } from "../ir/index.js";

/** Where a run stands, and all vectors that it needs to go on as if it had never stopped. */
export interface Checkpoint {
  /** Tells which model, data and settings it belongs to. */
  readonly fingerprint: string;
  /** Plain values; survive as JSON. */
  readonly progress: unknown;
  readonly vectors: ReadonlyMap<string, Float32Array>;
}

const MAGIC = "topiary-checkpoint-1\n";

/** Writes a checkpoint in place of the one at `path`: a line that names the format, one of JSON, the vectors' bytes. */
export function writeCheckpoint(path: string, { fingerprint, progress, vectors }: Checkpoint): void {
  const layout = Array.from(vectors, ([name, { length }]) => ({ name, length }));
  const head = `${MAGIC}${JSON.stringify({ fingerprint, progress, vectors: layout })}\n`;
  writeFileAtomically(path, [head, ...Array.from(vectors.values(), viewBytes)]);
}

/**
 * Reads a checkpoint; undefined where there is none. Throws a UserError for a file that is no checkpoint, is damaged, or
 * belongs to another run.
 */
export function readCheckpoint(path: string, fingerprint: string): Checkpoint | undefined {
  if (!existsSync(path)) return undefined;
  const bytes = readFileSync(path);
  const lineEnd = bytes.indexOf(10, MAGIC.length);
  if (bytes.toString("utf8", 0, MAGIC.length) !== MAGIC || lineEnd < 0)
    throw new UserError("checkpoint-format", `${path} is no checkpoint of topiary; name another file`);
  const head = JSON.parse(bytes.toString("utf8", MAGIC.length, lineEnd)) as {
    fingerprint: string;
    progress: unknown;
    vectors: { name: string; length: number }[];
  };
  if (head.fingerprint !== fingerprint) {
    throw new UserError(
      "checkpoint-other",
      `${path} belongs to another model, data set or settings; resume with those, or remove it to start again`,
    );
  }
  const expected = head.vectors.reduce((sum, { length }) => sum + 4 * length, lineEnd + 1);
  if (bytes.length !== expected)
    throw new UserError(
      "checkpoint-damaged",
      `${path} has ${bytes.length} bytes, expected ${expected}; remove it`,
    );
  let at = lineEnd + 1;
  const vectors = new Map<string, Float32Array>();
  for (const { name, length } of head.vectors) {
    const copy = new Float32Array(length);
    viewBytes(copy).set(bytes.subarray(at, at + 4 * length));
    vectors.set(name, copy);
    at += 4 * length;
  }
  return { fingerprint, progress: head.progress, vectors };
}
