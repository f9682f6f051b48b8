import { expect } from "chai";
import { Dataset, openDataset, SamplesInMemory } from "../../src/data/index.js";
import { evaluate, type LabelledBatch, scoreHere } from "../../src/runtime/index.js";
import { model } from "../support/graph.js";
import { cifar10, shared } from "../support/shared.js";
import { userError } from "../support/user-error.js";

/** Its class scores are its six inputs. */
const IDENTITY = "g (float[N,6] x) => (float[N,6] y) { y = Identity(x) }";

/** The score of each sample's label is the `rank`th highest. */
function samplesOfRank(ranks: readonly number[]): { shape: number[]; batches: LabelledBatch[] } {
  const batches: LabelledBatch[] = [];
  for (let at = 0; at < ranks.length; at += 2) {
    const some = ranks.slice(at, at + 2);
    const others = [0, -1, -2, -3, -4];
    const rows = some.map((rank) => others.toSpliced(3, 0, 0.5 - rank));
    batches.push({ x: Float32Array.from(rows.flat()), y: some.map(() => 3) });
  }
  return { shape: [6], batches };
}

const crossEntropy = (logits: readonly number[], label: number) =>
  Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0)) - (logits[label] ?? 0);

describe("runtime/evaluate", () => {
  it("counts how often the label is first and among the first five", async () => {
    const progress: number[] = [];
    const result = await evaluate(model(IDENTITY), samplesOfRank([0, 1, 4, 5, 0]), {
      onProgress: (samples) => progress.push(samples),
    });
    expect(result).to.include({ top1: 2 / 5, top5: 4 / 5, samples: 5, provider: "cpu" });
    expect(progress).to.deep.equal([2, 4, 5]);
    expect(result.seconds).to.be.greaterThan(0);
  });

  it("measures the cross-entropy of logits, and of what a softmax has made of them", async () => {
    const rows = [
      [1, 2, 0, -1, 0.5, 0],
      [0, 0, 3, 0, 0, -2],
    ];
    const expected = (crossEntropy(rows[0] ?? [], 1) + crossEntropy(rows[1] ?? [], 0)) / 2;
    const samples = { shape: [6], batches: [{ x: Float32Array.from(rows.flat()), y: [1, 0] }] };
    const logits = await evaluate(model(IDENTITY), samples);
    expect(logits.loss).to.be.closeTo(expected, 1e-6);
    const softmax = await evaluate(model("g (float[N,6] x) => (float[N,6] y) { y = Softmax(x) }"), samples);
    expect(softmax.loss).to.be.closeTo(expected, 1e-6);
    expect(softmax.top1).to.equal(0.5);
  });

  it("fills the last block where the model's batch size is fixed", async () => {
    const fixed = model("g (float[4,6] x) => (float[4,6] y) { y = Identity(x) }");
    const { batches } = samplesOfRank([0, 1, 0, 5, 4]);
    const whole = {
      shape: [6],
      batches: [{ x: Float32Array.from(batches.flatMap(({ x }) => [...x])), y: [3, 3, 3, 3, 3] }],
    };
    expect(await evaluate(fixed, whole)).to.include({ top1: 2 / 5, top5: 4 / 5, samples: 5 });
  });

  it("feeds float16 where the model takes it", async () => {
    const half = model("g (float16[N,6] x) => (float16[N,6] y) { y = Identity(x) }");
    expect(await evaluate(half, samplesOfRank([0, 1, 5]))).to.include({ top1: 1 / 3, top5: 2 / 3 });
  });

  it("reads another output where that is asked for", async () => {
    const two = model("g (float[N,6] x) => (float[N,6] y, float[N,6] z) { y = Neg(x) z = Identity(x) }");
    expect(await evaluate(two, samplesOfRank([0, 0]), { output: "z" })).to.include({ top1: 1 });
    expect(await evaluate(two, samplesOfRank([0, 0]))).to.include({ top1: 0 });
    const message = await userError("evaluate-output", () =>
      evaluate(two, samplesOfRank([0]), { output: "w" }),
    );
    expect(message).to.equal("model g: there is no output w; the model has y, z");
  });

  it("refuses data and models that do not fit each other", async () => {
    const samples = { shape: [3, 8, 8], batches: [{ x: new Float32Array(192), y: [0] }] };
    const fails = (code: string, text: string, data = samples) =>
      userError(code, () => evaluate(model(text), data));
    expect(await fails("input-shape", "g (float[N,3,H,9] x) => (float[N,3,H,9] y) { y = Neg(x) }")).to.equal(
      "model g: input x takes [N,3,H,9], the data set gives [N,3,8,8]",
    );
    expect(
      await fails("evaluate-inputs", "g (float[N] x, float[N] z) => (float[N] y) { y = Add(x, z) }"),
    ).to.include("this has x, z");
    expect(await fails("input-type", "g (int64[N,3,8,8] x) => (int64[N,3,8,8] y) { y = Neg(x) }")).to.include(
      "input x takes int64",
    );
    const scalar = "g (float[N,3,8,8] x) => (float y) { y = ReduceMean <keepdims = 0> (x) }";
    expect(await fails("evaluate-output", scalar)).to.include("no class scores");
    await fails("no-samples", IDENTITY, { shape: [6], batches: [] });
    await fails("model-not-runnable", "g (float[N,6] x) => (float[N,6] y) { y = Foo(x) }");
  });

  it("names the sample whose label is no class", async () => {
    const batches = [
      { x: new Float32Array(12), y: [0, 5] },
      { x: new Float32Array(12), y: [1, 6] },
    ];
    const message = await userError("label-range", () => evaluate(model(IDENTITY), { shape: [6], batches }));
    expect(message).to.equal("sample 3 has label 6, the model has classes 0 to 5");
  });

  it("stops where the accuracy that is of interest cannot be reached any more", async () => {
    // Ten samples of which the first four are wrong.
    const labels = Int32Array.from({ length: 10 }, (_, i) => (i < 4 ? 1 : 0));
    const x = Float32Array.from({ length: 60 }, (_, i) => (i % 6 === 0 ? 1 : 0));
    const data = new Dataset("some", "val", [], new SamplesInMemory([6], labels, x), {});
    const score = async (ofInterest: number) =>
      (await scoreHere(model(IDENTITY), data, { batch: 3, ofInterest })).right;
    expect(await score(0)).to.deep.equal([0, 2, 5, 6]);
    expect(await score(0.6)).to.deep.equal([0, 2, 5, 6]);
    expect(await score(0.61)).to.deep.equal([0, 2]);
  });

  it("gives ResNet-20 the accuracy that it is known for", async function () {
    this.timeout(300_000);
    const path = shared(this, "models/cifar10/resnet20.onnx");
    const data = await openDataset(`cifar10:${cifar10(this)}`, {
      split: "test",
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
    });
    const result = await evaluate(path, { shape: data.shape, batches: data.batches(100) });
    expect(result.samples).to.equal(10_000);
    expect(result.top1).to.be.closeTo(0.9173, 0.0002);
  });
});
