import { Readable } from "node:stream";
import { expect } from "chai";
import { commands } from "../../src/cli/commands.js";
import { run } from "../../src/cli/run.js";

/** What a command line gave. */
export interface Finished {
  readonly code: number;
  readonly out: Buffer;
  readonly err: string;
  readonly seconds: number;
}

/** Runs topiary in this process. */
export async function topiary(
  args: readonly string[],
  input: Uint8Array = new Uint8Array(),
): Promise<Finished> {
  const out: Buffer[] = [];
  const err: string[] = [];
  const started = performance.now();
  const code = await run(args, commands, "1.2.3", {
    stdin: Readable.from([input]),
    stdout: { write: (chunk) => out.push(Buffer.from(chunk)) },
    stderr: { write: (text) => err.push(text) },
  });
  const seconds = (performance.now() - started) / 1000;
  return { code, out: Buffer.concat(out), err: err.join(""), seconds };
}

/** Runs topiary with `--json`, which must end with exit code `code`; returns the document. */
export async function document(args: readonly string[], code = 0): Promise<Record<string, unknown>> {
  const finished = await topiary([...args, "--json"]);
  expect(finished.code, finished.err).to.equal(code);
  return JSON.parse(finished.out.toString());
}

/** Runs topiary without `--json`, which must end with exit code `code`; returns what people read. */
export async function textOf(args: readonly string[], code = 0): Promise<string> {
  const finished = await topiary(args);
  expect(finished.code, finished.err).to.equal(code);
  return finished.out.toString();
}
