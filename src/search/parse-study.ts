import { createRequire } from "node:module";
import type { ValidateFunction } from "ajv";
import { messageOf, UserError } from "../base/errors.js";
import type { Study, StudyDocument, TrialDocument } from "./study-document.js";

/** Longer files are no studies; one with 100,000 trials of 100 groups has some 100 MB. */
const LONGEST_FILE = 1 << 28;

/**
 * A study from the texts of its two files. The last line of the trials may be cut off (a search that was killed) and
 * then does not count. Throws a UserError that names `label` and the first field that is not as the schemas say.
 */
export async function parseStudy(study: string, trials: string, label: string): Promise<Study> {
  const [asked, trial] = await Promise.all([
    validator<StudyDocument>("study"),
    validator<TrialDocument>("trial"),
  ]);
  const document = checked(asked, jsonIn(study, `${label}/study.json`), `${label}/study.json`);
  if (trials.length > LONGEST_FILE) throw notAStudy(`${label}/trials.jsonl`, "it is too long for one");
  const checkRatios = (ratios: readonly number[], place: string) => {
    if (ratios.length === document.groups.length) return;
    const what = `it has ${ratios.length} ratios, the study has ${document.groups.length} groups`;
    throw notAStudy(place, what);
  };
  for (const { ratios } of document.times ?? []) checkRatios(ratios, `${label}/study.json`);
  const lines = trials.split("\n");
  const whole = lines.slice(0, -1);
  return {
    study: document,
    trials: whole.flatMap((line, index) => {
      const place = `${label}/trials.jsonl line ${index + 1}`;
      const found = line.trim() === "" ? [] : [checked(trial, jsonIn(line, place), place)];
      for (const { ratios } of found) checkRatios(ratios, place);
      return found;
    }),
  };
}

/** The schemas' compiler is loaded when the first study is read: no other work needs it. */
async function validator<T>(name: "study" | "trial"): Promise<ValidateFunction<T>> {
  const { Ajv2020 } = await import("ajv/dist/2020.js");
  const schema: object = createRequire(import.meta.url)(`../../schemas/${name}.schema.json`);
  return new Ajv2020({ allowUnionTypes: true }).compile<T>(schema);
}

function checked<T>(validate: ValidateFunction<T>, document: unknown, place: string): T {
  if (validate(document)) return document;
  const [error] = validate.errors ?? [];
  throw notAStudy(place, `${error?.instancePath || "it"} ${error?.message ?? "is wrong"}`);
}

function jsonIn(text: string, place: string): unknown {
  if (text.length > LONGEST_FILE) throw notAStudy(place, "it is too long for one");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw notAStudy(place, messageOf(error));
  }
}

function notAStudy(place: string, what: string): UserError {
  return new UserError(
    "study-format",
    `${place} is not part of a study: ${what}; give the folder of a search`,
  );
}
