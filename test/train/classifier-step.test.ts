import { expect } from "chai";
import { Random } from "../../src/base/random.js";
import { DataType, type Model } from "../../src/ir/index.js";
import { type HostTensor, inferShapes, numbersIn, ResidentSession } from "../../src/runtime/index.js";
import { type ClassifierStepOptions, classifierStep, gatherSegments } from "../../src/train/index.js";
import { model } from "../support/graph.js";
import { userError } from "../support/user-error.js";

const residual = `<ir_version: 8, opset_import: ["" : 17]>
g (float[N,3,6,6] x) => (float[N,4] y)
<float[4,3,3,3] w1, float[4] s1, float[4] b1, float[4] m1, float[4] v1 = {1, 1.5, 0.5, 2},
 float[4,4,3,3] w2, float[4] b2, float[4,4] w3, float[4] b3, int64[2] flat = {0, -1}>
{
  c1 = Conv <pads = [1, 1, 1, 1]> (x, w1)
  n1 = BatchNormalization (c1, s1, b1, m1, v1)
  r1 = Sigmoid (n1)
  c2 = Conv <pads = [1, 1, 1, 1]> (r1, w2, b2)
  sum = Add (c2, r1)
  mean = ReduceMean <axes = [2, 3], keepdims = 1> (sum)
  d = Dropout (mean)
  f = Reshape (d, flat)
  y = Gemm <transB = 1> (f, w3, b3)
}`;

const BATCH = 5;
const scalar = (value: number): HostTensor => ({
  dataType: DataType.FLOAT,
  dims: [],
  data: Float32Array.of(value),
});
const vector = (data: Float32Array): HostTensor => ({ dataType: DataType.FLOAT, dims: [data.length], data });

async function opened(subject: Model, options: ClassifierStepOptions) {
  const shapes = await inferShapes(subject, { inputShapes: new Map([["x", [BATCH, 3, 6, 6]]]) });
  const step = classifierStep({ model: subject, shapes }, options);
  const session = await ResidentSession.open(step.model, step.state, { threads: 1 });
  const weights = gatherSegments(step.weights, subject);
  const statistics = gatherSegments(step.statistics, subject);
  const random = new Random(3);
  const x = Float32Array.from({ length: BATCH * 108 }, () => random.normal());
  const feeds = (learningRate: number) =>
    new Map<string, HostTensor>([
      ["x", { dataType: DataType.FLOAT, dims: [BATCH, 3, 6, 6], data: x }],
      ["labels", { dataType: DataType.INT64, dims: [BATCH], data: BigInt64Array.of(0n, 1n, 2n, 3n, 1n) }],
      ["learningRate", scalar(learningRate)],
      ["step", scalar(1)],
    ]);
  const lossAt = async (values: Float32Array) => {
    const state = new Map([["weights", vector(values)]]);
    if (statistics.length > 0) state.set("statistics", vector(statistics));
    await session.write(state);
    const outputs = await session.step(feeds(1));
    return Number(numbersIn(outputs.find(({ name }) => name === "loss") ?? scalar(Number.NaN))[0]);
  };
  return { step, session, weights, statistics, lossAt };
}

