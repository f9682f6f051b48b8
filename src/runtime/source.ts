import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Model } from "../ir/index.js";

/** A model to run: the path of its file, the bytes of one, or a model in memory. */
export type ModelSource = string | Uint8Array | Model | PassedModel;

/** A model as it passes to another process or to onnxruntime. */
export interface PassedModel {
  /** How messages name it. */
  readonly label: string;
  /** A path or encoded bytes. */
  readonly content: string | Uint8Array;
}

export interface HandedModel {
  readonly model: PassedModel;
  /** Removes what was written for it; call it once the model is loaded. */
  dispose(): void;
}

/** Larger models pass through a temporary file, which joins their weights nowhere in memory. */
const LARGEST_MESSAGE = 32e6;

/** How messages name a model. */
export function labelOf(source: ModelSource): string {
  if (typeof source === "string") return source;
  if (source instanceof Model) return `model ${source.graph.name || "without a name"}`;
  return source instanceof Uint8Array ? "model" : source.label;
}

/** The model as a path or bytes, encoded or written to a temporary file where that is needed. */
export async function handOver(source: ModelSource): Promise<HandedModel> {
  const label = labelOf(source);
  const dispose = () => {};
  if (typeof source === "string" || source instanceof Uint8Array)
    return { model: { label, content: source }, dispose };
  if (!(source instanceof Model)) return { model: source, dispose };
  // Child processes, which only see paths and bytes, start faster without the file format.
  const { encodeModel, modelToBytes, writeModel } = await import("../onnx/index.js");
  if (encodeModel(source).length <= LARGEST_MESSAGE) {
    return { model: { label, content: modelToBytes(source) }, dispose };
  }
  const folder = mkdtempSync(join(tmpdir(), "topiary-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const path = join(folder, "model.onnx");
    writeModel(source, path);
    return { model: { label, content: path }, dispose: remove };
  } catch (error) {
    remove();
    throw error;
  }
}
