/**
 * A training step beside PyTorch's, one thread each, in turn: TOPIARY_PYTHON=python npx tsx tools/bench/train-step.ts
 * DEPTH=MODEL.onnx ... (20=resnet20.onnx). Numbers are CPU seconds of the process, so that a busy machine disturbs
 * them little: the least of the steps of a round, then the median of the rounds.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Random } from "../../src/base/random.js";
import { DataType } from "../../src/ir/index.js";
import { readModel } from "../../src/onnx/index.js";
import { type HostTensor, inferShapes, ResidentSession } from "../../src/runtime/index.js";
import { classifierStep, gatherSegments } from "../../src/train/index.js";

const [BATCH, STEPS, ROUNDS] = [128, 3, 5];

const python = process.env.TOPIARY_PYTHON;
if (!python) throw new Error("set TOPIARY_PYTHON to a Python with torch");
const script = fileURLToPath(new URL("train_step.py", import.meta.url));
const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const vector = (data: Float32Array): HostTensor => ({ dataType: DataType.FLOAT, dims: [data.length], data });
const scalar = (value: number): HostTensor => ({
  dataType: DataType.FLOAT,
  dims: [],
  data: Float32Array.of(value),
});

for (const argument of process.argv.slice(2)) {
  const [depth = "", path = ""] = argument.split("=");
  const model = readModel(path);
  const input = model.graph.inputs.find(({ initializer }) => !initializer)?.name ?? "";
  const dims = [BATCH, 3, 32, 32];
  const shapes = await inferShapes(model, { inputShapes: new Map([[input, dims]]) });
  const optimizer = { kind: "sgd", momentum: 0.9, nesterov: true, weightDecay: 1e-4 } as const;
  const step = classifierStep({ model, shapes }, { optimizer });
  const session = await ResidentSession.open(step.model, step.state, { threads: 1 });
  const weights = gatherSegments(step.weights, model);
  const state = new Map([
    ["weights", vector(weights)],
    ["velocity", vector(new Float32Array(weights.length))],
  ]);
  if (step.statistics.length > 0) state.set("statistics", vector(gatherSegments(step.statistics, model)));
  await session.write(state);
  const random = new Random(1);
  const feeds = new Map<string, HostTensor>([
    [
      input,
      {
        dataType: DataType.FLOAT,
        dims,
        data: Float32Array.from({ length: BATCH * 3072 }, () => random.normal()),
      },
    ],
    [
      "labels",
      {
        dataType: DataType.INT64,
        dims: [BATCH],
        data: BigInt64Array.from({ length: BATCH }, () => BigInt(random.below(10))),
      },
    ],
    ["learningRate", scalar(0)],
    ["step", scalar(1)],
  ]);
  const [own, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i <= STEPS; i++) {
      const before = process.cpuUsage();
      await session.step(feeds);
      const { user, system } = process.cpuUsage(before);
      if (i > 0) least = Math.min(least, (user + system) / 1e6);
    }
    own.push(least);
    theirs.push(
      Number(execFileSync(python, [script, depth, String(BATCH), String(STEPS)], { encoding: "utf8" })),
    );
  }
  await session.close();
  const [a, b] = [median(own), median(theirs)];
  console.log(
    `ResNet-${depth}: topiary ${(1000 * a).toFixed(0)} ms, PyTorch ${(1000 * b).toFixed(0)} ms, ratio ${(a / b).toFixed(2)}`,
  );
}
// The child that inferred shapes would keep the process.
process.exit(0);
