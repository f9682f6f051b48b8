import { expect } from "chai";
import { numbersOf, Tensor } from "../../src/ir/index.js";
import { evaluate } from "../../src/runtime/index.js";
import { finetune, recalibrate } from "../../src/train/index.js";
import { model } from "../support/graph.js";
import { userError } from "../support/user-error.js";
import { quarterNet, quarters } from "./samples.js";

describe("recalibrate", function () {
  this.timeout(60_000);
  it("measures means and variances of every channel", async () => {
    // A convolution that passes its three channels on: statistics are those of the normalised pixels.
    const subject = model(`<ir_version: 8, opset_import: ["" : 17]>
      g (float[N,3,8,8] x) => (float[N,3,8,8] y)
      <float[3,3,1,1] w = {1, 0, 0, 0, 1, 0, 0, 0, 1}, float[3] s, float[3] b, float[3] m, float[3] v = {1, 2, 3}>
      { c = Conv (x, w) y = BatchNormalization (c, s, b, m, v) }`);
    const data = quarters(96, 4);
    const tuned = await recalibrate(subject, data, { batch: 96, threads: 1 });
    const sums = [0, 0, 0];
    const squares = [0, 0, 0];
    const count = 96 * 64;
    for await (const { x } of data.batches(96)) {
      x.forEach((value, i) => {
        const c = Math.floor(i / 64) % 3;
        sums[c] = (sums[c] ?? 0) + value;
        squares[c] = (squares[c] ?? 0) + value * value;
      });
    }
    const tensor = (name: string) =>
      Array.from(numbersOf(tuned.graph.find(name)?.initializer ?? Tensor.float32(name, [0], [])));
    const mean = sums.map((sum) => sum / count);
    for (const [c, value] of tensor("m").entries()) expect(value).to.be.closeTo(mean[c] ?? 0, 1e-5);
    tensor("v").forEach((value, c) => {
      const expected = ((squares[c] ?? 0) / count - (mean[c] ?? 0) ** 2) * (count / (count - 1));
      expect(value).to.be.closeTo(expected, 1e-5);
    });
  });

  it("brings back the accuracy of a network with wrong statistics", async () => {
    const train = quarters(256, 1);
    const val = quarters(100, 2, "val");
    const good = await finetune(
      model(quarterNet),
      { train, val },
      { epochs: 2, learningRate: 0.05, batch: 32, threads: 1 },
    );
    const { graph } = good.model;
    graph.setInitializer("m1", Tensor.float32("m1", [8], [9, -9, 9, -9, 9, -9, 9, -9]));
    graph.setInitializer("v1", Tensor.float32("v1", [8], [0.01, 99, 0.01, 99, 0.01, 99, 0.01, 99]));
    const top1 = async (subject: typeof good.model) =>
      (await evaluate(subject, { shape: val.shape, batches: val.batches(100) }, { threads: 1 })).top1;
    const broken = await top1(good.model);
    const repaired = await top1(await recalibrate(good.model, train, { batch: 64, threads: 1 }));
    expect(broken).to.be.below(0.8);
    expect(repaired).to.be.above(0.95);
  });

  it("says so where there is nothing to recalibrate", async () => {
    const subject = model(quarterNet.replace(/BatchNormalization .*?\n/, "Identity (c1)\n"));
    await userError("no-batch-norm", () => recalibrate(subject, quarters(64, 1), { threads: 1 }));
  });
});
