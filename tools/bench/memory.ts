/**
 * Measures the memory that `topiary prune` takes above the idle command, in sizes of the model.
 *
 * usage: npm run build && node --import tsx tools/bench/memory.ts MODEL.onnx ...
 *
 * Idle is `topiary --version`; a model's size counts what it keeps in other files. Peaks are of resident memory, summed over
 * the processes where the command starts others (onnxruntime for shapes that no rule knows).
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { encodeModel, readModel } from "../../src/onnx/index.js";

const built = join(import.meta.dirname, "../../dist");
const CUTS = [
  ["--ratio", "0.1"],
  ["--ratio", "0.5"],
  ["--macs", "0.5", "--best-effort"],
  ["--unstructured", "0.5"],
];

interface Run {
  /** MB, of all processes. */
  readonly peak: number;
  readonly processes: number;
  readonly status: number | null;
}

const folder = mkdtempSync(join(tmpdir(), "topiary-memory-"));
const log = join(folder, "peaks");
/** Runs in every process before the program, and writes a line at its end. */
const probe = `
  import { appendFileSync } from "node:fs";
  import { peakMb } from ${JSON.stringify(pathToFileURL(join(built, "runtime/memory.js")))};
  process.on("exit", () => appendFileSync(${JSON.stringify(log)}, peakMb() + "\\n"));
`;

function run(args: readonly string[]): Run {
  const env = { ...process.env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(probe)}` };
  const { status } = spawnSync(process.execPath, [join(built, "cli/main.js"), ...args], {
    env,
    stdio: "ignore",
  });
  const peaks = readFileSync(log, "utf8").trim().split("\n").map(Number);
  rmSync(log);
  return { peak: peaks.reduce((sum, each) => sum + each, 0), processes: peaks.length, status };
}

try {
  const idle = run(["--version"]).peak;
  console.log(`idle: ${idle.toFixed(0)} MB\n`);
  console.log("| model | MB | cut | peak MB above idle | times the model | processes | exit code |");
  console.log("|---|---|---|---|---|---|---|");
  for (const path of process.argv.slice(2)) {
    const size = encodeModel(readModel(path, { weights: "when needed" })).length / 1e6;
    for (const cut of CUTS) {
      const { peak, processes, status } = run(["prune", path, ...cut, "-o", join(folder, "out.onnx")]);
      const above = peak - idle;
      const sizes = [size.toFixed(0), cut.join(" "), above.toFixed(0), (above / size).toFixed(2)];
      console.log(`| ${[basename(path), ...sizes, processes, status].join(" | ")} |`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
