import { expect } from "chai";
import { channelReads } from "../../src/channels/index.js";
import { analysed } from "../support/sample.js";

const readsOf = async (body: string) => {
  const { analysis } = await analysed(`<ir_version: 8, opset_import: ["" : 17]> ${body}`);
  return channelReads(analysis).map(({ holder, node, value, axis }) => [
    holder.constant.name,
    node.opType,
    value.name,
    axis,
  ]);
};

describe("what weights read", () => {
  it("is the activation that carries the channels, also in groups", async () => {
    const found = await readsOf(`f (float[1,3,4,4] x) => (float[1,2,4,4] y)
      <float[8,3,1,1] a, float[8,4,1,1] g, float[2,8,1,1] b>
      { p = Conv(x, a) r = Relu(p) q = Conv <group = 2> (r, g) s = Sigmoid(q) y = Conv(s, b) }`);
    expect(found).to.deep.equal([
      ["g", "Conv", "r", 1],
      ["b", "Conv", "s", 1],
    ]);
  });

  it("is found through a transposed weight, on the last axis of a product", async () => {
    const found = await readsOf(`f (float[1,5,3] x) => (float[1,5,2] y)
      <float[3,6] a, float[2,6] b>
      { p = MatMul(x, a) r = Relu(p) t = Transpose <perm = [1, 0]> (b) y = MatMul(r, t) }`);
    expect(found).to.deep.equal([["b", "MatMul", "r", 2]]);
  });

  it("is every activation that a shared weight reads", async () => {
    const found = await readsOf(`f (float[1,3,4,4] x) => (float[1,2,4,4] y)
      <float[4,3,1,1] a, float[2,4,1,1] b>
      { p = Conv(x, a) r = Relu(p) n = Neg(p) u = Conv(r, b) v = Conv(n, b) y = Add(u, v) }`);
    expect(found).to.deep.equal([
      ["b", "Conv", "r", 1],
      ["b", "Conv", "n", 1],
    ]);
  });
});
