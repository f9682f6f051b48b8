import { Random } from "../../src/base/random.js";
import { Builder, Graph, Model } from "../../src/ir/index.js";
import { ResidentSession } from "../../src/runtime/index.js";
import { clipNorm, movingAverage, type Optimizer, update } from "../../src/train/index.js";
import { compute, expectClose, get } from "./compute.js";

const LENGTH = 7;
const DECAYED = 4;
const RATE = 0.1;

/** Weights after some steps with given gradients, by the step's graph. */
async function graphSteps(optimizer: Optimizer, start: number[], gradients: number[][]): Promise<number[]> {
  const build = new Builder(new Graph());
  const weights = build.input("weights", [LENGTH]);
  const gradient = build.input("gradient", [LENGTH]);
  const [learningRate, step] = [build.input("learningRate", []), build.input("step", [])];
  const changed = update(build, optimizer, { weights, gradient, learningRate, step, decayed: DECAYED });
  const names = new Map([["weights", "weights.next"]]);
  build.output("weights.next", changed.weights);
  for (const { input, output } of changed.state) {
    names.set(input.value.name, `${input.value.name}.next`);
    build.output(`${input.value.name}.next`, output);
  }
  const model = new Model({ irVersion: 10, opsetImports: [{ domain: "", version: 18 }], graph: build.graph });
  const session = await ResidentSession.open(model, names, { threads: 1 });
  const vector = (values: ArrayLike<number>) => ({
    dataType: 1,
    dims: [values.length],
    data: Float32Array.from(values),
  });
  const scalar = (value: number) => ({ dataType: 1, dims: [], data: Float32Array.of(value) });
  await session.write(
    new Map([...names.keys()].map((name) => [name, vector(name === "weights" ? start : start.map(() => 0))])),
  );
  for (const [i, values] of gradients.entries()) {
    await session.step(
      new Map([
        ["gradient", vector(values)],
        ["learningRate", scalar(RATE)],
        ["step", scalar(i + 1)],
      ]),
    );
  }
  const state = await session.read();
  await session.close();
  return Array.from(state.get("weights")?.data as Float32Array);
}

/** The same, number by number, as torch.optim documents it. */
function plainSteps(optimizer: Optimizer, start: number[], gradients: number[][]): number[] {
  return start.map((first, i) => {
    let [w, v, m, s] = [first, 0, 0, 0];
    const decay = i < DECAYED ? (optimizer.weightDecay ?? 0) : 0;
    gradients.forEach((all, t) => {
      let g = all[i] ?? 0;
      if (optimizer.kind === "sgd") {
        const { momentum = 0, nesterov = false } = optimizer;
        g += decay * w;
        v = momentum * v + g;
        w -= RATE * (nesterov ? g + momentum * v : v);
        return;
      }
      const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = optimizer;
      if (optimizer.kind === "adam") g += decay * w;
      else w -= RATE * decay * w;
      m = beta1 * m + (1 - beta1) * g;
      s = beta2 * s + (1 - beta2) * g * g;
      w -= (RATE * m) / (1 - beta1 ** (t + 1)) / (Math.sqrt(s / (1 - beta2 ** (t + 1))) + epsilon);
    });
    return w;
  });
}

describe("optimizers", () => {
  const random = new Random(1);
  const draw = () => Array.from({ length: LENGTH }, () => random.normal());
  const start = draw();
  const gradients = Array.from({ length: 5 }, draw);
  const optimizers: Optimizer[] = [
    { kind: "sgd" },
    { kind: "sgd", momentum: 0.9, weightDecay: 0.01 },
    { kind: "sgd", momentum: 0.9, nesterov: true, weightDecay: 0.01 },
    { kind: "adam", weightDecay: 0.1 },
    { kind: "adamw", weightDecay: 0.1, beta1: 0.8, beta2: 0.99 },
  ];
  for (const optimizer of optimizers) {
    it(`${JSON.stringify(optimizer)} does five steps as written down number by number`, async () => {
      expectClose(
        await graphSteps(optimizer, start, gradients),
        plainSteps(optimizer, start, gradients),
        1e-5,
      );
    });
  }

  it("clipping shortens long gradients and leaves short ones", async () => {
    const found = await compute({ g: { dims: [2], values: [3, 4] } }, (build, inputs) => ({
      long: clipNorm(build, get(inputs, "g"), 1),
      short: clipNorm(build, get(inputs, "g"), 10),
    }));
    expectClose(found.get("long"), [0.6, 0.8]);
    expectClose(found.get("short"), [3, 4]);
  });

  it("the moving average keeps its share", async () => {
    const build = new Builder(new Graph());
    const { output } = movingAverage(build, build.input("w", [2]), 0.75);
    build.output("average.next", output);
    const model = new Model({
      irVersion: 10,
      opsetImports: [{ domain: "", version: 18 }],
      graph: build.graph,
    });
    const session = await ResidentSession.open(model, new Map([["average", "average.next"]]), { threads: 1 });
    const vector = (values: number[]) => ({ dataType: 1, dims: [2], data: Float32Array.from(values) });
    await session.write(new Map([["average", vector([4, 0])]]));
    await session.step(new Map([["w", vector([0, 8])]]));
    const state = await session.read();
    await session.close();
    expectClose(Array.from(state.get("average")?.data as Float32Array), [3, 2]);
  });
});
