import type { Io } from "./io.js";
import type { Option } from "./option.js";

/** A positional argument: `MODEL` in `topiary inspect MODEL`. */
export interface Argument<T> {
  /** As it stands in `--help`, in capitals. */
  readonly name: string;
  readonly about: string;
  readonly many: T extends readonly string[] ? true : false;
}

/** The kinds of positional arguments; their order is that of the keys. */
export const argument = {
  one: (name: string, about: string): Argument<string> => ({ name, about, many: false }),
  /** One or more; only the last argument can be of this kind. */
  many: (name: string, about: string): Argument<readonly string[]> => ({ name, about, many: true }),
};

/** What a command found out, as a document for programs (`--json`) and as a text for people. */
export interface Outcome {
  /** Becomes JSON. Its fields are a promise to programs: see the JSON fields in the README. */
  readonly document: unknown;
  /** Printed as it is; a last newline is added. A long text may come in pieces. */
  readonly text: string | Iterable<string>;
  /** 1 says that a check failed or that models differ. Bad input is no outcome but a `UserError` (exit code 2). */
  readonly exitCode?: 0 | 1;
}

type Arguments = Readonly<Record<string, Argument<string> | Argument<readonly string[]>>>;
type Options = Readonly<Record<string, Option<unknown>>>;
type Values<S> = {
  readonly [K in keyof S]: S[K] extends Option<infer T> ? T : S[K] extends Argument<infer T> ? T : never;
};

/**
 * A command: what it takes, one worked example, and what it does. Its name and its summary stand in the list in
 * `commands.ts`, so that `topiary --help` loads no command. `--json` and `--help` come by themselves.
 */
export interface Command<A extends Arguments = Arguments, O extends Options = Options> {
  readonly arguments: A;
  readonly options: O;
  /** A command line that works, and what it gives. */
  readonly example: { readonly line: string; readonly gives: string };
  /** Reads its input, calls the stages, and words the outcome. No logic of its own. */
  run(input: Values<A> & Values<O>, io: Io): Outcome | Promise<Outcome>;
}

/** Checks a command's shape while the types of its arguments and flags reach `run`. */
export function defineCommand<const A extends Arguments, const O extends Options>(
  command: Command<A, O>,
): Command {
  return command;
}

/** One line of the list of commands. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** Imports the command's file, which imports what is heavy. */
  load(): Promise<{ readonly default: Command }>;
}
