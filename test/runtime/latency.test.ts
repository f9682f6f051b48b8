import { expect } from "chai";
import { DataType, Graph, Model } from "../../src/ir/index.js";
import { measureLatency } from "../../src/runtime/index.js";
import { quantile } from "../../src/runtime/latency.js";
import { model } from "../support/graph.js";
import { skip } from "../support/shared.js";
import { userError } from "../support/user-error.js";

/** Multiplies two square matrices so many times, one product after the other. */
function products(count: number, size: number): Model {
  const graph = new Graph({ name: `products${count}` });
  const type = {
    kind: "tensor",
    elementType: DataType.FLOAT,
    shape: [{ size: "N" }, { size }, { size }],
  } as const;
  const x = graph.addInput("x", { type });
  let last = x;
  for (let i = 0; i < count; i++) {
    const next = graph.value(`p${i}`);
    graph.addNode({ opType: "MatMul", inputs: [last, x], outputs: [next] });
    last = next;
  }
  graph.addOutput(last, { type });
  return new Model({ irVersion: 8, opsetImports: [{ domain: "", version: 17 }], graph });
}

describe("runtime/latency", () => {
  it("tells a model with sixteen times the work from the other", async () => {
    const progress: number[] = [];
    const [small, large] = await measureLatency([products(1, 160), products(16, 160)], {
      threads: 1,
      seconds: 0.3,
      onProgress: (share) => progress.push(share),
    });
    expect(small?.p50Ms).to.be.greaterThan(0);
    expect((large?.p50Ms ?? 0) / (small?.p50Ms ?? 0)).to.be.within(6, 40);
    expect(small?.p90Ms).to.be.at.least(small?.p50Ms ?? 0);
    expect(small?.runs).to.be.at.least(5);
    expect(progress.at(-1)).to.equal(1);
    expect(progress).to.deep.equal([...progress].sort((a, b) => a - b));
  });

  it("measures the memory that a run takes beyond an idle process", async function () {
    if (process.platform !== "linux") skip(this, "the peak is reset on Linux only");
    const text =
      "g (float[N] x) => (float y) <int64[1] size = {25000000}> { a = Expand(x, size) y = ReduceMax <keepdims = 0> (a) }";
    const [large] = await measureLatency([model(text)], { seconds: 0.05 });
    // One tensor of 100 MB, which onnxruntime may keep twice: from the first run, and as planned for later ones.
    expect(large?.peakMb).to.be.within(95, 290);
    const [small] = await measureLatency([products(1, 8)], { seconds: 0.05 });
    expect(small?.peakMb).to.be.within(0, 40);
  });

  it("runs with one sample unless another batch is asked for", async () => {
    const one = model(
      "g (float[N,3] x) => (float[1,3] y) <int64[2] shape = {1, 3}> { y = Reshape(x, shape) }",
    );
    expect(await measureLatency([one], { seconds: 0.01 })).to.have.length(1);
    await userError("run-failed", () => measureLatency([one], { seconds: 0.01, batch: 2 }));
  });

  it("refuses models that cannot run", async () => {
    await userError("model-not-runnable", () =>
      measureLatency([model("g (float[1] x) => (float[1] y) { y = Foo(x) }")]),
    );
  });

  it("takes quantiles by nearest rank", () => {
    expect(quantile([3, 1, 2], 0.5)).to.equal(2);
    expect(quantile([4, 1, 3, 2], 0.5)).to.equal(2);
    expect(quantile([10, 1, 2, 3, 4, 5, 6, 7, 8, 9], 0.9)).to.equal(9);
    expect(quantile([7], 0.9)).to.equal(7);
  });
});
