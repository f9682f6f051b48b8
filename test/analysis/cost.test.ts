import { expect } from "chai";
import { batchOf, costTable } from "../../src/analysis/cost.js";
import { model } from "../support/graph.js";
import { feedsFor, observe } from "../support/observe.js";

describe("cost of a graph", () => {
  it("counts products of one sample, weights, and their bytes", async () => {
    const small = model(`<ir_version: 10, opset_import: ["" : 21]> f (float[4, 3, 6, 6] x) => (float[] z)
      <float[8, 3, 3, 3] w, float[8] b, int64[2] s = {0, -1}, float16[1] h = {14336}>
      {y = Conv(x, w, b) r = Reshape(y, s) c = Constant <value = float[128, 5] {${new Array(640).fill(0.5)}}> () z = MatMul(r, c)}`);
    const { dims } = await observe(small, feedsFor(small, 1));
    const cost = costTable(small.graph, dims);
    const [conv, , , matMul] = small.graph.nodes;
    expect(cost.macsOf).to.deep.equal(
      new Map([
        [conv, 8 * 4 * 4 * 3 * 3 * 3],
        [matMul, 128 * 5],
      ]),
    );
    expect(cost.macs).to.equal(3456 + 640);
    expect(cost.params).to.equal(216 + 8 + 1 + 640);
    expect(cost.bytes).to.equal(4 * (216 + 8 + 640) + 2);
    expect(cost.uncounted).to.deep.equal([]);
  });

  it("counts constants in bodies once, and quantised weights; no booleans, no indices", () => {
    const { graph } = model(`<ir_version: 10, opset_import: ["" : 21]> f (bool c) => (float[3] z)
      <int8[7] q, uint8[2] p, bool[5] m, int32[4] i>
      {z = If <then_branch = t () => (float[3] a) <float[3] u> {a = Identity(u)}, else_branch = e () => (float[3] b) <float[3] v> {b = Identity(v)}> (c)}`);
    const cost = costTable(graph, () => undefined);
    expect(cost.params).to.equal(7 + 2 + 3 + 3);
    expect(cost.bytes).to.equal(7 + 2 + 12 + 12);
  });

  it("lists the nodes that it cannot count", () => {
    const { graph } = model(
      `f (float[2, 3] x) => (float[] z) <float[3, 4] w, float[4, 5] v> {y = MatMul(x, w) z = MatMul(y, v)}`,
    );
    const sizes = new Map([
      ["x", [2, 3]],
      ["w", [3, 4]],
      ["y", [2, 4]],
    ]);
    const cost = costTable(graph, ({ name }) => sizes.get(name));
    expect(cost.macs).to.equal(12);
    expect(cost.uncounted).to.deep.equal([graph.nodes[1]]);
  });

  it("takes the batch from the first input that is no constant", () => {
    const { graph } = model(
      `f (float[3, 4] w = {${new Array(12).fill(1)}}, float[2, 3] x) => (float[] z) {z = MatMul(x, w)}`,
    );
    expect(batchOf(graph, ({ name }) => (name === "x" ? [2, 3] : [3, 4]))).to.equal(2);
    expect(batchOf(graph, () => undefined)).to.equal(1);
  });
});
