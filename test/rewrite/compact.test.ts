import { expect } from "chai";
import fc from "fast-check";
import { ChannelAnalysis, unitPosition } from "../../src/channels/index.js";
import { cloneModel, DataType, type Model, numbersOf, Tensor } from "../../src/ir/index.js";
import { sliceIndex } from "../../src/rewrite/independent.js";
import { type CompactedModel, compactModel, rangeKey, readAxes } from "../../src/rewrite/index.js";
import { measureChannels, relativeDifference } from "../../src/runtime/index.js";
import { model } from "../support/graph.js";
import { networkModel, networkPlans, networkText } from "../support/network/index.js";
import { feedsFor, observe, runPlain } from "../support/observe.js";
import { measured, TOLERANCE } from "../support/oracle.js";

/** Compacts, and expects the same outputs on inputs other than those that were measured on. */
async function compact(original: Model): Promise<CompactedModel> {
  const { feeds, dims } = await measured(original);
  const analysis = new ChannelAnalysis(original, dims);
  const axes = readAxes(analysis);
  const wanted = axes.map(({ value, axis }) => ({ value: value.name, axis, dims: dims(value) ?? [] }));
  const statistics = await measureChannels(original, wanted, [feeds], { optimization: "disabled" });
  const ranges = new Map(
    axes.flatMap(({ value, axis }, i) => (statistics[i] ? [[rangeKey(value, axis), statistics[i]]] : [])),
  );
  const result = compactModel(original, dims, ranges);
  const others = feedsFor(original, 99);
  const [before, after] = [await runPlain(original, others), await runPlain(result.model, others)];
  before.forEach((output, i) => {
    expect(relativeDifference(output, after[i] ?? expect.fail("an output is gone"))).to.be.below(TOLERANCE);
  });
  return result;
}

const net = (body: string) =>
  model(`<ir_version: 8, opset_import: ["" : 17]> f (float[2,3,6,6] x) => (float[2,4] y)\n${body}`);
const dimsOf = ({ model: { graph } }: CompactedModel, name: string) => graph.find(name)?.initializer?.dims;
const zeroed = (original: Model, name: string, at: (i: number) => boolean): Model => {
  const tensor = original.graph.find(name)?.initializer ?? expect.fail(`no ${name}`);
  const values = Float32Array.from(numbersOf(tensor), (value, i) => (at(i) ? 0 : value));
  original.graph.setInitializer(name, Tensor.float32(name, tensor.dims, values));
  return original;
};

