import { basename } from "node:path";
import { UserError } from "../base/errors.js";
import { type NewFile, writeFilesAtomically } from "../base/files.js";
import type { Model, Tensor } from "../ir/index.js";
import { modelMessage } from "./encode-model.js";
import { ExternalPlan, streamedBytes } from "./external-plan.js";
import type { Elements } from "./messages.js";
import { LARGEST_FILE } from "./read.js";
import { encodeMessage } from "./schema.js";
import type { WireWriter } from "./wire-writer.js";

/** The bytes of an ONNX file, in chunks; weights are the model's own bytes where it has them in memory, never joined. */
export interface EncodedModel {
  readonly length: number;
  /** Throws a UserError where they are more than a file can have. */
  chunks(): Iterable<Uint8Array>;
}

export interface WriteOptions {
  /**
   * Which weights go into one file beside the model, named `<model file>.data`. "auto", the default: those that were
   * beside the model when read, cut or not, and all initializers if the model would pass 2 GB without. "always": all
   * initializers. "never": none.
   */
  readonly externalData?: "auto" | "always" | "never" | undefined;
  /** Tensors with fewer bytes stay in the model file unless they were external; 1024 where not given. */
  readonly threshold?: number | undefined;
  /** Other files that appear together with the model. */
  readonly beside?: readonly NewFile[] | undefined;
}

const THRESHOLD = 1024;

/** The model as one self-contained file; external weights are fetched while the chunks are read. */
export function encodeModel(model: Model): EncodedModel {
  const encoded = encodeInline(model);
  const { length } = encoded;
  const chunks = () => {
    checkSize(length, "the model");
    return encoded.chunks();
  };
  return { length, chunks };
}

function encodeInline(model: Model): WireWriter {
  return encodeMessage(modelMessage(model, inline));
}

/** The model as the bytes of one self-contained file. */
export function modelToBytes(model: Model): Uint8Array {
  const encoded = encodeModel(model);
  const chunks = encoded.chunks();
  const bytes = new Uint8Array(encoded.length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** Where the weights go that are beside the model file at `path`. */
export function dataFileOf(path: string): string {
  return `${path}.data`;
}

/** Writes a model; the file, its data file and those beside appear whole or not at all. Returns the bytes written. */
export function writeModel(model: Model, path: string, options: WriteOptions = {}): number {
  const { encoded, plan } = place(model, path, options);
  checkSize(encoded.length, path);
  const file = { path, chunks: encoded.parts() };
  const weights = plan.isEmpty ? [] : [{ path: dataFileOf(path), chunks: plan.parts() }];
  return writeFilesAtomically([...(options.beside ?? []), ...weights, file]);
}

interface Placed {
  readonly encoded: WireWriter;
  readonly plan: ExternalPlan;
}

function place(
  model: Model,
  path: string,
  { externalData = "auto", threshold = THRESHOLD }: WriteOptions,
): Placed {
  const location = basename(dataFileOf(path));
  const all = () => placeExternally(model, location, (tensor) => tensor.byteLength >= threshold);
  if (externalData === "always") return all();
  if (externalData === "never") return { encoded: encodeInline(model), plan: new ExternalPlan(location) };
  const placed = placeExternally(model, location, () => false);
  return placed.encoded.length > LARGEST_FILE ? all() : placed;
}

/** Leaves external what is, and moves out what `isLarge` says. */
function placeExternally(model: Model, location: string, isLarge: (tensor: Tensor) => boolean): Placed {
  const plan = new ExternalPlan(location);
  const encoded = encodeMessage(
    modelMessage(model, (tensor, role) => {
      const moves = tensor.staysExternal || (role === "initializer" && isLarge(tensor));
      if (!moves) return undefined;
      const bytes = streamedBytes(tensor);
      return bytes && plan.add(tensor, bytes);
    }),
  );
  return { encoded, plan };
}

function inline(tensor: Tensor): Elements | undefined {
  if (tensor.content.kind !== "external") return undefined;
  return { rawData: streamedBytes(tensor), externalData: [], dataLocation: undefined };
}

function checkSize(length: number, label: string): void {
  if (length <= LARGEST_FILE) return;
  throw new UserError(
    "model-too-large",
    `${label} would have ${length} bytes; a protobuf file ends at 2 GB, so write one whose weights are beside it`,
  );
}
