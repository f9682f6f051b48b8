import { expect } from "chai";
import { Random } from "../../src/base/random.js";
import { Dataset, SamplesInMemory } from "../../src/data/index.js";
import { DataType, type Model, toFloat32 } from "../../src/ir/index.js";
import { readModel } from "../../src/onnx/index.js";
import { foldedNorms, foldNorms } from "../../src/rewrite/index.js";
import { evaluate, relativeDifference, run } from "../../src/runtime/index.js";
import { finetune, reinsertBatchNorm } from "../../src/train/index.js";
import { model } from "../support/graph.js";
import { shared } from "../support/shared.js";
import { userError } from "../support/user-error.js";
import { quarters } from "./samples.js";

/** Biases behind which there may have been a normalization, and four places where there was none. */
const folded = `<ir_version: 8, opset_import: ["" : 17]>
g (float[N,3,8,8] x) => (float[N,4] y)
<float[8,3,3,3] w1, float[8] b1, float[8,1,3,3] w2, float[8] b2, float[8,4,1,1] w3, float[8] b3,
 float[8,8,1,1] plain, float[8,8,3,3] shared, float[8] b4, float[8] b5, float[8,8,1,1] w6, float[8] b6,
 float[8] s6, float[8] h6, float[8] m6, float[8] v6 = {1, 1, 1, 1, 2, 2, 2, 2}, float[4,128] w7, float[4] b7>
{
  c1 = Conv <pads = [1, 1, 1, 1]> (x, w1, b1)
  r1 = Relu (c1)
  c2 = Conv <pads = [1, 1, 1, 1], group = 8> (r1, w2, b2)
  r2 = Relu (c2)
  c3 = Conv <group = 2> (r2, w3, b3)
  sum = Add (c3, r1)
  p1 = Conv (sum, plain)
  c4 = Conv <pads = [1, 1, 1, 1]> (p1, shared, b4)
  r4 = Relu (c4)
  c5 = Conv <pads = [1, 1, 1, 1]> (r4, shared, b5)
  c6 = Conv (c5, w6, b6)
  n6 = BatchNormalization (c6, s6, h6, m6, v6)
  p = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (n6)
  f = Flatten (p)
  y = Gemm <transB = 1> (f, w7, b7)
}`;

const session = { threads: 1 };

function noise(count: number, shape: readonly number[]): Dataset {
  const random = new Random(4);
  const size = shape.reduce((a, b) => a * b, count);
  const pixels = Float32Array.from({ length: size }, () => random.normal());
  const samples = new SamplesInMemory(shape, new Int32Array(count), pixels);
  return new Dataset("noise", "train", ["a"], samples, {});
}

async function outputOf(subject: Model, data: Dataset) {
  const x = data.normalise(await data.read([...Array(20).keys()]));
  const [input] = subject.graph.inputs;
  const feed = { dataType: DataType.FLOAT, dims: [20, ...data.shape], data: x };
  const [output] = await run(subject, new Map([[input?.name ?? "", feed]]));
  if (!output) throw new Error("no output");
  return output;
}

function namesOf({ graph }: Model) {
  const nodes = graph.nodes.map(({ opType, inputs, outputs }) => [
    opType,
    ...[...inputs, ...outputs].map((value) => value?.name),
  ]);
  const constants = graph.initializers.map(({ name, initializer }) => [name, initializer?.dims]);
  return { nodes, constants };
}

