import { readFileSync, type Stats, statSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf, UserError } from "../base/errors.js";
import { type Model, viewBytes } from "../ir/index.js";
import { decodeModel } from "./decode-model.js";
import { skimFile } from "./skim.js";
import { UnchangedFile } from "./unchanged-file.js";

/** protobuf's own limit for one message; onnxruntime has it too. */
export const LARGEST_FILE = 2 ** 31 - 1;

export interface ReadOptions {
  /**
   * "at once", the default: what becomes of the file later makes no difference. "when needed": large initializers stay in the file and
   * are read each time that somebody uses them, so that they never are in memory together; for work that ends before
   * the file may change. If it does, using them throws a UserError.
   */
  readonly weights?: "at once" | "when needed" | undefined;
}

/**
 * Reads an ONNX file. Weights are views of its bytes; those in external data files are read when they are needed.
 * Throws a UserError where there is no such file or no model in it.
 */
export function readModel(path: string, { weights = "at once" }: ReadOptions = {}): Model {
  const stats = statOf(path);
  if (stats.isDirectory()) throw new UserError("model-is-folder", `${path} is a folder; give an ONNX file`);
  if (!stats.isFile())
    throw new UserError("model-is-no-file", `${path} is not a regular file; give an ONNX file`);
  if (stats.size > LARGEST_FILE) {
    throw new UserError(
      "model-too-large",
      `${path} has ${stats.size} bytes; a protobuf file ends at 2 GB, so export it with external data`,
    );
  }
  const inParts = weights === "when needed" && stats.size >= LARGE ? readInParts(path) : undefined;
  return inParts ?? decodeModel(viewBytes(contentOf(path)), { folder: dirname(path), label: path });
}

/** Smaller files are read faster as a whole. */
const LARGE = 1 << 22;

function statOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw new UserError("model-missing", `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}

function contentOf(path: string): Uint8Array {
  return readable(path, () => readFileSync(path));
}

/** The model with long data (of so many bytes) left in the file; undefined where that does not work. */
export function readInParts(path: string, long?: number): Model | undefined {
  const skimmed = readable(path, () => skimFile(new UnchangedFile(path, "model-changed"), long));
  if (!skimmed) return undefined;
  try {
    return decodeModel(viewBytes(skimmed.bytes), { folder: dirname(path), label: path, left: skimmed.left });
  } catch (error) {
    // What is wrong with the file is best said of the whole file.
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

function readable<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError("model-not-readable", `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}
