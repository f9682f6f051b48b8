import { expect } from "chai";
import { Random } from "../../src/base/random.js";
import type { PrunePlan } from "../../src/channels/index.js";
import { type Model, Tensor, toFloat32 } from "../../src/ir/index.js";
import { leastSquares, solveSymmetric } from "../../src/train/index.js";
import { model } from "../support/graph.js";
import { quarters } from "./samples.js";

const chain = (channels: number) => `<ir_version: 8, opset_import: ["" : 17]>
g (float[N,3,8,8] x) => (float[N,2] y)
<float[${channels},3,3,3] w1, float[${channels}] b1, float[5,${channels},3,3] w2, float[5] b2, float[5,2] w3>
{
  c1 = Conv <pads = [1, 1, 1, 1]> (x, w1, b1)
  r1 = Relu (c1)
  c2 = Conv <strides = [2, 2], pads = [1, 1, 1, 1]> (r1, w2, b2)
  p = ReduceMean <axes = [2, 3], keepdims = 0> (c2)
  y = MatMul (p, w3)
}`;

const NO_COST = { macs: 0, params: 0, bytes: 0 };
const plan: PrunePlan = {
  format: "topiary-plan/1",
  model: { sha256: "", name: "" },
  groups: [],
  slices: [
    { tensor: "w1", axis: 0, removed: [1], role: "producer" },
    { tensor: "w2", axis: 1, removed: [1], role: "consumer" },
  ],
  before: NO_COST,
  after: NO_COST,
} as PrunePlan;

function values(subject: Model, name: string): Float32Array {
  return toFloat32(subject.graph.find(name)?.initializer ?? Tensor.float32(name, [0], []));
}

/** Rows of `size` without the second; the first axis has `outer` of `channels` rows each. */
function without(source: Float32Array, channels: number, size: number): Float32Array {
  return source.filter((_, i) => Math.floor(i / size) % channels !== 1);
}

describe("least squares", () => {
  it("solves symmetric systems", () => {
    const [n, m] = [6, 3];
    const random = new Random(1);
    const root = Float64Array.from({ length: n * n }, () => random.normal());
    const a = Float64Array.from({ length: n * n }, (_, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      let sum = i === j ? 1 : 0;
      for (let k = 0; k < n; k++) sum += (root[i * n + k] ?? 0) * (root[j * n + k] ?? 0);
      return sum;
    });
    const x = Float64Array.from({ length: n * m }, () => random.normal());
    const b = Float64Array.from({ length: n * m }, (_, at) => {
      const [i, c] = [Math.floor(at / m), at % m];
      let sum = 0;
      for (let k = 0; k < n; k++) sum += (a[i * n + k] ?? 0) * (x[k * m + c] ?? 0);
      return sum;
    });
    solveSymmetric(a, n, b, m);
    b.forEach((value, i) => {
      expect(value).to.be.closeTo(x[i] ?? 0, 1e-9);
    });
  });

  it("a removed channel that is a copy of another is replaced exactly", async () => {
    const original = model(chain(4));
    // Channel 1 computes what channel 0 does, so that channel 0 can take over what readers took from it.
    const w1 = Float32Array.from(values(original, "w1"));
    const b1 = Float32Array.from(values(original, "b1"));
    w1.copyWithin(27, 0, 27);
    b1.copyWithin(1, 0, 1);
    original.graph.setInitializer("w1", Tensor.float32("w1", [4, 3, 3, 3], w1));
    original.graph.setInitializer("b1", Tensor.float32("b1", [4], b1));
    const pruned = model(chain(3));
    const w2 = values(original, "w2");
    pruned.graph.setInitializer("w1", Tensor.float32("w1", [3, 3, 3, 3], without(w1, 4, 27)));
    pruned.graph.setInitializer("b1", Tensor.float32("b1", [3], without(b1, 4, 1)));
    pruned.graph.setInitializer("w2", Tensor.float32("w2", [5, 3, 3, 3], without(w2, 4, 9)));
    for (const name of ["b2", "w3"]) {
      const tensor = original.graph.find(name)?.initializer;
      if (tensor) pruned.graph.setInitializer(name, tensor);
    }
    const options = { ridge: 1e-9, samples: 128, batch: 64, threads: 1 };
    const {
      model: repaired,
      layers,
      skipped,
    } = await leastSquares(original, pruned, plan, quarters(128, 1), options);
    expect(layers).to.deep.equal(["c2"]);
    expect(skipped).to.deep.equal([]);
    const found = values(repaired, "w2");
    found.forEach((value, i) => {
      const [output, channel, at] = [Math.floor(i / 27), Math.floor(i / 9) % 3, i % 9];
      const old = (c: number) => w2[(output * 4 + c) * 9 + at] ?? 0;
      const expected = channel === 0 ? old(0) + old(1) : old(channel + 1);
      expect(value).to.be.closeTo(expected, 2e-3);
    });
    // The pruned model itself is as it was.
    expect(values(pruned, "w2")).to.deep.equal(without(w2, 4, 9));
  });
});
