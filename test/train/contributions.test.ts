import { expect } from "chai";
import { ChannelAnalysis } from "../../src/channels/index.js";
import { taylorSlices } from "../../src/importance/index.js";
import { cloneModel, DataType, type Model, numbersOf, Tensor } from "../../src/ir/index.js";
import { inferShapes, numbersIn } from "../../src/runtime/index.js";
import { sliceContributions } from "../../src/train/index.js";
import { model } from "../support/graph.js";
import { runPlain } from "../support/observe.js";
import { userError } from "../support/user-error.js";
import { quarterNet, quarters } from "./samples.js";

const COUNT = 16;
const data = quarters(COUNT, 3);

/** Mean cross-entropy of all samples, in doubles from the model's own outputs. */
async function lossOf(net: Model): Promise<number> {
  const indices = Int32Array.from({ length: COUNT }, (_, i) => i);
  const x = data.normalise(await data.read(indices));
  const [output] = await runPlain(
    net,
    new Map([["x", { dataType: DataType.FLOAT, dims: [COUNT, 3, 8, 8], data: x }]]),
  );
  const logits = Array.from(output ? numbersIn(output) : []);
  const classes = logits.length / COUNT;
  let loss = 0;
  for (let i = 0; i < COUNT; i++) {
    const row = logits.slice(i * classes, (i + 1) * classes);
    loss += Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0)) - (row[data.labels[i] ?? 0] ?? 0);
  }
  return loss / COUNT;
}

/** The model with one slice of a weight scaled; rows are the first axis where only some of them are meant. */
function scaled(net: Model, name: string, index: number, factor: number, rows: [number, number]): Model {
  const copy = cloneModel(net);
  const tensor = copy.graph.find(name)?.initializer ?? expect.fail(`no ${name}`);
  const [, columns = 1, ...kernel] = tensor.dims;
  const inner = kernel.reduce((product, size) => product * size, 1);
  const values = Float32Array.from(numbersOf(tensor), (value, at) => {
    const [row, column] = [Math.floor(at / (columns * inner)), Math.floor(at / inner) % columns];
    return column === index && row >= rows[0] && row < rows[1] ? value * factor : value;
  });
  copy.graph.setInitializer(name, Tensor.float32(name, tensor.dims, values));
  return copy;
}

async function contributions(net: Model) {
  const shapes = await inferShapes(net);
  const slices = taylorSlices(new ChannelAnalysis(net, shapes.of));
  const [batch] = await sliceContributions(net, data, slices, { samples: COUNT, batch: COUNT });
  return batch ?? new Map<string, Float32Array>();
}

/** The derivative of the loss by a factor in front of the slice, which is what a contribution is. */
async function slope(net: Model, name: string, index: number, rows: [number, number] = [0, 1e9]) {
  const step = 0.01;
  const [up, down] = [1 + step, 1 - step].map((factor) => scaled(net, name, index, factor, rows));
  return up && down ? ((await lossOf(up)) - (await lossOf(down))) / (2 * step) : Number.NaN;
}

describe("contributions of slices to the loss", () => {
  it("are slopes of the loss by factors in front of the slices", async () => {
    // Smooth everywhere, so that a small step tells the slope.
    const net = model(quarterNet.replaceAll("Relu", "Tanh").replace("MaxPool", "AveragePool"));
    const found = await contributions(net);
    expect([...found.keys()]).to.include.members(["w2:1"]);
    for (const index of [0, 3, 7]) {
      expect(found.get("w2:1")?.[index]).to.be.closeTo(await slope(net, "w2", index), 2e-3);
    }
    expect(Math.max(...(found.get("w2:1") ?? []).map(Math.abs))).to.be.above(0.05);
  });

  it("are told apart by the groups of a convolution", async () => {
    const net = model(`<ir_version: 8, opset_import: ["" : 17]> g (float[N,3,8,8] x) => (float[N,4] y)
      <float[8,3,1,1] w1, float[8,4,1,1] w2, float[512,4] w3>
      { c = Conv(x, w1) r = Tanh(c) d = Conv <group = 2> (r, w2) t = Tanh(d) f = Flatten(t) y = MatMul(f, w3) }`);
    const found = (await contributions(net)).get("w2:0,1") ?? [];
    expect(found).to.have.length(8);
    for (const [at, index, rows] of [
      [1, 1, [0, 4]],
      [5, 1, [4, 8]],
    ] as const) {
      expect(found[at]).to.be.closeTo(await slope(net, "w2", index, [...rows]), 2e-3);
    }
    expect(found[1]).not.to.be.closeTo(Number(found[5]), 1e-2);
  });

  it("needs class scores", async () => {
    const net = model(`<ir_version: 8, opset_import: ["" : 17]> g (float[N,3,8,8] x) => (float[N,4,8,8] y)
      <float[8,3,1,1] w1, float[4,8,1,1] w2> { c = Conv(x, w1) r = Relu(c) y = Conv(r, w2) }`);
    await userError("train-output", () => contributions(net));
  });
});
