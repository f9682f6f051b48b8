import { expect } from "chai";
import { Tensor } from "../../src/ir/index.js";
import { compareOutputs } from "../../src/runtime/index.js";
import { model } from "../support/graph.js";
import { userError } from "../support/user-error.js";

/** y = 2 x, and one more output that is always -4. */
const doubled = (factor = 2, second = "z") => {
  const net = model(`<ir_version: 8, opset_import: ["" : 17]>
    f (float[N,3] x) => (float[N,3] y, float[1] ${second}) <float[1] k, float[1] c = {-4}> { y = Mul(x, k) ${second} = Identity(c) }`);
  net.graph.setInitializer("k", Tensor.float32("k", [1], [factor]));
  return net;
};

describe("comparing outputs", () => {
  it("gives the largest difference of each output over its largest magnitude", async () => {
    const { outputs, rounding, failure } = await compareOutputs(doubled(), doubled(2.5));
    expect(outputs.map(({ name }) => name)).to.deep.equal(["y", "z"]);
    expect(outputs[0]?.difference).to.be.closeTo(0.25, 1e-6);
    expect(outputs[1]?.difference).to.equal(0);
    expect(rounding).to.equal(0);
    expect(failure).to.equal(undefined);
  });

  it("finds equal models equal, whatever the seed", async () => {
    for (const seed of [0, 1]) {
      const { outputs } = await compareOutputs(doubled(), doubled(), { seed });
      expect(outputs.map(({ difference }) => difference)).to.deep.equal([0, 0]);
    }
  });

  it("says that an output is missing", async () => {
    const { outputs } = await compareOutputs(doubled(), doubled(2, "other"));
    expect(outputs.map(({ difference }) => difference)).to.deep.equal([0, Number.POSITIVE_INFINITY]);
  });

  it("says why the other model does not run on the same inputs", async () => {
    const wide = model(`<ir_version: 8, opset_import: ["" : 17]>
      f (float[N,4] x) => (float[N,4] y, float[1] z) <float[1] c = {-4}> { y = Identity(x) z = Identity(c) }`);
    const { failure, outputs } = await compareOutputs(doubled(), wide);
    expect(failure).to.match(/onnxruntime stopped: .*x/);
    expect(outputs.map(({ difference }) => difference)).to.deep.equal([
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
  });

  it("tries other sizes where the first do not run", async () => {
    const picky = model(`<ir_version: 8, opset_import: ["" : 17]>
      f (float[N,T] x) => (float[M,256] y) <int64[2] s = {-1, 256}> { y = Reshape(x, s) }`);
    const { outputs } = await compareOutputs(picky, picky);
    expect(outputs).to.deep.equal([{ name: "y", difference: 0 }]);
  });

  it("refuses a reference that onnxruntime cannot load", async () => {
    const future = doubled();
    future.irVersion = 99;
    const message = await userError("model-not-runnable", () => compareOutputs(future, doubled()));
    expect(message).to.match(/its IR version is 99/);
  });
});
