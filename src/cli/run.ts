import { inspect } from "node:util";
import { CommanderError } from "commander";
import { UserError } from "../base/errors.js";
import type { CommandEntry } from "./command.js";
import { type Streams, toJson } from "./io.js";
import { runCommandLine } from "./program.js";

/** Exit codes: 0 ok, 1 a check failed or models differ, and these two. */
export const BAD_INPUT = 2;
export const OUR_BUG = 70;

/** Runs one command line and returns its exit code. Never throws: every trouble takes one of three roads. */
export async function run(
  argv: readonly string[],
  commands: readonly CommandEntry[],
  version: string,
  streams: Streams,
): Promise<number> {
  try {
    return await runCommandLine(argv, commands, version, streams);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const { exitCode, code, message } = describe(error, argv, version);
    streams.stderr.write(`topiary: ${message}\n`);
    // A program that asked for JSON gets a document in any case, on a failure as well.
    if (argv.includes("--json")) streams.stdout.write(`${toJson({ error: { code, message } })}\n`);
    return exitCode;
  }
}

/** Words a failure: one line for what the user can mend, a report for what only we can. */
export function describe(
  error: unknown,
  argv: readonly string[],
  version: string,
): { exitCode: number; code: string; message: string } {
  if (error instanceof UserError) {
    return { exitCode: BAD_INPUT, code: error.code, message: error.message };
  }
  if (error instanceof CommanderError)
    return { exitCode: BAD_INPUT, code: "usage", message: usage(error, argv) };
  const message = [
    "this is a bug in topiary, not in your input. Please report it with the lines below",
    "and, if you may share it, the model.",
    `  topiary ${version}, node ${process.version}, ${process.platform} ${process.arch}: ${argv.join(" ")}`,
    inspect(error),
  ].join("\n");
  return { exitCode: OUR_BUG, code: "bug", message };
}

/** commander says "error: unknown option '--maxs'\n(Did you mean --macs?)"; one line is enough. */
function usage(error: CommanderError, argv: readonly string[]): string {
  if (error.code === "commander.help") return "name a command; `topiary --help` lists them";
  const [what, hint] = error.message.replace(/^error: /, "").split("\n");
  const inCommand =
    argv[0] !== undefined && !argv[0].startsWith("-") && error.code !== "commander.unknownCommand";
  const help = inCommand ? `topiary ${argv[0]} --help` : "topiary --help";
  return `${what}${hint === undefined ? "" : ` ${hint}`}; see \`${help}\``;
}
