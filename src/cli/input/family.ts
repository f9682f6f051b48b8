import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { PrunePlan } from "../../channels/index.js";
import type { StudySubject } from "../../report/index.js";
import type { Io } from "../io.js";
import { type OpenedModel, openModel } from "./model.js";
import { namesOtherPlan } from "./plan.js";

/** Models to compare: an original with what was made of it. */
export interface ModelFamily {
  /** Undefined where the original of a study is not at hand. */
  readonly original: OpenedModel | undefined;
  readonly children: readonly OpenedModel[];
  /** What the children were made by. */
  readonly plan?: PrunePlan | undefined;
}

/** The original of a study and its best model, as far as they are there; `remarks` takes what is not. */
export async function modelsOfStudy(
  folder: string,
  { label, study, plan }: StudySubject,
  remarks: string[],
  io: Io,
): Promise<ModelFamily> {
  const original = await originalOf(folder, study.model, remarks, io);
  const best = join(folder, "best.onnx");
  if (!existsSync(best)) {
    remarks.push(`The study ${label} holds no best.onnx yet.`);
    return { original, children: [] };
  }
  const found = await openModel(best, io);
  if (!plan || !namesOtherPlan(found.model, plan)) return { original, children: [found], plan };
  remarks.push(
    `${best} was made by another plan than best.plan.json: its channels were found by their values.`,
  );
  return { original, children: [found] };
}

/** Another file may lie at the path by now: only the one with the study's SHA-256 is the original. */
async function originalOf(
  folder: string,
  { file, sha256 }: StudySubject["study"]["model"],
  remarks: string[],
  io: Io,
): Promise<OpenedModel | undefined> {
  const paths = [file, join(folder, basename(file))].filter((path) => file !== "" && existsSync(path));
  for (const path of paths) {
    const opened = await openModel(path, io);
    const found = opened.identify().sha256;
    if (found === sha256) return opened;
    remarks.push(
      `${path} is not the original of the study: its SHA-256 is ${found.slice(0, 12)}…, that of the study ${sha256.slice(0, 12)}…; no diff and no graph of it.`,
    );
  }
  if (paths.length === 0) remarks.push(`The original model ${file} is not here: no diff and no graph of it.`);
  return undefined;
}

/** Files that were named: the first is what the others are compared with. */
export async function familyOf(paths: readonly string[], io: Io): Promise<ModelFamily> {
  const opened: OpenedModel[] = [];
  for (const path of paths) opened.push(await openModel(path, io));
  return { original: opened[0], children: opened.slice(1) };
}

/** Every model once: studies may have the same original. */
export function modelsOf(families: readonly ModelFamily[]): OpenedModel[] {
  const byLabel = new Map<string, OpenedModel>();
  for (const { original, children } of families)
    for (const model of original ? [original, ...children] : children)
      if (!byLabel.has(model.label)) byLabel.set(model.label, model);
  return [...byLabel.values()];
}

/** File names by path; with the folder's where several files have the same. */
export function shortNames(paths: readonly string[]): Map<string, string> {
  const counts = new Map<string, number>();
  for (const path of paths) counts.set(basename(path), (counts.get(basename(path)) ?? 0) + 1);
  return new Map(
    paths.map((path) => {
      const name = basename(path);
      return [path, counts.get(name) === 1 ? name : join(basename(dirname(resolve(path))), name)];
    }),
  );
}
