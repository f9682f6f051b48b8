import { UserError } from "../../base/errors.js";
import type { TensorContent } from "../../ir/tensor.js";

/** Data beside a model file, as a text names it. A text has no folder, so its elements cannot be read. */
export function externalContent(entries: ReadonlyMap<string, string>): TensorContent {
  const length = entries.get("length");
  return {
    kind: "external",
    entries,
    length: length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined,
    read() {
      const location = entries.get("location") ?? "(nowhere)";
      throw new UserError(
        "external-data-of-text",
        `the weights in ${location} belong to a model given as text, which has no folder; read the ONNX file instead`,
      );
    },
  };
}
