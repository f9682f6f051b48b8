import { expect } from "chai";
import { Random } from "../../../src/base/random.js";
import { modelToBytes, writeModel } from "../../../src/onnx/index.js";
import { npy, zip } from "../../data/numpy-files.js";
import { document, textOf, topiary } from "../../support/command.js";
import { model } from "../../support/graph.js";
import { cifar10, shared } from "../../support/shared.js";
import { TemporaryFolder } from "../../support/temporary.js";

/** Images are [3, 2, 2], their pixels the scores of twelve classes. */
const reader = () =>
  model(
    `<ir_version: 8, opset_import: ["" : 17]> f (float[N,3,2,2] x) => (float[N,12] y) { y = Flatten(x) }`,
  );

describe("topiary evaluate", () => {
  const folder = new TemporaryFolder();
  const random = new Random(3);
  const pixels = Uint8Array.from({ length: 400 * 12 }, () => random.below(256));
  /** A hundred samples are labelled with their second largest pixel, the others with the largest. */
  const labels = Uint8Array.from({ length: 400 }, (_, i) => {
    const own = Array.from(pixels.subarray(i * 12, (i + 1) * 12), (value, at) => ({ value, at }));
    own.sort((a, b) => b.value - a.value || a.at - b.at);
    return own[i < 100 ? 1 : 0]?.at ?? 0;
  });

  before(() => {
    writeModel(reader(), folder.path("reader.onnx"));
    const [x, y] = [npy("|u1", [400, 3, 2, 2], pixels), npy("|u1", [400], labels)];
    const arrays = { "x_train.npy": x, "y_train.npy": y, "x_test.npy": x, "y_test.npy": y };
    folder.write("data.npz", zip(arrays));
  });

  const data = () => ["--data", `npz:${folder.path("data.npz")}`];

  it("answers with shares, loss, samples, provider and seconds", async () => {
    const found = await document(["evaluate", folder.path("reader.onnx"), ...data()]);
    expect(found).to.have.all.keys("top1", "top5", "loss", "samples", "provider", "seconds");
    expect(found).to.include({ top1: 0.75, top5: 1, samples: 400, provider: "cpu" });
  });

  it("takes the first samples, in batches, normalised", async () => {
    const args = ["evaluate", folder.path("reader.onnx"), ...data(), "--limit", "150", "--batch", "7"];
    const plain = await document(args);
    expect(plain).to.include({ top1: 50 / 150, samples: 150 });
    const scaled = await document([...args, "--mean=0.5", "--std", "0.1"]);
    expect(scaled).to.include({ top1: plain.top1 });
    expect(scaled.loss).not.to.be.closeTo(Number(plain.loss), 0.1);
  });

  it("prints percent, and reads the model from standard input", async () => {
    const { code, out, err } = await topiary(["evaluate", "-", ...data()], modelToBytes(reader()));
    expect(code, err).to.equal(0);
    expect(out.toString()).to.match(
      /^top-1 +75\.00 %\ntop-5 +100\.00 %\nloss +\S+ nats\nsamples +400, test of npz:/,
    );
    expect(await textOf(["evaluate", folder.path("reader.onnx"), ...data()])).to.match(/on cpu$/m);
  });

  it("gives the accuracy that Python finds for ResNet-20 on the first 500 test images of CIFAR-10", async function () {
    const path = shared(this, "models/cifar10/resnet20.onnx");
    const flags = ["--mean", ".485,.456,.406", "--std", ".229,.224,.225", "--limit", "500"];
    const found = await document(["evaluate", path, "--data", `cifar10:${cifar10(this)}`, ...flags]);
    expect(found).to.include({ samples: 500, top1: 0.928 });
  });
});
