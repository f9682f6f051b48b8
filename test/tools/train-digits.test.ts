import { expect } from "chai";
import { Random } from "../../src/base/random.js";
import { openDataset } from "../../src/data/index.js";
import { toFloat32 } from "../../src/ir/index.js";
import { evaluate } from "../../src/runtime/index.js";
import { recalibrate } from "../../src/train/index.js";
import { distort } from "../../tools/digits/distort.js";
import { digitsNetwork, laidOut, shrink } from "../../tools/digits/network.js";
import { trainDigits } from "../../tools/train-digits.js";

describe("tools/train-digits", function () {
  this.timeout(300_000);

  it("learns digits from random weights", async () => {
    const train = await openDataset("digits", { split: "train", limit: 960 });
    const losses: number[] = [];
    const onEpoch = async (_: number, loss: number) => void losses.push(loss);
    const trained = await trainDigits({ epochs: 3, train, onEpoch });
    expect(losses).to.have.length(3);
    // Statistics that run behind fast weights say little after so few steps.
    const settled = await recalibrate(trained, train, { threads: 1 });
    const val = await openDataset("digits", { split: "val" });
    const { top1 } = await evaluate(settled, { shape: val.shape, batches: val.batches(200) }, { threads: 1 });
    // Guessing has a tenth; 45 steps gave 0.66.
    expect(top1).to.be.above(0.4);
  });

  it("a channel's group holds what makes it and what reads it", () => {
    const model = digitsNetwork(new Random(1));
    let at = 0;
    const segments = model.graph.initializers.flatMap(({ name, initializer }) => {
      if (!initializer || /mean|variance/.test(name)) return [];
      const from = at;
      at += initializer.elements;
      return [{ name, dims: initializer.dims, from, to: at }];
    });
    const groups = laidOut(segments);
    // 16 + 32 + 64 inside the blocks, and as many on the way through them.
    expect(groups).to.have.length(2 * (16 + 32 + 64));
    const weights = new Float32Array(at).fill(1);
    shrink(weights, groups.slice(0, 1), 1e9);
    const touched = segments.filter(({ from, to }) => weights.subarray(from, to).includes(0));
    expect(
      touched.map(({ name, from, to }) => [name, weights.subarray(from, to).filter((w) => w === 0).length]),
    ).to.deep.equal([
      ["stage0_conv1_weight", 16 * 9],
      ["stage0_conv1_scale", 1],
      ["stage0_conv1_shift", 1],
      ["stage0_conv2_weight", 16 * 9],
    ]);
    // A group of norm 5 that loses 1 keeps four fifths.
    const pair = Float32Array.of(3, 4);
    shrink(pair, [Int32Array.of(0, 1)], 1);
    expect(Array.from(pair, (value) => value.toFixed(4))).to.deep.equal(["2.4000", "3.2000"]);
    expect(
      model.graph.initializers.every(
        ({ initializer }) => initializer && toFloat32(initializer).every(Number.isFinite),
      ),
    ).to.equal(true);
  });

  it("distorts images a little, each in its own way", () => {
    const image = new Float32Array(2 * 784);
    for (const first of [0, 784])
      for (let y = 10; y < 18; y++) image.fill(1, first + y * 28 + 10, first + y * 28 + 18);
    const found = distort(image, [1, 28, 28], new Random(2));
    const mass = (from: number) => found.subarray(from, from + 784).reduce((sum, value) => sum + value, 0);
    for (const from of [0, 784]) expect(mass(from)).to.be.within(64 / 1.1 ** 2 - 2, 64 / 0.9 ** 2 + 2);
    expect(found.subarray(0, 784)).not.to.deep.equal(found.subarray(784));
  });
});
