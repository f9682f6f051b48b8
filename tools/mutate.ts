/**
 * Breaks the channel rules and the slicing code in one place at a time and says which breaks no test notices:
 *
 *     node --import tsx/esm tools/mutate.ts [mutants for each file] [part of a file's path]
 *
 * Works on a copy of the project in a temporary folder. Survivors are either equivalent code or a missing test.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Random } from "../src/base/random.js";
import { type Mutant, mutantsOf } from "./mutants.js";

const root = resolve(import.meta.dirname, "..");
const [perFile, filter] = [Number(process.argv[2] ?? 6), process.argv[3] ?? ""];

/** What is broken, and by which tests that should be seen, the likeliest first. */
const folders = ["src/ops", "src/channels", "src/rewrite"];
const tests = ["test/rewrite/ops.test.ts", "test/channels", "test/ops", "test/rewrite", "test/importance"];

/** A break may make a loop endless; so long a test run counts as seen. */
const LONGEST_RUN = 180_000;

const copy = mkdtempSync(join(tmpdir(), "topiary-mutate-"));
try {
  for (const part of ["src", "test", "schemas", "fixtures", "package.json", "tsconfig.json", ".mocharc.json"])
    cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  if (passes()) run();
  else {
    console.error("the tests fail without a break; mend them first");
    process.exitCode = 1;
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}

function run(): void {
  const survivors: string[] = [];
  const rows: string[] = [];
  for (const file of filesUnder(folders).filter((path) => path.includes(filter))) {
    const text = readFileSync(join(copy, file), "utf8");
    const chosen = new Random(1).shuffle(mutantsOf(text)).slice(0, perFile);
    const missed = chosen.filter((mutant) => survives(file, text, mutant));
    survivors.push(
      ...missed.map((mutant) => `${file}:${mutant.line}  ${mutant.before}  ->  ${mutant.after}`),
    );
    rows.push(`| ${file} | ${chosen.length} | ${chosen.length - missed.length} | ${missed.length} |`);
    console.log(rows.at(-1));
  }
  console.log(
    ["", "| file | broken | seen | missed |", "|---|---|---|---|", ...rows, "", ...survivors].join("\n"),
  );
  process.exitCode = survivors.length > 0 ? 1 : 0;
}

function survives(file: string, text: string, { start, end, after, line }: Mutant): boolean {
  writeFileSync(join(copy, file), text.slice(0, start) + after + text.slice(end));
  const missed = passes();
  writeFileSync(join(copy, file), text);
  if (missed) console.log(`missed: ${file}:${line} -> ${after}`);
  return missed;
}

/** Whether all tests pass on the copy as it stands. */
function passes(): boolean {
  const mocha = join(copy, "node_modules/mocha/bin/mocha.js");
  const env = { ...process.env, TOPIARY_FUZZ: "60" };
  const { status } = spawnSync(process.execPath, [mocha, "--bail", ...tests], {
    cwd: copy,
    env,
    stdio: "ignore",
    timeout: LONGEST_RUN,
    killSignal: "SIGKILL",
  });
  return status === 0;
}

function filesUnder(places: readonly string[]): string[] {
  return places.flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith(".ts") && name !== "index.ts")
      .sort()
      .map((name) => join(folder, name)),
  );
}
