import { readFileSync, type Stats, statSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf, UserError } from "../base/errors.js";
import { type Model, viewBytes } from "../ir/index.js";
import { decodeModel } from "./decode-model.js";

/** protobuf's own limit for one message; onnxruntime has it too. */
export const LARGEST_FILE = 2 ** 31 - 1;

/**
 * Reads an ONNX file. Weights are views of its bytes; those in external data files are read when they are needed.
 * Throws a UserError where there is no such file or no model in it.
 */
export function readModel(path: string): Model {
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
  return decodeModel(viewBytes(contentOf(path)), { folder: dirname(path), label: path });
}

function statOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw new UserError("model-missing", `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}

function contentOf(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UserError("model-not-readable", `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}
