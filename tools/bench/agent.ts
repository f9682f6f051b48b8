/**
 * One update of a DDPG agent on the graph of a network beside the same in PyTorch, one thread each, in turn:
 * TOPIARY_PYTHON=python npx tsx tools/bench/agent.ts MODEL.onnx. The m-GNN with edge features, the paper's head, batch 64.
 * CPU milliseconds of the process: the least of the updates of a round, then the median of the rounds.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createDdpg } from "../../src/agent/index.js";
import { Random } from "../../src/base/random.js";
import { ChannelAnalysis } from "../../src/channels/index.js";
import { findMotifs, HierarchicalGraph } from "../../src/motifs/index.js";
import { readModel } from "../../src/onnx/index.js";
import { inferShapes } from "../../src/runtime/index.js";
import { HierarchyObserver } from "../../src/search/index.js";

const [UPDATES, ROUNDS, HIDDEN, GNN_ROUNDS] = [10, 5, 64, 2];

const python = process.env.TOPIARY_PYTHON;
if (!python) throw new Error("set TOPIARY_PYTHON to a Python with torch");
const model = readModel(process.argv[2] ?? "");
const shapes = await inferShapes(model);
const analysis = new ChannelAnalysis(model, shapes.of);
const tree = findMotifs(model.graph);
const hierarchy = new HierarchicalGraph(tree, analysis);
const observer = new HierarchyObserver(tree, hierarchy);
const { space } = observer;
const size = hierarchy.groups.length;

const random = new Random(1);
const observations = Array.from({ length: 40 }, () => {
  const removed = Uint8Array.from({ length: analysis.unitCount }, () => Number(random.uniform() < 0.3));
  return observer.observe(hierarchy.at(removed));
});
const agent = await createDdpg(
  { observation: space, action: { kind: "box", size, low: 0, high: 1 } },
  { warmUp: 0, updatesPerStep: 0, gnn: { hidden: HIDDEN, rounds: GNN_ROUNDS } },
);
observations.slice(1).forEach((observation, i) => {
  agent.observe({
    observation: observations[i] as (typeof observations)[0],
    action: Float32Array.from({ length: size }, () => random.uniform()),
    next: { observation, reward: -random.uniform(), terminated: i % 5 === 4, truncated: false },
  });
});

const folder = mkdtempSync(join(tmpdir(), "topiary-bench-"));
const description = join(folder, "space.json");
writeFileSync(
  description,
  JSON.stringify({ ...space, size, hidden: HIDDEN, rounds: GNN_ROUNDS }, (_, value: unknown) =>
    value instanceof Int32Array ? [...value] : value,
  ),
);
const script = fileURLToPath(new URL("agent_update.py", import.meta.url));
const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const [own, theirs]: [number[], number[]] = [[], []];
for (let round = 0; round < ROUNDS; round++) {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i <= UPDATES; i++) {
    agent.counters.due = 1;
    const before = process.cpuUsage();
    await agent.update();
    const { user, system } = process.cpuUsage(before);
    if (i > 0) least = Math.min(least, (user + system) / 1e3);
  }
  own.push(least);
  theirs.push(
    1000 * Number(execFileSync(python, [script, description, String(UPDATES)], { encoding: "utf8" })),
  );
}
rmSync(folder, { recursive: true });
await agent.close();
const [a, b] = [median(own), median(theirs)];
console.log(
  `DDPG update: topiary ${a.toFixed(1)} ms, PyTorch ${b.toFixed(1)} ms, ratio ${(a / b).toFixed(2)}`,
);
// The child that inferred shapes would keep the process.
process.exit(0);
