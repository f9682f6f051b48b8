import { expect } from "chai";
import type { PlanSlice, PrunePlan } from "../../src/channels/index.js";
import { type Model, toFloat32 } from "../../src/ir/index.js";
import { modelToBytes } from "../../src/onnx/index.js";
import { silencedModel } from "../../src/rewrite/index.js";
import { model } from "../support/graph.js";
import { feedsFor, runPlain } from "../support/observe.js";
import { userError } from "../support/user-error.js";

const planOf = (...slices: PlanSlice[]): PrunePlan => ({
  format: "topiary-plan/1",
  model: { name: "", sha256: "" },
  groups: [],
  slices,
  before: { macs: 0, params: 0, bytes: 0 },
  after: { macs: 0, params: 0, bytes: 0 },
});

const numbers = (result: Model, name: string) => {
  const tensor = result.graph.find(name)?.initializer;
  return tensor && [...toFloat32(tensor)];
};

const chain = model(`f (float[1, 1, 1, 1] x) => (float[1, 1, 1, 1] z)
  <float[2, 1, 1, 1] w = {1, 2}, float[2] b = {3, 4}, float[1, 2, 1, 1] v = {5, 6}>
  { h = Conv(x, w, b) s = Sigmoid(h) z = Conv(s, v) }`);

describe("the silenced original", () => {
  it("has zeros where consumers read a removed channel, and only there", () => {
    const silent = silencedModel(
      chain,
      planOf(
        { tensor: "w", axis: 0, removed: [1], role: "producer" },
        { tensor: "b", axis: 0, removed: [1], role: "channelwise" },
        { tensor: "v", axis: 1, removed: [1], role: "consumer" },
      ),
    );
    expect(numbers(silent, "v")).to.deep.equal([5, 0]);
    expect(numbers(silent, "w")).to.deep.equal([1, 2]);
    expect(numbers(silent, "b")).to.deep.equal([3, 4]);
    expect(numbers(chain, "v"), "the original stays").to.deep.equal([5, 6]);
  });

  it("is the original under a plan that removes nothing", () => {
    const silent = silencedModel(chain, planOf({ tensor: "v", axis: 1, removed: [], role: "consumer" }));
    expect(Buffer.compare(modelToBytes(silent), modelToBytes(chain))).to.equal(0);
  });

  it("silences a producer when the plan says so, and writes what means zero", () => {
    const silent = silencedModel(
      chain,
      planOf({ tensor: "w", axis: 0, removed: [0], role: "producer", silence: true }),
    );
    expect(numbers(silent, "w")).to.deep.equal([0, 2]);
    const bytes = model(
      "f (uint8[2, 2] x) => (uint8[2, 2] z) <uint8[2, 2] q = {1, 2, 3, 4}> { z = BitwiseOr(x, q) }",
    );
    const filled = silencedModel(
      bytes,
      planOf({ tensor: "q", axis: 1, removed: [1], role: "consumer", fill: 128 }),
    );
    expect(numbers(filled, "q")).to.deep.equal([1, 128, 3, 128]);
  });

  it("keeps to the rows of a block", () => {
    const grouped = model(`f (float[1, 4, 1, 1] x) => (float[1, 4, 1, 1] z)
      <float[4, 2, 1, 1] g = {1, 2, 3, 4, 5, 6, 7, 8}> { z = Conv <group = 2> (x, g) }`);
    const within = (start: number, end: number) => ({ axis: 0, start, end });
    const silent = silencedModel(
      grouped,
      planOf(
        { tensor: "g", axis: 1, removed: [0], role: "consumer", within: within(0, 2) },
        { tensor: "g", axis: 1, removed: [1], role: "consumer", within: within(2, 4) },
      ),
    );
    expect(numbers(silent, "g")).to.deep.equal([0, 2, 0, 4, 5, 0, 7, 0]);
  });

  it("gives one reader of a shared constant a copy", async () => {
    const shared = model(`f (float[1, 2] x) => (float[1, 2] y, float[1, 2] z)
      <float[2, 2] w = {1, 2, 3, 4}> { y = MatMul(x, w) z = MatMul(x, w) }`);
    const slice = {
      tensor: "w_pruned",
      axis: 0,
      removed: [0],
      role: "consumer",
      source: "w",
      reader: "z",
    } as const;
    const feeds = new Map([["x", { dataType: 1, dims: [1, 2], data: Float32Array.of(10, 100) }]]);
    const [y, z] = await runPlain(silencedModel(shared, planOf(slice)), feeds);
    expect([...(y?.data ?? [])]).to.deep.equal([310, 420]);
    expect([...(z?.data ?? [])]).to.deep.equal([300, 400]);
  });

  it("shows zeros to one reader of an activation", async () => {
    const summed = model(`f (float[1, 3] x) => (float[1, 1] y, float[1, 3] z)
      <int64[1] one = {1}> { r = Relu(x) y = ReduceSum(r, one) z = Neg(r) }`);
    const slice = {
      value: "r",
      reader: "y",
      axis: 1,
      rank: 2,
      size: 3,
      removed: [0, 2],
      role: "consumer",
    } as const;
    const feeds = new Map([["x", { dataType: 1, dims: [1, 3], data: Float32Array.of(1, 10, 100) }]]);
    const [y, z] = await runPlain(silencedModel(summed, planOf(slice)), feeds);
    expect([...(y?.data ?? [])]).to.deep.equal([10]);
    expect([...(z?.data ?? [])]).to.deep.equal([-1, -10, -100]);
  });

  it("is no use with another original", async () => {
    const cut = { axis: 0, removed: [0], role: "consumer" } as const;
    expect(
      await userError("plan-mismatch", () => silencedModel(chain, planOf({ tensor: "nobody", ...cut }))),
    ).to.include("nobody");
    await userError("plan-mismatch", () => silencedModel(chain, planOf({ tensor: "x", ...cut })));
    await userError("plan-mismatch", () =>
      silencedModel(chain, planOf({ tensor: "v", source: "v", reader: "gone", ...cut })),
    );
    await userError("plan-mismatch", () =>
      silencedModel(chain, planOf({ value: "h", reader: "gone", rank: 4, size: 2, ...cut })),
    );
  });

  it("differs from the original where a removed channel mattered", async () => {
    const feeds = feedsFor(chain, 3);
    const silent = silencedModel(chain, planOf({ tensor: "v", axis: 1, removed: [1], role: "consumer" }));
    const [[whole], [part]] = [await runPlain(chain, feeds), await runPlain(silent, feeds)];
    expect(whole?.data[0]).not.to.equal(part?.data[0]);
  });
});
