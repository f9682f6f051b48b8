/**
 * Times pruning, warm, beside Torch-Pruning on the same machine, round by round in turn.
 *
 * usage: npm run build && node --import tsx tools/bench/prune.ts [--remove 0.5] [--rounds 5] [--warm-up 3] [--python PYTHON] NAME=MODEL.onnx ...
 *
 * NAME is what tools/bench/peer_prune.py knows (resnet56, or a torchvision name). Both sides remove the same share of
 * every group. Ours counts reading, shapes, analysis, choosing, slicing and writing; theirs the dependency graph and
 * pruning of a model that is in memory already. One thread each, medians; the ratio is theirs over ours. Both are warm: two
 * rounds at least and --warm-up seconds of each before the count starts (V8 goes on compiling for about a hundred rounds of
 * a small network), and one of ours that does not count after each of theirs, since V8 drops code that has not run
 * for some seconds. "cold" is one run of the command line, start of node included. The peer is left out without --python.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

/** The package as users run it: the loader that runs this file would slow it down. */
const built = join(import.meta.dirname, "../../dist");
const { readModel, writeModel }: typeof import("../../src/onnx/index.js") = await import(
  `${built}/onnx/index.js`
);
const { pruneModel }: typeof import("../../src/rewrite/index.js") = await import(`${built}/rewrite/index.js`);
const { inferShapes }: typeof import("../../src/runtime/index.js") = await import(
  `${built}/runtime/index.js`
);
const { criterionNamed }: typeof import("../../src/importance/index.js") = await import(
  `${built}/importance/index.js`
);

const LEAST_WARM_UP = 2;
const STAGES = ["read", "shapes", "analyse", "choose", "slice", "write"] as const;
type Stage = (typeof STAGES)[number] | "total";

interface Timing {
  readonly seconds: Record<Stage, number>;
  readonly kept: number;
}

interface PeerAnswer {
  readonly seconds?: number;
  readonly kept?: number;
  readonly error?: string;
}

async function pruneOnce(path: string, out: string): Promise<Timing> {
  const criterion = criterionNamed("l2");
  const times = [performance.now()];
  const lap = () => times.push(performance.now());
  const model = readModel(path, { weights: "when needed" });
  lap();
  const shapes = await inferShapes(model);
  lap();
  const pruned = pruneModel(model, shapes.of, { budget: { kind: "ratio", remove: removed }, criterion });
  lap();
  writeModel(pruned.model, out);
  lap();
  const [start = 0, read = 0, inferred = 0, cut = 0, written = 0] = times.map((time) => time / 1000);
  return {
    seconds: {
      read: read - start,
      shapes: inferred - read,
      ...pruned.seconds,
      write: written - cut,
      total: written - start,
    },
    kept: pruned.after.macs / pruned.before.macs,
  };
}

/** One process for the whole run, asked line by line. */
function startPeer(python: string): { ask(name: string): Promise<PeerAnswer>; end(): void } {
  const child = spawn(python, [join(import.meta.dirname, "peer_prune.py")], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(name) {
      child.stdin.write(`${name} ${removed}\n`);
      const { value, done } = await lines.next();
      return done ? { error: "the peer's process ended" } : JSON.parse(value);
    },
    end: () => child.kill(),
  };
}

async function warmUp(run: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  for (let i = 0; i < LEAST_WARM_UP || performance.now() - start < 1000 * warmUpSeconds; i++) await run();
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const { values, positionals } = parseArgs({
  options: {
    remove: { type: "string", default: "0.5" },
    rounds: { type: "string", default: "5" },
    "warm-up": { type: "string", default: "3" },
    python: { type: "string" },
  },
  allowPositionals: true,
});
const removed = Number(values.remove);
const rounds = Number(values.rounds);
const warmUpSeconds = Number(values["warm-up"]);
const folder = mkdtempSync(join(tmpdir(), "topiary-bench-"));
const peer = values.python === undefined ? undefined : startPeer(values.python);
const ratios: number[] = [];
try {
  console.log(
    `| model | kept | ${STAGES.join(" | ")} | total s | cold s | peer s | peer kept | ratio | load |`,
  );
  console.log(`|---|---|${STAGES.map(() => "---|").join("")}---|---|---|---|---|---|`);
  for (const item of positionals) {
    const [name = "", path = ""] = item.split("=", 2);
    const out = join(folder, "out.onnx");
    const [ours, theirs]: [Timing[], PeerAnswer[]] = [[], []];
    const ourRound = () => {
      rmSync(out, { force: true });
      return pruneOnce(path, out);
    };
    await warmUp(ourRound);
    if (peer) await warmUp(() => peer.ask(name));
    for (let round = 0; round < rounds; round++) {
      await ourRound();
      ours.push(await ourRound());
      if (peer) theirs.push(await peer.ask(name));
    }
    console.log(rowOf(name, ours, theirs, coldSeconds(path, out)));
  }
} finally {
  peer?.end();
  rmSync(folder, { recursive: true, force: true });
}
if (ratios.length > 0) {
  const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
  console.log(`\ngeometric mean of ${ratios.length} ratios: ${mean.toFixed(2)}`);
}
process.exit(0);

function coldSeconds(path: string, out: string): number {
  const start = performance.now();
  const args = ["prune", path, "--ratio", values.remove, "-o", out];
  execFileSync(process.execPath, [join(built, "cli/main.js"), ...args], { stdio: "ignore" });
  return (performance.now() - start) / 1000;
}

function rowOf(name: string, ours: readonly Timing[], theirs: readonly PeerAnswer[], cold: number): string {
  const of = (stage: Stage) => median(ours.map(({ seconds }) => seconds[stage]));
  const error = theirs.find((answer) => answer.error)?.error;
  const peerSeconds = median(theirs.flatMap(({ seconds }) => seconds ?? []));
  if (!error && theirs.length > 0) ratios.push(peerSeconds / of("total"));
  const cells = [
    name,
    (ours[0]?.kept ?? 0).toFixed(3),
    ...STAGES.map((stage) => of(stage).toFixed(3)),
    of("total").toFixed(3),
    cold.toFixed(2),
    error ?? (theirs.length > 0 ? peerSeconds.toFixed(3) : "not run"),
    theirs[0]?.kept?.toFixed(3) ?? "",
    error || theirs.length === 0 ? "" : (peerSeconds / of("total")).toFixed(2),
    (loadavg()[0] ?? 0).toFixed(1),
  ];
  return `| ${cells.join(" | ")} |`;
}
