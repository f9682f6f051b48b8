import { createHash } from "node:crypto";
import { closeSync, openSync, readSync, realpathSync } from "node:fs";
import { basename, dirname } from "node:path";
import { UserError } from "../../base/errors.js";
import { type InlinedCall, inlineFunctions, type Model, viewBytes } from "../../ir/index.js";
import { checkExternalData, dataFileOf, decodeModel, type ReadOptions, readModel } from "../../onnx/index.js";
import type { ModelSource } from "../../runtime/index.js";
import type { Io } from "../io.js";

/** A model that the command line names. */
export interface OpenedModel {
  readonly model: Model;
  /** How messages name it. */
  readonly label: string;
  /** What onnxruntime loads it from. */
  readonly source: ModelSource;
  /** Name and SHA-256 of the file, as plans hold them. */
  identify(): { readonly name: string; readonly sha256: string };
}

/** Opens the model at `path`, "-" being standard input. Throws a UserError where there is none. */
export async function openModel(path: string, io: Io, options?: ReadOptions): Promise<OpenedModel> {
  if (path !== "-") {
    const model = readModel(path, options);
    const identify = () => ({ name: basename(path), sha256: sha256OfFile(path) });
    return { model, label: path, source: path, identify };
  }
  const label = "standard input";
  const bytes = viewBytes(await io.readStandardInput());
  const identify = () => ({ name: "", sha256: createHash("sha256").update(bytes).digest("hex") });
  return { model: decodeModel(bytes, { label }), label, source: { label, content: bytes }, identify };
}

export interface WholeModelOptions extends ReadOptions {
  /** Where the model that is made of it goes: a data file there must not take the place of one that it reads. */
  readonly out?: string;
}

/** The same for work on the weights: those in other files have to be there. */
export async function openWholeModel(
  path: string,
  io: Io,
  { out = "-", ...options }: WholeModelOptions = {},
): Promise<OpenedModel> {
  const opened = await openModel(path, io, options);
  const dataFiles = checkExternalData(opened.model);
  if (out === "-" || isSamePlace(path, out)) return opened;
  for (const file of dataFiles) {
    if (!isSamePlace(file, dataFileOf(out))) continue;
    throw new UserError(
      "output-is-input",
      `cannot write ${out}: its weights would replace ${file}, which ${path} has its own in; choose another name`,
    );
  }
  return opened;
}

/** Whether two paths into folders that are there name one entry of one of them. */
function isSamePlace(a: string, b: string): boolean {
  return basename(a) === basename(b) && realpathSync(dirname(a)) === realpathSync(dirname(b));
}

/** A model whose local functions are written out. */
export interface OpenedGraph extends OpenedModel {
  /** What `restoreCalls` needs to put the calls back. */
  readonly calls: readonly InlinedCall[];
}

/** The same with the local functions' nodes in the main graph, where channels can be followed. */
export function withoutFunctions(opened: OpenedModel): OpenedGraph {
  return { ...opened, ...inlineFunctions(opened.model) };
}

const BLOCK = 1 << 22;

function sha256OfFile(path: string): string {
  const hash = createHash("sha256");
  const block = new Uint8Array(BLOCK);
  const file = openSync(path, "r");
  try {
    for (let count = readSync(file, block); count > 0; count = readSync(file, block))
      hash.update(block.subarray(0, count));
  } finally {
    closeSync(file);
  }
  return hash.digest("hex");
}