describe("classifier step", () => {
  it("moves every weight against its gradient, through batch statistics", async () => {
    const { step, session, weights, lossAt } = await opened(model(residual), {
      optimizer: { kind: "sgd" },
      smoothing: 0.1,
    });
    await lossAt(weights);
    const next = (await session.read()).get("weights")?.data as Float32Array;
    // At a rate of one the change of the weights is the gradient.
    const gradient = weights.map((value, i) => value - (next[i] ?? 0));
    expect(step.weights.map(({ name }) => name)).to.have.members(["w1", "s1", "b1", "w2", "b2", "w3", "b3"]);
    for (const { name, from, to } of step.weights) {
      const random = new Random(from);
      const direction = Float32Array.from(weights, (_, i) => (i >= from && i < to ? random.normal() : 0));
      const h = 2 ** -6;
      const [high, low] = [
        await lossAt(weights.map((w, i) => w + h * (direction[i] ?? 0))),
        await lossAt(weights.map((w, i) => w - h * (direction[i] ?? 0))),
      ];
      const slope = gradient.reduce((sum, g, i) => sum + g * (direction[i] ?? 0), 0);
      const size = Math.hypot(...gradient.subarray(from, to)) * Math.hypot(...direction);
      expect(Math.abs((high - low) / (2 * h) - slope) / size, name).to.be.below(2e-3);
    }
    await session.close();
  });

  it("moves running statistics towards those of the batch", async () => {
    const { step, session, weights, statistics, lossAt } = await opened(model(residual), {
      optimizer: { kind: "sgd" },
    });
    await lossAt(weights);
    const next = (await session.read()).get("statistics")?.data as Float32Array;
    expect(step.statistics.map(({ name }) => name)).to.deep.equal(["m1", "v1"]);
    const batch = Array.from(next, (value, i) => (value - 0.9 * (statistics[i] ?? 0)) / 0.1);
    // The convolution's output has the size of its weights: variances are positive, and no running value stayed.
    expect(batch.slice(4).every((value) => value > 0)).to.equal(true);
    expect(next.every((value, i) => value !== statistics[i])).to.equal(true);
    await session.close();
  });

  it("leaves frozen weights and their statistics out", async () => {
    const isFrozen = (name: string) => !name.startsWith("w3") && !name.startsWith("b3");
    const { step, session } = await opened(model(residual), { optimizer: { kind: "sgd" }, isFrozen });
    expect(step.weights.map(({ name }) => name)).to.deep.equal(["w3", "b3"]);
    expect(step.statistics).to.deep.equal([]);
    expect(step.model.graph.nodes.some(({ opType }) => opType === "ConvTranspose")).to.equal(false);
    await session.close();
  });

  it("a teacher with the same weights and statistics adds no loss", async () => {
    const subject = model(residual.replace(/BatchNormalization .*?\n/, "Identity (c1)\n"));
    const shapes = await inferShapes(subject, { inputShapes: new Map([["x", [BATCH, 3, 6, 6]]]) });
    const distill = { weight: 1, temperature: 2 };
    const { session, weights, lossAt } = await opened(subject, {
      optimizer: { kind: "sgd" },
      teacher: { model: subject, shapes },
      distill,
      features: { names: ["sum"], weight: 1 },
    });
    expect(await lossAt(weights)).to.be.closeTo(0, 1e-6);
    expect(await lossAt(weights.map((w) => w * 1.5))).to.be.above(1e-3);
    await session.close();
  });

  it("refuses models that are too old, and outputs that are no class scores", async () => {
    const old = model(residual.replace('"" : 17', '"" : 11'));
    const shapes = await inferShapes(model(residual), { inputShapes: new Map([["x", [BATCH, 3, 6, 6]]]) });
    const message = await userError("train-opset", () =>
      classifierStep({ model: old, shapes }, { optimizer: { kind: "sgd" } }),
    );
    expect(message).to.contain("opset 11");
    const image = model("g (float[2,3,4,4] x) => (float[2,3,4,4] y) <float[3,3,1,1] w> { y = Conv(x, w) }");
    const found = await inferShapes(image);
    await userError("train-output", () =>
      classifierStep({ model: image, shapes: found }, { optimizer: { kind: "sgd" } }),
    );
  });

  it("says so where everything is frozen", async () => {
    const subject = model(residual);
    const shapes = await inferShapes(subject, { inputShapes: new Map([["x", [BATCH, 3, 6, 6]]]) });
    const options = { optimizer: { kind: "sgd" } as const, isFrozen: () => true };
    await userError("nothing-to-train", () => classifierStep({ model: subject, shapes }, options));
  });
});
