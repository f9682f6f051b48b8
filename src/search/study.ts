import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { UserError } from "../base/errors.js";
import { writeFileAtomically } from "../base/files.js";
import type { StudyRecord, TrialRecord } from "./record.js";

const STUDY = "study.json";
const TRIALS = "trials.jsonl";

/**
 * A search as a folder: study.json, and trials.jsonl with one line for every trial, on disk before the next one counts.
 * A line that was cut off by a crash is dropped when the study is opened again.
 */
export class Study {
  readonly #trials: TrialRecord[];

  private constructor(
    readonly folder: string,
    readonly record: StudyRecord,
    trials: TrialRecord[],
  ) {
    this.#trials = trials;
  }

  /** Begins a study in a folder that holds none yet. */
  static create(folder: string, record: StudyRecord): Study {
    if (Study.isIn(folder))
      throw new UserError(
        "study-exists",
        `--study ${folder}: it holds a study already; go on with --resume, or name another folder`,
      );
    mkdirSync(folder, { recursive: true });
    writeFileAtomically(join(folder, STUDY), [`${JSON.stringify(record, null, 2)}\n`]);
    return new Study(folder, record, []);
  }

  static isIn(folder: string): boolean {
    return existsSync(join(folder, STUDY));
  }

  /** Reads a study; with `repair` a last line that a crash cut off is removed from the file. */
  static open(folder: string, { repair = false } = {}): Study {
    const record = parse(readText(folder, STUDY), join(folder, STUDY)) as StudyRecord;
    if (record.format !== "topiary-study/1")
      throw new UserError(
        "study-format",
        `${join(folder, STUDY)}: expected format topiary-study/1, got ${JSON.stringify(record.format)}`,
      );
    const path = join(folder, TRIALS);
    const text = existsSync(path) ? readFileSync(path, "utf8") : "";
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    if (repair && whole.length < text.length) truncateSync(path, Buffer.byteLength(whole));
    const lines = whole.split("\n").slice(0, -1);
    const trials = lines.map((line, i) => parse(line, `${path}:${i + 1}`) as TrialRecord);
    trials.forEach(({ number }, i) => {
      if (number !== i)
        throw new UserError("study-damaged", `${path}:${i + 1}: expected trial ${i}, got ${number}`);
    });
    return new Study(folder, record, trials);
  }

  get trials(): readonly TrialRecord[] {
    return this.#trials;
  }

  /** Writes a trial to the disk. */
  append(trial: TrialRecord): void {
    const file = openSync(join(this.folder, TRIALS), "a");
    try {
      writeSync(file, `${JSON.stringify(trial)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    this.#trials.push(trial);
  }
}

function readText(folder: string, name: string): string {
  try {
    return readFileSync(join(folder, name), "utf8");
  } catch {
    throw new UserError("study-missing", `${folder}: no study there (no ${name}); topiary search makes one`);
  }
}

function parse(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UserError("study-damaged", `${where}: not JSON; the file is damaged`);
  }
}
