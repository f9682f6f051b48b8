import { Option as Flag, Command as Parser } from "commander";
import { UserError } from "../base/errors.js";
import type { Command, CommandEntry, Outcome } from "./command.js";
import { Io, type Streams } from "./io.js";
import type { Option } from "./option.js";

/**
 * Parses `argv` and runs the command it names. Only that command's file is loaded; the others are known by name and
 * summary. Throws commander's own error for `--help`, `--version` and bad usage, `UserError` for bad input.
 */
export async function runCommandLine(
  argv: readonly string[],
  commands: readonly CommandEntry[],
  version: string,
  streams: Streams,
): Promise<number> {
  const program = new Parser("topiary")
    .description("Prunes ONNX models: any trained ONNX model in, a smaller one out, that does the same job.")
    .version(version, "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      // What goes wrong is worded in one place, from the error that commander throws.
      writeErr: () => {},
      getOutHelpWidth: () => Math.min(streams.stdout.columns ?? 100, 110),
    })
    .addHelpText("after", "\nTry `topiary COMMAND --help`: each has a worked example.");

  const wanted = argv[0] === "help" ? argv[1] : argv[0];
  let exitCode = 0;
  for (const entry of commands) {
    const parser = program.command(entry.name).description(entry.summary);
    if (entry.name !== wanted) continue;
    const command = (await entry.load()).default;
    configure(parser, command, async (input, json) => {
      const io = new Io(streams, json, version);
      const outcome: Outcome = await command.run(input, io);
      io.finish(outcome.document, outcome.text);
      exitCode = outcome.exitCode ?? 0;
    });
  }
  await program.parseAsync(argv, { from: "user" });
  return exitCode;
}

type Input = Readonly<Record<string, never>>;

function configure(
  parser: Parser,
  command: Command,
  act: (input: Input, json: boolean) => Promise<void>,
): void {
  for (const { name, about, many } of Object.values(command.arguments)) {
    parser.argument(many ? `<${name}...>` : `<${name}>`, about);
  }
  const options = Object.entries<Option<unknown>>(command.options);
  for (const [key, option] of options) parser.addOption(flagOf(key, option));
  parser.option("--json", "print one JSON document on standard output and nothing else there");
  parser.addHelpText("after", `\nExample:\n  $ ${command.example.line}\n\n  ${command.example.gives}`);

  parser.action(async () => {
    const { json = false, ...flags } = parser.opts<Record<string, unknown> & { json?: boolean }>();
    for (const [key, option] of options) if (option.writes && json) refuseStandardOutput(key, flags[key]);
    const positional = Object.keys(command.arguments).map((key, index) => [key, parser.processedArgs[index]]);
    const fallbacks = options.map(([key, option]) => [key, option.fallback]);
    await act({ ...Object.fromEntries([...positional, ...fallbacks]), ...flags } as Input, json);
  });
}

function flagOf(key: string, option: Option<unknown>): Flag {
  const long = writtenForm(key);
  const value = option.placeholder === undefined ? "" : ` <${option.placeholder}>`;
  const flag = new Flag(
    `${option.short === undefined ? "" : `-${option.short}, `}${long}${value}`,
    option.about,
  );
  if (value !== "") flag.argParser((text, previous: unknown) => option.parse(text, long, previous));
  if (isWorthSaying(option.fallback)) flag.default(option.fallback);
  if (option.required) flag.makeOptionMandatory();
  return flag;
}

/** "(default: false)" behind every switch and "(default: [])" behind every repeatable flag would help nobody. */
function isWorthSaying(fallback: unknown): boolean {
  return fallback !== undefined && fallback !== false && !(Array.isArray(fallback) && fallback.length === 0);
}

function writtenForm(key: string): string {
  return `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function refuseStandardOutput(key: string, value: unknown): void {
  if (value !== "-") return;
  throw new UserError(
    "usage",
    `${writtenForm(key)} - and --json both want standard output; write the file to a path, or leave out --json`,
  );
}
