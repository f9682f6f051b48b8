/**
 * Times pruning, warm, beside Torch-Pruning on the same machine in the same run.
 *
 * usage: node --import tsx tools/bench/prune.ts [--rounds 5] [--python PYTHON] NAME=MODEL.onnx ...
 *
 * NAME is what tools/bench/peer_prune.py knows (resnet56, or a torchvision name). Both sides remove 30 % of every
 * group. Ours counts reading, shapes, analysis, choosing, slicing and writing; theirs the dependency graph and pruning
 * of a model that is in memory already. Medians; the ratio is theirs over ours. The peer is left out without --python.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { criterionNamed } from "../../src/importance/index.js";
import { readModel, writeModel } from "../../src/onnx/index.js";
import { pruneModel } from "../../src/rewrite/index.js";
import { inferShapes } from "../../src/runtime/index.js";

const STAGES = ["read", "shapes", "analyse", "choose", "slice", "write"] as const;
type Seconds = Record<(typeof STAGES)[number] | "total", number>;

async function pruneOnce(path: string, out: string): Promise<{ seconds: Seconds; kept: number }> {
  const criterion = criterionNamed("l2");
  const times = [performance.now()];
  const lap = () => times.push(performance.now());
  const model = readModel(path);
  lap();
  const shapes = await inferShapes(model);
  lap();
  const pruned = pruneModel(model, shapes.of, { budget: { kind: "ratio", remove: 0.3 }, criterion });
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

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const { values, positionals } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, python: { type: "string" } },
  allowPositionals: true,
});
const rounds = Number(values.rounds);
const models = positionals.map((item) => item.split("=", 2) as [string, string]);
const folder = mkdtempSync(join(tmpdir(), "topiary-bench-"));
const ours = new Map<string, { seconds: Seconds; kept: number }[]>();
try {
  for (const [name, path] of models) {
    const out = join(folder, "out.onnx");
    await pruneOnce(path, out);
    const runs: { seconds: Seconds; kept: number }[] = [];
    for (let i = 0; i < rounds; i++) runs.push(await pruneOnce(path, out));
    ours.set(name, runs);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

interface PeerResult {
  readonly seconds?: readonly number[];
  readonly kept?: number;
  readonly error?: string;
}
const script = join(import.meta.dirname, "peer_prune.py");
const names = models.map(([name]) => name);
const peer: Record<string, PeerResult> = values.python
  ? JSON.parse(execFileSync(values.python, [script, String(rounds), ...names], { encoding: "utf8" }))
  : {};

console.log(`| model | kept | ${STAGES.join(" | ")} | total s | peer s | peer kept | ratio |`);
console.log(`|---|---|${STAGES.map(() => "---|").join("")}---|---|---|---|`);
for (const [name, runs] of ours) {
  const of = (stage: keyof Seconds) => median(runs.map(({ seconds }) => seconds[stage]));
  const theirs = peer[name];
  const peerSeconds = theirs?.seconds && median(theirs.seconds);
  const cells = [
    name,
    (runs[0]?.kept ?? 0).toFixed(3),
    ...STAGES.map((stage) => of(stage).toFixed(3)),
    of("total").toFixed(3),
    peerSeconds?.toFixed(3) ?? theirs?.error ?? "not run",
    theirs?.kept?.toFixed(3) ?? "",
    peerSeconds ? (peerSeconds / of("total")).toFixed(1) : "",
  ];
  console.log(`| ${cells.join(" | ")} |`);
}
process.exit(0);
