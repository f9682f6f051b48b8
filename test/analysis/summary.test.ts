import { expect } from "chai";
import { ShapeTable, summarizeModel } from "../../src/analysis/index.js";
import { UserError } from "../../src/base/errors.js";
import { DataType, type ExternalContent, Tensor } from "../../src/ir/index.js";
import { model } from "../support/graph.js";

const nothing = new ShapeTable({ shapes: new Map(), pinned: new Map(), gaps: ["nobody asked"] });

describe("what a model is", () => {
  it("comes from the file alone where no sizes are known", () => {
    const summary = summarizeModel(
      model(`<ir_version: 7, opset_import: ["" : 13], producer_name: "p", producer_version: "2">
        f (float16[N,?,3] x, seq(float[2]) s, int64 any) => (float16[1,2] y) <float16[2,3] w = {1,2,3,4,5,6}> { y = MatMul(x, w) }`),
      nothing,
    );
    expect(summary).to.deep.include({
      nodes: 1,
      opset: 13,
      irVersion: 7,
      producer: "p 2",
      macs: null,
      params: 6,
      bytes: 12,
      outputs: [{ name: "y", type: "float16", shape: [1, 2] }],
      uncounted: ["y"],
      gaps: ["nobody asked"],
      layers: [{ name: "y", opType: "MatMul", shape: null, macs: null, params: 6, bytes: 12 }],
    });
    expect(summary.inputs).to.deep.equal([
      { name: "x", type: "float16", shape: ["N", null, 3] },
      { name: "s", type: "sequence", shape: null },
      { name: "any", type: "int64", shape: [] },
    ]);
  });

  it("counts a constant that two nodes share at the first", () => {
    const shared = model(`<ir_version: 8, opset_import: ["" : 17]> f (float[3] x) => (float[3] z)
      <float[3] w, float[3] v> { y = Add(x, w) z = Mul(y, w) }`);
    const summary = summarizeModel(shared, nothing);
    expect(summary.layers.map(({ name, params }) => [name, params])).to.deep.equal([["y", 3]]);
    expect(summary.params).to.equal(6);
  });

  it("names tensors with NaN, and tensors that cannot be read", () => {
    const net = model(`<ir_version: 8, opset_import: ["" : 17]> f (float[3] x) => (float[3] z)
      <float[3] w, float[3] v> { y = Add(x, w) z = Mul(y, v) }`);
    net.graph.setInitializer("w", Tensor.float32("w", [3], [Number.NaN, 1, Number.NaN]));
    const content: ExternalContent = {
      kind: "external",
      entries: new Map(),
      length: 12,
      read: () => {
        throw new UserError("external-data-missing", "it is not there");
      },
    };
    net.graph.setInitializer("v", new Tensor({ name: "v", dataType: DataType.FLOAT, dims: [3], content }));
    const { nan, unreadable } = summarizeModel(net, nothing);
    expect(nan).to.deep.equal([{ tensor: "w", count: 2 }]);
    expect(unreadable).to.deep.equal([{ tensor: "v", reason: "it is not there" }]);
  });
});
