import { UserError } from "../base/errors.js";
import { writeFileAtomically } from "../base/files.js";
import { ProgressLine } from "./progress.js";

/** The three streams of a process, or what a test puts in their place. */
export interface Streams {
  readonly stdin: AsyncIterable<Uint8Array | string>;
  readonly stdout: { write(chunk: Uint8Array | string): unknown; readonly columns?: number | undefined };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean | undefined };
}

/** What a command may say and touch while it runs. Its result is not said here but returned as an `Outcome`. */
export class Io {
  readonly #streams: Streams;
  readonly #line: ProgressLine;
  readonly #stage: (label: string) => void;
  #inputRead = false;
  #outputWritten = false;

  constructor(
    streams: Streams,
    /** `--json` was given. */
    readonly json: boolean,
    /** Of topiary. */
    readonly version: string,
  ) {
    this.#streams = streams;
    this.#line = new ProgressLine(streams.stderr);
    this.#stage = this.#line.stages();
  }

  /** Says something beside the result, on standard error. */
  note(text: string): void {
    this.#line.clear();
    this.#streams.stderr.write(`${text}\n`);
  }

  /** Starts a piece of work that may take long; call the result as it advances. Shown once it has taken two seconds. */
  progress(label: string): (done?: number, total?: number) => void {
    return this.#line.start(label);
  }

  /** Waits for work that says nothing about how far it is; shown as `progress` is. */
  async wait<T>(label: string, work: Promise<T>): Promise<T> {
    const advance = this.progress(label);
    const timer = setInterval(advance, 500);
    try {
      return await work;
    } finally {
      clearInterval(timer);
    }
  }

  /** Says what comes next, where the command has taken two seconds already: for work that nothing can be said during. */
  stage(label: string): void {
    this.#stage(label);
  }

  /** All bytes of standard input: what "-" means where a file is read. Works once. */
  async readStandardInput(): Promise<Uint8Array> {
    if (this.#inputRead)
      throw new UserError("usage", '"-" can stand for one file only: standard input is read once');
    this.#inputRead = true;
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#streams.stdin)
      chunks.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
    return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
  }

  /** Writes a whole file at once or, for "-", to standard output; the text of the outcome then goes to standard error. */
  writeOutput(path: string, chunks: Iterable<Uint8Array | string>): void {
    if (path !== "-") {
      writeFileAtomically(path, chunks);
      return;
    }
    this.#outputWritten = true;
    for (const chunk of chunks) this.#streams.stdout.write(chunk);
  }

  /** Prints the result: one JSON document, or the text. For the entry only. */
  finish(document: unknown, text: string | Iterable<string>): void {
    this.#line.clear();
    if (this.json) {
      this.#streams.stdout.write(`${toJson(document)}\n`);
      return;
    }
    const target = this.#outputWritten ? this.#streams.stderr : this.#streams.stdout;
    let last = "\n";
    for (const piece of typeof text === "string" ? [text] : text) {
      if (piece === "") continue;
      target.write(piece);
      last = piece;
    }
    if (!last.endsWith("\n")) target.write("\n");
  }
}

/** JSON with 64-bit integers as numbers where that is exact, else as text. */
export function toJson(document: unknown): string {
  return JSON.stringify(
    document,
    (_key, value: unknown) => {
      if (typeof value !== "bigint") return value;
      const number = Number(value);
      return Number.isSafeInteger(number) ? number : value.toString();
    },
    2,
  );
}
