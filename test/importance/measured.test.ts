import { expect } from "chai";
import { ChannelAnalysis } from "../../src/channels/index.js";
import {
  type ActivationCriterion,
  type ActivationStatistics,
  activationCriterion,
  type MeasuredActivations,
  taylorCriterion,
  taylorSlices,
} from "../../src/importance/index.js";
import { model } from "../support/graph.js";
import { measured } from "../support/oracle.js";

/** Two channels made by a, read by b (as r) and by c (as s): l1 norms of what reads them 1, 2 and 4, 3. */
const text = `<ir_version: 8, opset_import: ["" : 17]>
net (float[1,1,2,2] x) => (float[1,1,2,2] y, float[1,1,2,2] z)
<float[2,1,1,1] a = {1, 1}, float[1,2,1,1] b = {1, -2}, float[1,2,1,1] c = {4, 3}>
{
  p = Conv (x, a)
  r = Relu (p)
  y = Conv (r, b)
  s = Neg (p)
  z = Conv (s, c)
}`;

const statistics = (
  meanMagnitude: number[],
  meanSquare: number[],
  nonzeroShare: number[],
): ActivationStatistics => ({
  meanMagnitude: Float32Array.from(meanMagnitude),
  meanSquare: Float32Array.from(meanSquare),
  nonzeroShare: Float32Array.from(nonzeroShare),
});

const both: MeasuredActivations = new Map([
  ["r:1", statistics([1, 3], [4, 9], [0.5, 0.25])],
  ["s:1", statistics([6, 2], [16, 1], [1, 0.75])],
]);

async function analysis(): Promise<ChannelAnalysis> {
  const whole = await measured(model(text));
  return new ChannelAnalysis(whole.model, whole.dims);
}

const scores = async (name: ActivationCriterion, given = both) => [
  ...activationCriterion(name, given)(await analysis(), 0),
];

describe("importance by measured activations", () => {
  it("mean-activation: mean magnitudes over the layer's mean, averaged over the readers", async () => {
    expect(await scores("mean-activation")).to.deep.equal([(1 / 2 + 6 / 4) / 2, (3 / 2 + 2 / 4) / 2]);
  });

  it("apoz: the share that is not zero", async () => {
    expect(await scores("apoz")).to.deep.equal([0.75, 0.5]);
  });

  it("wanda: l1 norms of the weights times l2 norms of what they read", async () => {
    // b: 1 · 2 and 2 · 3 over 4; c: 4 · 4 and 3 · 1 over 9.5.
    const [first = 0, second = 0] = await scores("wanda");
    expect(first).to.be.closeTo((2 / 4 + 16 / 9.5) / 2, 1e-12);
    expect(second).to.be.closeTo((6 / 4 + 3 / 9.5) / 2, 1e-12);
  });

  it("readers that were not measured do not count; without any, l2 ranks", async () => {
    const one: MeasuredActivations = new Map([["r:1", statistics([1, 3], [4, 9], [0.5, 0.25])]]);
    expect(await scores("apoz", one)).to.deep.equal([0.5, 0.25]);
    const [first = 0, second = 0] = await scores("apoz", new Map());
    // l2: a 1 and 1 over 1; b 1 and 2 over 1.5; c 4 and 3 over 3.5.
    expect(first).to.be.closeTo((1 + 1 / 1.5 + 4 / 3.5) / 3, 1e-12);
    expect(second).to.be.closeTo((1 + 2 / 1.5 + 3 / 3.5) / 3, 1e-12);
  });

  it("taylor: magnitudes of signed sums over all readers, averaged over batches", async () => {
    const own = await analysis();
    expect(taylorSlices(own).map(({ tensor, axes }) => [tensor, ...axes])).to.deep.equal([
      ["b", 1],
      ["c", 1],
    ]);
    const batch = (b: number[], c: number[]) =>
      new Map([
        ["b:1", b],
        ["c:1", c],
      ]);
    const criterion = taylorCriterion([batch([1, 2], [-3, 2]), batch([5, 0], [-5, -2])]);
    expect([...criterion(own, 0)]).to.deep.equal([(2 + 0) / 2, (4 + 2) / 2]);
  });
});
