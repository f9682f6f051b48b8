import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, truncateSync, writeSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../base/errors.js";
import { writeFileAtomically } from "../base/files.js";
import { parseStudy } from "./parse-study.js";
import type { Study, StudyDocument, TrialDocument } from "./study-document.js";

const STUDY = "study.json";
const TRIALS = "trials.jsonl";

/**
 * A search as a folder: study.json, and trials.jsonl with one line for every trial, on disk before the next one counts.
 */
export class StudyFolder implements Study {
  private constructor(
    readonly path: string,
    readonly study: StudyDocument,
    readonly trials: TrialDocument[],
  ) {}

  /** Begins a study. Throws a UserError where the folder holds one already. */
  static create(path: string, study: StudyDocument): StudyFolder {
    if (textIn(path, STUDY) !== undefined)
      throw new UserError(
        "study-exists",
        `--study ${path}: it holds a study already; go on with --resume, or name another folder`,
      );
    mkdirSync(path, { recursive: true });
    writeFileAtomically(join(path, STUDY), [`${JSON.stringify(study, null, 2)}\n`]);
    return new StudyFolder(path, study, []);
  }

  /** The study in a folder; undefined where there is none. Throws a UserError where its files are damaged. */
  static async read(path: string): Promise<StudyFolder | undefined> {
    const study = textIn(path, STUDY);
    if (study === undefined) return undefined;
    const parsed = await parseStudy(study, textIn(path, TRIALS) ?? "", path);
    return new StudyFolder(path, parsed.study, [...parsed.trials]);
  }

  /** The same, to go on with it: a last line that a crash cut off is removed from the file. */
  static async resume(path: string): Promise<StudyFolder | undefined> {
    const trials = textIn(path, TRIALS) ?? "";
    const whole = trials.slice(0, trials.lastIndexOf("\n") + 1);
    if (whole.length < trials.length) truncateSync(join(path, TRIALS), Buffer.byteLength(whole));
    return StudyFolder.read(path);
  }

  /** Writes a trial to the disk. */
  append(trial: TrialDocument): void {
    const file = openSync(join(this.path, TRIALS), "a");
    try {
      writeSync(file, `${JSON.stringify(trial)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    this.trials.push(trial);
  }
}

function textIn(folder: string, name: string): string | undefined {
  try {
    return readFileSync(join(folder, name), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new UserError("study-unreadable", `${join(folder, name)}: ${(error as Error).message}`);
  }
}
