import { expect } from "chai";
import { Random } from "../../src/base/random.js";
import { DataType } from "../../src/ir/index.js";
import { type Feeds, measureChannels, numbersIn } from "../../src/runtime/index.js";
import { model } from "../support/graph.js";
import { runPlain } from "../support/observe.js";
import { userError } from "../support/user-error.js";

const batchOf = (seed: number): Feeds => {
  const random = new Random(seed);
  const data = Float32Array.from({ length: 2 * 3 * 4 }, () => random.normal());
  return new Map([["x", { dataType: DataType.FLOAT, dims: [2, 3, 2, 2], data }]]);
};

const network = (opset: number) =>
  model(`<ir_version: 8, opset_import: ["" : ${opset}]> f (float[N,3,2,2] x) => (float[N,3,2,2] r)
    <float[3,3,1,1] w> { c = Conv(x, w) r = Relu(c) }`);

describe("statistics of channels", () => {
  for (const opset of [9, 17, 18]) {
    it(`are those of all elements of a channel over all batches (opset ${opset})`, async () => {
      const net = network(opset);
      const batches = [batchOf(1), batchOf(2)];
      const [found, rows] = await measureChannels(
        net,
        [
          { value: "r", axis: 1, dims: [2, 3, 2, 2] },
          { value: "x", axis: 2, dims: [2, 3, 2, 2] },
        ],
        batches,
      );
      const elements: number[][] = [[], [], []];
      for (const feeds of batches) {
        const [output] = await runPlain(net, feeds);
        Array.from(output ? numbersIn(output) : []).forEach((value, i) => {
          elements[Math.floor(i / 4) % 3]?.push(value);
        });
      }
      const mean = (values: readonly number[]) =>
        values.reduce((sum, value) => sum + value, 0) / values.length;
      elements.forEach((values, channel) => {
        expect(values).to.have.length(16);
        expect(found?.meanMagnitude[channel]).to.be.closeTo(mean(values.map(Math.abs)), 1e-6);
        expect(found?.meanSquare[channel]).to.be.closeTo(mean(values.map((value) => value * value)), 1e-6);
        expect(found?.nonzeroShare[channel]).to.equal(values.filter((value) => value !== 0).length / 16);
        expect(found?.least[channel]).to.be.closeTo(Math.min(...values), 1e-6);
        expect(found?.largest[channel]).to.be.closeTo(Math.max(...values), 1e-6);
      });
      expect(Array.from(found?.nonzeroShare ?? []).some((share) => share > 0 && share < 1)).to.equal(true);
      expect(rows?.least).to.have.length(2);
    });
  }

  it("need samples", async () => {
    const axes = [{ value: "r", axis: 1, dims: [2, 3, 2, 2] }];
    await userError("no-samples", () => measureChannels(network(17), axes, []));
  });
});
