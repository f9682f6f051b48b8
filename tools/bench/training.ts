/**
 * Training, evaluation and recalibration beside PyTorch's, in turn, as a table:
 *
 *     TOPIARY_PYTHON=python npx tsx tools/bench/training.ts MODEL.onnx ...
 *
 * Models take 3 x 32 x 32; Python needs torch and onnx. The fastest of STEPS steps of 128 samples, then the median of
 * alternating rounds, ROUNDS (5) of them. THREADS (1,2): with one CPU seconds of the process, so that a busy machine
 * disturbs them little; with more seconds on the clock.
 */
import { spawn } from "node:child_process";
import { loadavg } from "node:os";
import { basename } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Random } from "../../src/base/random.js";
import { DataType, type Model } from "../../src/ir/index.js";
import { readModel } from "../../src/onnx/index.js";
import {
  type Feeds,
  type HostTensor,
  inferShapes,
  openSession,
  ResidentSession,
} from "../../src/runtime/index.js";
import { scalarFeed, vectorFeed } from "../../src/train/feed.js";
import { classifierStep, gatherSegments, recalibrationStep } from "../../src/train/index.js";

const [BATCH, STEPS] = [128, 3];
/** Alternating. */
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const THREADS = (process.env.THREADS ?? "1,2").split(",").map(Number);
const DIMS = [BATCH, 3, 32, 32];

/** Runs one step. */
type Step = () => Promise<unknown>;
type Work = "train" | "evaluate" | "recalibrate";

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const random = new Random(1);
const images: HostTensor = {
  dataType: DataType.FLOAT,
  dims: DIMS,
  data: Float32Array.from({ length: BATCH * 3072 }, () => random.normal()),
};
const labels: HostTensor = {
  dataType: DataType.INT64,
  dims: [BATCH],
  data: BigInt64Array.from({ length: BATCH }, () => BigInt(random.below(10))),
};

async function open(work: Work, model: Model, threads: number): Promise<{ step: Step; close: Step }> {
  const input = model.graph.inputs.find(({ initializer }) => !initializer)?.name ?? "";
  if (work === "evaluate") {
    const session = await openSession(model, { threads });
    return {
      step: () => session.run(new Map([[input, images]])),
      close: () => session.release(),
    };
  }
  const { session, feeds } =
    work === "train"
      ? await trainingSession(model, input, threads)
      : await recalibrationSession(model, input, threads);
  return { step: () => session.step(feeds), close: () => session.close() };
}

async function trainingSession(model: Model, input: string, threads: number) {
  const shapes = await inferShapes(model, { inputShapes: new Map([[input, DIMS]]) });
  const optimizer = { kind: "sgd", momentum: 0.9, nesterov: true, weightDecay: 1e-4 } as const;
  const step = classifierStep({ model, shapes }, { optimizer });
  const session = await ResidentSession.open(step.model, step.state, { threads });
  const weights = gatherSegments(step.weights, model);
  const state = new Map([
    ["weights", vectorFeed(weights)],
    ["velocity", vectorFeed(new Float32Array(weights.length))],
  ]);
  if (step.statistics.length > 0) state.set("statistics", vectorFeed(gatherSegments(step.statistics, model)));
  await session.write(state);
  const feeds: Feeds = new Map([
    [input, images],
    ["labels", labels],
    ["learningRate", scalarFeed(0)],
    ["step", scalarFeed(1)],
  ]);
  return { session, feeds };
}

async function recalibrationSession(model: Model, input: string, threads: number) {
  const step = await recalibrationStep(model, DIMS);
  const session = await ResidentSession.open(step.model, step.state, { threads });
  await session.write(new Map([["statistics", vectorFeed(gatherSegments(step.statistics, model))]]));
  const feeds: Feeds = new Map([
    [input, images],
    ["step", scalarFeed(1)],
  ]);
  return { session, feeds };
}

/** CPU seconds and seconds of the fastest step. */
async function fastest(step: Step): Promise<[cpu: number, wall: number]> {
  const best: [number, number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let i = 0; i <= STEPS; i++) {
    const [before, started] = [process.cpuUsage(), performance.now()];
    await step();
    const wall = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(before);
    if (i === 0) continue;
    best[0] = Math.min(best[0], (user + system) / 1e6);
    best[1] = Math.min(best[1], wall);
  }
  return best;
}

/** PyTorch in a process that stays, so that it is loaded once. */
function openPeer(python: string, path: string) {
  const script = fileURLToPath(new URL("training.py", import.meta.url));
  const peer = spawn(python, [script, path, String(BATCH)], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: peer.stdout })[Symbol.asyncIterator]();
  const ask = async (work: Work, threads: number): Promise<[cpu: number, wall: number]> => {
    peer.stdin.write(`${work} ${threads} ${STEPS}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error("PyTorch's process ended");
    const [cpu = Number.NaN, wall = Number.NaN] = String(value).split(" ").map(Number);
    return [cpu, wall];
  };
  return { ask, close: () => peer.stdin.end() };
}

const python = process.env.TOPIARY_PYTHON;
if (!python) throw new Error("set TOPIARY_PYTHON to a Python with torch and onnx");
const load = () => loadavg()[0]?.toFixed(1);
console.log(`load average ${load()}`);
console.log(
  "| model | what | threads | topiary, ms | PyTorch, ms | ratio |\n| --- | --- | ---: | ---: | ---: | ---: |",
);
for (const path of process.argv.slice(2)) {
  const model = readModel(path);
  const peer = openPeer(python, path);
  for (const work of ["train", "evaluate", "recalibrate"] as const) {
    for (const threads of THREADS) {
      const own = await open(work, model, threads);
      const [ours, theirs]: [number[], number[]] = [[], []];
      const clock = threads === 1 ? 0 : 1;
      for (let round = 0; round < ROUNDS; round++) {
        ours.push((await fastest(own.step))[clock] ?? Number.NaN);
        theirs.push((await peer.ask(work, threads))[clock] ?? Number.NaN);
      }
      await own.close();
      const [a, b] = [1000 * median(ours), 1000 * median(theirs)];
      console.log(
        `| ${basename(path, ".onnx")} | ${work} | ${threads} | ${a.toFixed(0)} | ${b.toFixed(0)} | ${(a / b).toFixed(2)} |`,
      );
    }
  }
  peer.close();
}
console.log(`load average ${load()}`);
// The child that inferred shapes would keep the process.
process.exit(0);