describe("compacting", () => {
  it("removes what nobody reads, and nothing of a network that is alive", async () => {
    const text = `<float[8,3,3,3] a, float[8] c, float[4,8] b>
      { p = Conv(x, a, c) r = Relu(p) g = GlobalAveragePool(r) f = Flatten(g) y = Gemm <transB = 1> (f, b) }`;
    const alive = await compact(net(text));
    expect([alive.removed, alive.groups, alive.folded]).to.deep.equal([0, [], []]);
    const found = await compact(zeroed(net(text), "b", (i) => i % 8 === 2 || i % 8 === 5));
    expect(dimsOf(found, "a")).to.deep.equal([6, 3, 3, 3]);
    expect(found.groups).to.deep.equal([
      {
        ...{ id: "g0", producers: ["a"], units: 8, dead: 2, kept: 0 },
        causes: { "never read": 2, "always zero": 0, constant: 0 },
      },
    ]);
    expect(found.after.params).to.equal(6 * 27 + 6 + 24);
  });

  it("removes what is always zero, also in front of padding", async () => {
    const text = `<float[8,3,3,3] a, float[8,8,3,3] b, float[4,8] c>
      { p = Conv(x, a) r = Relu(p) q = Conv <pads = [1,1,1,1]> (r, b) s = Relu(q)
        g = GlobalAveragePool(s) f = Flatten(g) y = Gemm <transB = 1> (f, c) }`;
    const found = await compact(zeroed(net(text), "a", (i) => i < 3 * 27));
    expect(dimsOf(found, "b")).to.deep.equal([8, 5, 3, 3]);
    expect(found.groups.map(({ causes }) => causes["always zero"])).to.deep.equal([3]);
    expect(found.folded).to.deep.equal([]);
  });

  /** A zero scale leaves the shift, which an activation changes, as the only thing that is read. */
  const shifted = (second: string, end: string) => `
    <float[4,3,3,3] a, float[4] scale = {1, 0, 2, 0}, float[4] shift = {1, 3, -1, -2}, float[4] mean,
     float[4] variance = {1, 2, 3, 4}, float[5,4,3,3] b, float[4,5] c>
    { p = Conv(x, a) n = BatchNormalization(p, scale, shift, mean, variance) r = Sigmoid(n)
      [second] q = ${second} s = Relu(q) g = GlobalAveragePool(s) f = Flatten(g) y = ${end} }`;

  it("folds what is always the same number into the next bias", async () => {
    const found = await compact(net(shifted("Conv(r, b)", "Gemm <transB = 1> (f, c)")));
    expect(dimsOf(found, "a")).to.deep.equal([2, 3, 3, 3]);
    expect(found.groups.map(({ causes }) => causes.constant)).to.deep.equal([2]);
    expect(found.folded).to.deep.equal(["second"]);
  });

  it("leaves such a number where a border of zeros would meet it", async () => {
    const found = await compact(net(shifted("Conv <pads = [1,1,1,1]> (r, b)", "Gemm <transB = 1> (f, c)")));
    expect([found.removed, found.folded]).to.deep.equal([0, []]);
    // Relu makes a negative one zero, which a border does not change.
    const relu = shifted("Conv <pads = [1,1,1,1]> (r, b)", "Gemm <transB = 1> (f, c)").replace(
      "Sigmoid",
      "Relu",
    );
    expect((await compact(net(relu))).removed).to.equal(1);
  });

  it("folds into a scaled Gemm, and behind a matrix product", async () => {
    for (const end of ["Gemm <alpha = 0.5, beta = 2.0> (h, c, d)", "Gemm (h, c)", "MatMul(h, c)"]) {
      const whole = net(`<float[108,6] a, float[6] e = {1, 2, 3, 4, 5, 6}, float[6,4] c, float[1,4] d>
        { f = Flatten(x) m = MatMul(f, a) k = Add(m, e) h = Tanh(k) [end] y = ${end} }`);
      const found = await compact(zeroed(whole, "a", (i) => i % 6 === 1 || i % 6 === 4));
      expect(dimsOf(found, "c"), end).to.deep.equal([4, 4]);
      expect(found.folded).to.deep.equal(["end"]);
    }
  });

  it("keeps a residual trunk's channel that one branch still feeds", async () => {
    const text = `<float[4,3,1,1] a, float[4,4,1,1] b, float[4,4] c>
      { p = Conv(x, a) q = Conv(p, b) s = Add(p, q) g = GlobalAveragePool(s) f = Flatten(g) y = MatMul(f, c) }`;
    expect((await compact(zeroed(net(text), "a", (i) => i < 3))).removed).to.equal(0);
    const both = zeroed(
      zeroed(net(text), "a", (i) => i < 3),
      "b",
      (i) => i < 4,
    );
    expect((await compact(both)).removed).to.equal(1);
  });

  it("takes whole steps where constraints want them, and leaves every layer a channel", async () => {
    const grouped = `<float[8,3,1,1] a, float[8,4,1,1] b, float[8,4] c>
      { p = Conv(x, a) r = Relu(p) q = Conv <group = 2> (r, b) g = GlobalAveragePool(q) f = Flatten(g) y = MatMul(f, c) }`;
    const uneven = await compact(zeroed(net(grouped), "a", (i) => i < 2 * 3));
    expect([uneven.removed, uneven.groups[0]?.dead, uneven.groups[0]?.kept]).to.deep.equal([0, 2, 2]);
    const even = await compact(zeroed(net(grouped), "a", (i) => i < 3 || i >= 7 * 3));
    expect(even.removed).to.equal(2);
    const all = await compact(zeroed(net(grouped), "a", () => true));
    expect(dimsOf(all, "a")).to.deep.equal([2, 3, 1, 1]);
  });

  it("never changes an output of a random network with random zeros", async function () {
    this.timeout(300_000);
    let removed = 0;
    await fc.assert(
      fc.asyncProperty(networkPlans(8), fc.integer({ min: 1, max: 1e6 }), async (plan, seed) => {
        const original = cloneModel(networkModel(networkText(plan), seed));
        const { dims } = await observe(original, feedsFor(original, 1));
        const analysis = new ChannelAnalysis(original, dims);
        // Of each unit in turn: what makes it, what reads it, or nothing becomes zero.
        const fate = (unit: number) => Math.floor(((unit + 1) * 7919 * seed) / 13) % 4;
        for (const { tensor, constant, blocks } of analysis.holders) {
          for (const block of blocks.values()) {
            const units = analysis.unitsOf(block.labels);
            const isReader = block.role === "consumer";
            const own = constant.initializer;
            if (own?.dataType !== DataType.FLOAT || tensor.dims.length < 2) continue;
            const slice = sliceIndex(own, block);
            const values = Float32Array.from(numbersOf(own), (value, at) => {
              const unit = units[unitPosition(block, slice(at))] as number;
              return unit >= 0 && fate(unit) === (isReader ? 1 : 2) ? 0 : value;
            });
            original.graph.setInitializer(constant.name, Tensor.float32(constant.name, own.dims, values));
          }
        }
        removed += (await compact(original)).removed;
      }),
      { numRuns: 8, seed: 5, endOnFailure: true },
    );
    expect(removed).to.be.above(20);
  });
});
