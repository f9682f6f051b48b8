import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { Dataset, SamplesInMemory } from "../../src/data/index.js";
import { type Model, toFloat32 } from "../../src/ir/index.js";
import { modelToBytes } from "../../src/onnx/index.js";
import { evaluate } from "../../src/runtime/index.js";
import { readCheckpoint } from "../../src/train/checkpoint.js";
import { epochOrder } from "../../src/train/feed.js";
import { type FinetuneOptions, finetune } from "../../src/train/index.js";
import { model } from "../support/graph.js";
import { TemporaryFolder } from "../support/temporary.js";
import { userError } from "../support/user-error.js";
import { quarterNet, quarters } from "./samples.js";

const settings: FinetuneOptions = { epochs: 3, learningRate: 0.05, batch: 32, threads: 1, seed: 5 };
const data = () => ({ train: quarters(256, 1), val: quarters(100, 2, "val") });

function weightsOf({ graph }: Model): number[] {
  return graph.initializers.flatMap(({ initializer }) =>
    initializer ? Array.from(toFloat32(initializer)) : [],
  );
}

describe("finetune", function () {
  this.timeout(60_000);
  const folder = new TemporaryFolder();
  let runs = 0;

  it("learns what separates the classes, and reports it", async () => {
    const reports: number[] = [];
    const onProgress = ({ loss }: { loss: number }) => void reports.push(loss);
    const {
      model: tuned,
      epochs,
      best,
      finished,
    } = await finetune(model(quarterNet), data(), { ...settings, onProgress });
    expect(finished).to.equal(true);
    expect(reports).to.have.length(24);
    expect(epochs[best]?.valTop1).to.be.above(0.95);
    // The returned model is the best epoch's, in inference form, and as good as the report says.
    const val = quarters(100, 2, "val");
    const { top1 } = await evaluate(tuned, { shape: val.shape, batches: val.batches(50) }, { threads: 1 });
    expect(top1).to.equal(epochs[best]?.valTop1);
    expect(tuned.graph.nodes.map(({ opType }) => opType)).to.deep.equal(
      model(quarterNet).graph.nodes.map(({ opType }) => opType),
    );
    expect(tuned.graph.initializers.map(({ name }) => name)).to.deep.equal(
      model(quarterNet).graph.initializers.map(({ name }) => name),
    );
  });

  it("resumed in the middle of an epoch ends with the same bytes, also with augmentation, a teacher and an average", async () => {
    const checkpoint = folder.path(`run-${++runs}.ckpt`);
    const options: FinetuneOptions = {
      ...settings,
      epochs: 2,
      augmentation: { pad: 1, flip: false, cutout: 2 },
      teacher: model(quarterNet, { seed: 9 }),
      average: 0.9,
      optimizer: { kind: "adamw", weightDecay: 0.01 },
      learningRate: 0.01,
    };
    const whole = await finetune(model(quarterNet), data(), options);
    const stop = new AbortController();
    const onProgress = ({ epoch, step }: { epoch: number; step: number }) => {
      if (epoch === 1 && step === 3) stop.abort();
    };
    const part = await finetune(model(quarterNet), data(), {
      ...options,
      checkpoint,
      onProgress,
      signal: stop.signal,
    });
    expect(part.finished).to.equal(false);
    expect(part.epochs).to.have.length(1);
    const rest = await finetune(model(quarterNet), data(), { ...options, checkpoint, resume: true });
    expect(Buffer.compare(modelToBytes(rest.model), modelToBytes(whole.model))).to.equal(0);
    expect(rest.epochs.map(({ loss }) => loss)).to.deep.equal(whole.epochs.map(({ loss }) => loss));
  });

  it("begins at the weights that the model has", async () => {
    // Fault B12 of GNN-RL's published code: fine-tuning of some networks began by drawing new ones.
    const subject = model(quarterNet);
    const isLearnt = (name: string) => /^[wb]/.test(name);
    const { model: tuned } = await finetune(subject, data(), {
      ...settings,
      epochs: 1,
      learningRate: 1e-9,
    });
    for (const { name, initializer } of subject.graph.initializers.filter(({ name }) => isLearnt(name))) {
      const [before, after] = [initializer, tuned.graph.find(name)?.initializer];
      expect(before && after, name).to.not.equal(undefined);
      if (!before || !after) continue;
      const [from, to] = [toFloat32(before), toFloat32(after)];
      expect(Math.max(...from.map((value, i) => Math.abs(value - (to[i] as number)))), name).to.be.below(
        1e-6,
      );
    }
  });

  it("keeps frozen weights, and those of other layers not", async () => {
    const subject = model(quarterNet);
    const isFrozen = (name: string) => name !== "w3";
    const { model: tuned } = await finetune(subject, data(), { ...settings, epochs: 1, isFrozen });
    const changed = subject.graph.initializers.filter(({ name, initializer }) => {
      const other = tuned.graph.find(name)?.initializer;
      return initializer && other && String(toFloat32(initializer)) !== String(toFloat32(other));
    });
    expect(changed.map(({ name }) => name)).to.deep.equal(["w3"]);
  });

  it("stops where the loss is no number any more, says at which step, and leaves the last good checkpoint", async () => {
    const checkpoint = folder.path(`run-${++runs}.ckpt`);
    const { train, val } = data();
    const pixels = Float32Array.from(await train.read([...train.labels.keys()]));
    // One broken sample, which the third step of the first epoch meets.
    pixels[192 * (epochOrder(256, 5, 0)[2 * 32 + 7] ?? 0)] = Number.NaN;
    const broken = new Dataset(
      "broken",
      "train",
      ["a", "b", "c", "d"],
      new SamplesInMemory([3, 8, 8], train.labels, pixels),
      {
        scale: 255,
      },
    );
    const options = { ...settings, checkpoint, checkpointSeconds: 0 };
    const message = await userError("loss-lost", () =>
      finetune(model(quarterNet), { train: broken, val }, options),
    );
    expect(message).to.equal(
      `the loss became NaN at step 3 of epoch 1: lower the learning rate or clip the gradient; the last good state is in ${checkpoint}`,
    );
    const [, head = ""] = readFileSync(checkpoint, "latin1").split("\n", 2);
    const { progress, fingerprint } = JSON.parse(head);
    expect(progress.batch).to.equal(2);
    const vectors = [...(readCheckpoint(checkpoint, fingerprint)?.vectors.values() ?? [])];
    expect(vectors).to.have.length(3);
    expect(vectors.every((vector) => vector.every(Number.isFinite))).to.equal(true);
  });

  it("never hands out weights that became infinite in the last step", async () => {
    const { train, val } = data();
    const one = {
      ...settings,
      epochs: 1,
      batch: 256,
      learningRate: 1e38,
      schedule: { kind: "constant" } as const,
    };
    const message = await userError("loss-lost", () => finetune(model(quarterNet), { train, val }, one));
    expect(message).to.match(/^weights became infinite at step 1 of epoch 1: /);
  });

  it("refuses operators without a gradient, by name", async () => {
    const pooled = model(`g (float[N,3,8,8] x) => (float[N,4] y) <float[3,3,1,1] v, float[192,4] w>
      { c = Conv (x, v) [odd] l = LpPool <kernel_shape = [1, 1]> (c) f = Flatten (l) y = MatMul (f, w) }`);
    const message = await userError("no-gradient", () => finetune(pooled, data(), settings));
    expect(message).to.equal(
      "node odd: LpPool has no gradient, so the weights before it cannot be trained; freeze them",
    );
  });

  it("refuses labels that do not fit, a single class, and foreign or damaged checkpoints", async () => {
    const val = quarters(20, 2, "val");
    const five = { train: quarters(64, 1, "train", (i) => i % 5), val };
    const message = await userError("labels", () => finetune(model(quarterNet), five, settings));
    expect(message).to.contain("label 4, the model's output has 4 classes");
    await userError("one-class", () =>
      finetune(model(quarterNet), { train: quarters(64, 1, "train", () => 2), val }, settings),
    );
    const strange = { train: quarters(64, 1), val: quarters(20, 2, "val", (i) => (i === 3 ? 6 : i % 4)) };
    expect(await userError("labels", () => finetune(model(quarterNet), strange, settings))).to.match(
      /^val of quarters has label 6/,
    );
    const checkpoint = folder.path(`run-${++runs}.ckpt`);
    const once = { ...settings, epochs: 1, checkpoint, resume: true };
    await finetune(model(quarterNet), data(), once);
    await userError("checkpoint-other", () => finetune(model(quarterNet, { seed: 1 }), data(), once));
    writeFileSync(checkpoint, readFileSync(checkpoint).subarray(0, -4));
    await userError("checkpoint-damaged", () => finetune(model(quarterNet), data(), once));
    writeFileSync(checkpoint, "something else");
    await userError("checkpoint-format", () => finetune(model(quarterNet), data(), once));
  });

  it("mixup trains on mixtures, of images and of labels alike", async () => {
    const options = { ...settings, augmentation: { mixup: 1 } };
    const { epochs, best } = await finetune(model(quarterNet), data(), options);
    expect(epochs[best]?.valTop1).to.be.above(0.9);
    const plain = await finetune(model(quarterNet), data(), settings);
    // Mixtures are harder: no network is sure of both labels at once.
    expect(epochs.at(-1)?.loss).to.be.above((plain.epochs.at(-1)?.loss ?? 0) + 0.1);
  });

  it("a run that has ended gives its result again", async () => {
    const checkpoint = folder.path(`run-${++runs}.ckpt`);
    const once = { ...settings, epochs: 1, checkpoint, resume: true };
    const first = await finetune(model(quarterNet), data(), once);
    const again = await finetune(model(quarterNet), data(), once);
    expect(weightsOf(again.model)).to.deep.equal(weightsOf(first.model));
  });
});
