import { expect } from "chai";
import { Builder, Graph } from "../../src/ir/index.js";
import { differentiate, dropDeadNodes } from "../../src/train/index.js";
import { userError } from "../support/user-error.js";
import { compute, expectClose, get } from "./compute.js";

describe("differentiate", () => {
  it("adds what several readers contribute", async () => {
    // L = Σ x·x + 3x, so dL/dx = 2x + 3.
    const found = await compute({ x: { dims: [3], values: [1, -2, 0.5] } }, (build, inputs) => {
      const x = get(inputs, "x");
      const loss = build.sum(build.add(build.mul(x, x), build.mul(x, 3)), [0], false);
      return { dx: differentiate(build, loss, [x])[0] };
    });
    expectClose(found.get("dx"), [5, -1, 4]);
  });

  it("follows a chain through matrix products and activations", async () => {
    // L = Σ (relu(x · w))², x = [[1, 2]], w = [[1, -1], [1, -1]]: relu gives [3, 0], dw = xᵀ · [6, 0].
    const found = await compute(
      { x: { dims: [1, 2], values: [1, 2] }, w: { dims: [2, 2], values: [1, -1, 1, -1] } },
      (build, inputs) => {
        const w = get(inputs, "w");
        const y = build.unary("Relu", build.matMul(get(inputs, "x"), w));
        const loss = build.sum(build.square(y), [0, 1], false);
        return { dw: differentiate(build, loss, [w])[0] };
      },
    );
    expectClose(found.get("dw"), [6, 0, 12, 0]);
  });

  it("gives nothing for what the loss does not depend on", () => {
    const build = new Builder(new Graph());
    const [x, other] = [build.input("x", [2]), build.input("other", [2])];
    expect(differentiate(build, build.sum(x, [0], false), [x, other])[1]).to.equal(undefined);
  });

  it("names the node whose operator has no gradient", async () => {
    const build = new Builder(new Graph());
    const x = build.input("x", [2]);
    const made = build.node("Det", [x], []);
    const message = await userError("no-gradient", () => differentiate(build, made, [x]));
    expect(message).to.match(/^node det__1: Det has no gradient/);
  });

  it("removes gradients that nobody reads", () => {
    const build = new Builder(new Graph());
    const [x, w] = [build.input("x", [2, 2]), build.input("w", [2, 2])];
    const loss = build.sum(build.matMul(x, w), [0, 1], false);
    const [, dw] = differentiate(build, loss, [x, w]);
    if (!dw) throw new Error("w has a gradient");
    const before = build.graph.nodes.length;
    build.output("dw", dw);
    dropDeadNodes(build);
    expect(build.graph.nodes.length).to.be.below(before);
    expect(build.graph.nodes.filter(({ opType }) => opType === "MatMul")).to.have.length(1);
  });
});
