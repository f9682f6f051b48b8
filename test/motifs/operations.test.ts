import { expect } from "chai";
import { findMotifs, operationsOf } from "../../src/motifs/index.js";
import { model } from "../support/graph.js";

/** The names of the compound operations of a graph of x and w, in the order of the data. */
function operations(nodes: string, constants = ""): string[] {
  const net = model(`<ir_version: 10, opset_import: ["" : 20]> g (float[1,4,8,8] x) => (float[] y)
    <float[4,4,3,3] w, float[4,1,5,5] d, float[4,2,1,1] g, float[4] b, float[4] s, float half = {0.5},
     float[8,8] m, int64[1] last = {-1}${constants}> { ${nodes} }`);
  return findMotifs(net.graph).primitives.map(({ name }) => name);
}

describe("compound operations", () => {
  it("a convolution takes what can be folded into it and an activation", () => {
    expect(operations("h = Conv(x, w, b) n = BatchNormalization(h, s, b, b, s) y = Relu(n)")).to.deep.equal([
      "3×3 convolution, relu",
    ]);
    expect(operations("h = Conv(x, w) n = Mul(h, half) k = Add(n, half) y = Clip(k, half)")).to.deep.equal([
      "3×3 convolution, clip",
    ]);
  });

  it("says kernel, groups and whether it strides", () => {
    expect(operations("y = Conv <group = 4, strides = [2, 2]> (x, d)")).to.deep.equal([
      "depthwise 5×5 convolution, strided",
    ]);
    expect(operations("y = Conv <group = 2> (x, g)")).to.deep.equal(["grouped 1×1 convolution"]);
    expect(operations("y = ConvTranspose <strides = [2, 2]> (x, w)")).to.deep.equal([
      "transposed 3×3 convolution, strided",
    ]);
  });

  it("knows a depthwise weight behind nodes that work on constants", () => {
    expect(operations("i = Identity(d) c = Cast <to = 1> (i) y = Conv <group = 4> (x, c)")).to.deep.equal([
      "depthwise 5×5 convolution",
    ]);
  });

  it("a normalization that cannot be folded is named; behind an activation it stands alone", () => {
    expect(operations("h = Conv(x, w) n = InstanceNormalization(h, s, b) y = Relu(n)")).to.deep.equal([
      "3×3 convolution, instance normalization, relu",
    ]);
    expect(operations("h = Conv(x, w) r = Relu(h) y = BatchNormalization(r, s, b, b, s)")).to.deep.equal([
      "3×3 convolution, relu",
      "batch normalization",
    ]);
  });

  it("what hands its input on is part of its neighbour", () => {
    expect(operations("i = Identity(x) h = Conv(i, w) o = Dropout(h) y = Relu(o)")).to.deep.equal([
      "3×3 convolution, relu",
    ]);
  });

  it("an activation in several operators is one", () => {
    expect(operations("h = Conv(x, w) a = Sigmoid(h) y = Mul(h, a)")).to.deep.equal([
      "3×3 convolution, activation (Mul, Sigmoid)",
    ]);
    const gelu = "q = Div(h, half) e = Erf(q) o = Add(e, half) p = Mul(h, o) y = Mul(p, half)";
    expect(operations(`h = MatMul(x, m) ${gelu}`)).to.deep.equal(["linear, activation (Add, Div, Erf, Mul)"]);
  });

  it("a layer normalization in its parts is one", () => {
    const parts = `c = ReduceMean(x, last) d0 = Sub(x, c) q = Mul(d0, d0) v = ReduceMean(q, last)
      e = Add(v, half) r = Sqrt(e) z = Div(d0, r) t = Mul(z, half) y = Add(t, half)`;
    expect(operations(parts)).to.deep.equal(["normalization (Add, Div, Mul, ReduceMean, Sqrt, Sub)"]);
  });

  it("movements in a row are one, and so is data cut and joined again", () => {
    expect(operations("a = Transpose(x) b0 = Reshape(a, last) y = Flatten(b0)")).to.deep.equal([
      "transpose, reshape, flatten",
    ]);
    expect(
      operations("p, q = Split <axis = 1, num_outputs = 2> (x) y = Concat <axis = 1> (q, p)"),
    ).to.deep.equal(["movement (Concat, Split)"]);
  });

  it("a sum takes the activation behind it", () => {
    expect(
      operations("h = Conv(x, w) k = MaxPool <kernel_shape = [3, 3]> (x) a = Add(h, k) y = Relu(a)"),
    ).to.have.members(["3×3 convolution", "max pool 3×3", "add, relu"]);
  });

  it("tells products of two things that were computed from products with a weight", () => {
    expect(operations("h = MatMul(x, m) k = Sin(h) l = MatMul(h, k) y = Relu(l)")).to.have.members([
      "linear",
      "sin",
      "matrix product, relu",
    ]);
  });

  it("names what it does not know", () => {
    const net = model(`<ir_version: 8, opset_import: ["" : 17, "my.ops" : 1]>
      g (float[1,4] x) => (float[1,4] y) { h = my.ops.Swirl(x) y = Relu(h) }`);
    expect(findMotifs(net.graph).primitives.map(({ name }) => name)).to.deep.equal(["my.ops.Swirl", "relu"]);
  });

  it("counts every operator on data once", () => {
    const net = model(`<ir_version: 10, opset_import: ["" : 20]> g (float[1,4,8,8] x) => (float[] y)
      <float[4,4,1,1] w> { a = Conv(x, w) b = Sigmoid(a) c = Mul(a, b) d = Conv(c, w) y = Add(d, c) }`);
    const nodes = operationsOf(findMotifs(net.graph).top).flatMap((leaf) => leaf.nodes);
    expect(nodes)
      .to.have.members([...net.graph.nodes])
      .and.to.have.length(net.graph.nodes.length);
  });
});
