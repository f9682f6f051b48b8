import { expect } from "chai";
import { timeModels } from "../../src/runtime/index.js";
import { model } from "../support/graph.js";
import { userError } from "../support/user-error.js";

const product = (size: number) =>
  model(`<ir_version: 8, opset_import: ["" : 17]>
net (float[${size},${size}] x) => (float[${size},${size}] y) { y = MatMul (x, x) }`);

describe("runtime/time-models", () => {
  it("tells 64 times the work from the other, in both measurements", async () => {
    const progress: number[] = [];
    const [small = [0, 0], large = [0, 0]] = await timeModels([product(96), product(384)], {
      seconds: 0.4,
      threads: 1,
      onProgress: (share) => progress.push(share),
    });
    for (const i of [0, 1] as const) {
      expect(small[i]).to.be.greaterThan(0);
      expect(large[i] / small[i]).to.be.within(10, 200);
    }
    expect(progress.at(-1)).to.equal(1);
  });

  it("measures twice however little time there is", async () => {
    const [[first, second] = [0, 0]] = await timeModels([product(8)], { seconds: 0 });
    expect(Number.isFinite(first) && Number.isFinite(second)).to.equal(true);
  });

  it("says what onnxruntime cannot load", async () => {
    await userError("model-not-runnable", () => timeModels([product(8), new Uint8Array([1, 2, 3])]));
  });
});
