import { resolve } from "node:path";
import { UserError } from "../../base/errors.js";
import { checkWritable } from "../../base/files.js";
import type { PrunePlan } from "../../channels/index.js";
import type { Model } from "../../ir/index.js";
import { dataFileOf, encodeModel, writeModel } from "../../onnx/index.js";
import { planText } from "../../rewrite/index.js";
import type { Io } from "../io.js";

/** Where a model and a plan go; "-" is standard output. */
export interface OutputPaths {
  readonly out: string;
  readonly plan?: string | undefined;
}

/** Throws a UserError where these paths cannot be written, before any work is done. */
export function checkOutputs({ out, plan }: OutputPaths): void {
  if (plan !== undefined && (out === "-" ? plan === "-" : resolve(out) === resolve(plan))) {
    throw new UserError("usage", `-o and --plan both name ${out}; give them different files`);
  }
  if (plan !== undefined && resolve(dataFileOf(out)) === resolve(plan)) {
    throw new UserError("usage", `--plan names ${plan}, where weights of ${out} may go; choose another name`);
  }
  for (const path of [out, plan]) if (path !== undefined && path !== "-") checkWritable(path);
}

/** Writes a model and its plan; files appear together or not at all. */
export function writeOutputs(
  model: Model,
  plan: PrunePlan,
  { out, plan: planPath }: OutputPaths,
  io: Io,
): void {
  const chunks = [planText(plan)];
  const beside = planPath === undefined || planPath === "-" ? [] : [{ path: planPath, chunks }];
  if (out === "-") {
    const bytes = encodeModel(model).chunks();
    for (const file of beside) io.writeOutput(file.path, file.chunks);
    io.writeOutput("-", bytes);
  } else writeModel(model, out, { beside });
  if (planPath === "-") io.writeOutput("-", chunks);
}

/** Writes a model alone. */
export function writeModelTo(model: Model, out: string, io: Io): void {
  if (out === "-") io.writeOutput("-", encodeModel(model).chunks());
  else writeModel(model, out);
}
