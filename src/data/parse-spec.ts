import { readFileSync, statSync } from "node:fs";
import { dirname, extname, resolve } from "node:path";
import { messageOf, UserError } from "../base/errors.js";
import { type DatasetSpec, datasetKinds } from "./dataset-spec.js";
import { assertSpec } from "./spec-fields.js";

/** No description needs more; a larger file is not one. */
const LARGEST_DESCRIPTION = 1 << 20;

const FORMS =
  "cifar10:DIR, cifar100:DIR, mnist:DIR, images:DIR, npz:FILE, digits, or a .yaml, .yml or .json file that describes one";

/** What `--data` takes: "cifar10:DIR" and the like, "digits", or the path of a description. */
export async function parseSpec(text: string): Promise<DatasetSpec> {
  if (/\.(ya?ml|json)$/i.test(text) && !/^(cifar100?|mnist|images|npz):/.test(text))
    return readDescription(text);
  const [, name = "", path = ""] = /^([^:]*):?(.*)$/s.exec(text) ?? [];
  const kind = datasetKinds.find((known) => known === name);
  if (!kind || (kind === "digits") !== (text === "digits")) {
    throw new UserError("data-spec", `data ${JSON.stringify(text)} is none of ${FORMS}`);
  }
  if (kind === "digits") return { kind };
  if (path === "")
    throw new UserError("data-spec", `data ${JSON.stringify(text)} names no path; write ${kind}:PATH`);
  return { kind, path };
}

async function readDescription(file: string): Promise<DatasetSpec> {
  const where = `data description ${file}`;
  const value = await parseFile(file, where);
  assertSpec(value, where);
  const from = dirname(file);
  return {
    ...value,
    ...(value.path !== undefined && { path: resolve(from, value.path) }),
    ...(value.labels !== undefined && { labels: resolve(from, value.labels) }),
  };
}

async function parseFile(file: string, where: string): Promise<unknown> {
  try {
    const { size } = statSync(file);
    if (size > LARGEST_DESCRIPTION) throw new Error(`${size} bytes is too long for a description`);
    const text = readFileSync(file, "utf8");
    return extname(file).toLowerCase() === ".json" ? JSON.parse(text) : (await import("yaml")).parse(text);
  } catch (error) {
    const [reason = ""] = messageOf(error).split("\n");
    throw new UserError("data-spec", `cannot read ${where}: ${reason}`, { cause: error });
  }
}
