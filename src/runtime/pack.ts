import type { Model } from "../ir/index.js";

/** A model as bytes that pass to another process. */
export async function packModel(model: Model): Promise<Uint8Array> {
  // Loaded when needed: most child processes start faster without the file format.
  const { modelToBytes } = await import("../onnx/index.js");
  return modelToBytes(model);
}

/** The inverse of `packModel`. */
export async function unpackModel(bytes: Uint8Array): Promise<Model> {
  const { decodeModel } = await import("../onnx/index.js");
  return decodeModel(bytes, { label: "model from another process" });
}