describe("re-inserted batch normalization", () => {
  it("stands behind convolutions with a weight and bias of their own, and changes nothing", async () => {
    const original = model(folded);
    expect(foldedNorms(original).map(({ output }) => output)).to.deep.equal(["c1", "c2", "c3"]);
    const data = quarters(200, 3);
    const { model: opened, norms } = await reinsertBatchNorm(original, data, { ...session, batch: 50 });
    expect(opened.graph.nodes.map(({ opType }) => opType).slice(0, 3)).to.deep.equal([
      "Conv",
      "BatchNormalization",
      "Relu",
    ]);
    const before = await outputOf(original, data);
    expect(relativeDifference(before, await outputOf(opened, data))).to.be.below(1e-5);
    const refolded = foldNorms(original, opened, norms);
    expect(namesOf(refolded)).to.deep.equal(namesOf(original));
    expect(relativeDifference(before, await outputOf(refolded, data))).to.be.below(1e-5);
  });

  it("gives filters the length of fresh ones, so that a learning rate means the same in all of them", async () => {
    const { model: opened, norms } = await reinsertBatchNorm(model(folded), quarters(200, 3), {
      ...session,
      batch: 50,
    });
    for (const { weight, channels } of norms) {
      const tensor = opened.graph.find(weight)?.initializer;
      const numbers = tensor ? toFloat32(tensor) : new Float32Array();
      const size = numbers.length / channels;
      for (let c = 0; c < channels; c++) {
        const filter = numbers.subarray(c * size, (c + 1) * size);
        expect(Math.sqrt(filter.reduce((sum, value) => sum + value ** 2, 0)), `${weight} ${c}`).to.be.closeTo(
          Math.SQRT2,
          1e-5,
        );
      }
    }
  });

  it("has the mean and the variance of all samples, batch by batch", async () => {
    const data = quarters(200, 3);
    const original = model(folded);
    const opened = await Promise.all(
      [10, 200].map(async (batch) => (await reinsertBatchNorm(original, data, { ...session, batch })).model),
    );
    for (const { name } of opened[0]?.graph.initializers ?? []) {
      const [few, many] = opened.map(({ graph }) => {
        const tensor = graph.find(name)?.initializer;
        return tensor ? toFloat32(tensor) : new Float32Array();
      });
      few?.forEach((value, i) => {
        expect(value, name).to.be.closeTo(many?.[i] ?? Number.NaN, 1e-5 * Math.max(1, Math.abs(value)));
      });
    }
  });

  it("is trained and folded away again: same names, same graph, and as good as measured", async () => {
    const original = model(folded);
    const [train, val] = [quarters(256, 1), quarters(100, 2, "val")];
    const {
      model: tuned,
      epochs,
      best,
    } = await finetune(
      original,
      { train, val },
      { ...session, epochs: 3, learningRate: 0.05, batch: 32, seed: 5, reinsertBatchNorm: true },
    );
    expect(namesOf(tuned)).to.deep.equal(namesOf(original));
    const measured = await evaluate(tuned, { shape: val.shape, batches: val.batches(50) }, session);
    expect(measured.top1).to.equal(epochs[best]?.valTop1);
    expect(measured.top1).to.be.above(0.9);
  });

  it("leaves what is frozen, and says where there is nothing to put back", async () => {
    const data = quarters(64, 3);
    const { norms } = await reinsertBatchNorm(model(folded), data, {
      ...session,
      isFrozen: (name) => name === "w2",
    });
    expect(norms.map(({ weight }) => weight)).to.deep.equal(["w1", "w3"]);
    const bare = model("g (float[N,3,8,8] x) => (float[N,4,8,8] y) <float[4,3,1,1] w> { y = Conv(x, w) }");
    expect(await userError("no-folded-norm", () => reinsertBatchNorm(bare, data))).to.contain(
      "no convolution with a bias",
    );
  });

  it("changes nothing in ResNet-20 as an exporter folded it", async function () {
    const original = readModel(shared(this, "models/cifar10/resnet20_folded.onnx"));
    const data = noise(128, [3, 32, 32]);
    const { model: opened, norms } = await reinsertBatchNorm(original, data, session);
    expect(norms.length).to.be.above(18);
    const before = await outputOf(original, data);
    expect(relativeDifference(before, await outputOf(opened, data))).to.be.below(1e-5);
    const refolded = await outputOf(foldNorms(original, opened, norms), data);
    expect(relativeDifference(before, refolded)).to.be.below(1e-5);
  });
});
