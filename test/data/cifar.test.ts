import { expect } from "chai";
import { openDataset } from "../../src/data/index.js";
import { cifar10 } from "../support/shared.js";
import { TemporaryFolder } from "../support/temporary.js";
import { userError } from "../support/user-error.js";
import { collect } from "./collect.js";

/** Records whose pixels are all `label * 10 + channel`. */
function records(labels: readonly number[], before: readonly number[] = []): Uint8Array {
  return Buffer.concat(
    labels.map((label) => {
      const planes = [0, 1, 2].map((channel) => Buffer.alloc(1024, label * 10 + channel));
      return Buffer.concat([Buffer.from([...before, label]), ...planes]);
    }),
  );
}

describe("data/cifar", () => {
  const folder = new TemporaryFolder();

  before(() => {
    for (let batch = 1; batch <= 5; batch++)
      folder.write(`ten/data_batch_${batch}.bin`, records([batch, 0, 1, 2]));
    folder.write("ten/test_batch.bin", records([3, 4, 9]));
    folder.write("hundred/train.bin", records([5, 6, 7], [1]));
    folder.write("hundred/test.bin", records([99, 0], [19]));
  });

  it("reads labels and pixels of the test set, divided by 255 and normalised per channel", async () => {
    const dataset = await openDataset(`cifar10:${folder.path("ten")}`, {
      split: "test",
      mean: [0.1, 0.2, 0.3],
      std: [0.5, 0.25, 2],
    });
    expect(dataset.shape).to.deep.equal([3, 32, 32]);
    expect(dataset.classes).to.have.length(10);
    const { x, y, sizes } = await collect(dataset);
    expect(y).to.deep.equal([3, 4, 9]);
    expect(sizes).to.deep.equal([2, 1]);
    const expected = [3, 4, 9].flatMap((label) =>
      [
        [0.1, 0.5],
        [0.2, 0.25],
        [0.3, 2],
      ].flatMap(([mean = 0, std = 1], channel) =>
        new Array<number>(1024).fill(Math.fround(((label * 10 + channel) / 255 - mean) / std)),
      ),
    );
    expect(x).to.deep.equal(expected);
  });

  it("gives bytes for augmentation", async () => {
    const dataset = await openDataset(`cifar10:${folder.path("ten")}`, { split: "test" });
    const pixels = await dataset.read([2, 0]);
    expect(pixels).to.be.instanceOf(Uint8Array);
    expect([pixels[0], pixels[1024], pixels[2048], pixels[3072]]).to.deep.equal([90, 91, 92, 30]);
    expect(dataset.memoryBytes).to.equal(3 * 3072);
    expect([...dataset.normalise(pixels)]).to.deep.equal(
      [...pixels].map((value) => Math.fround(value / 255)),
    );
  });

  it("takes the last tenth of train, across files, as val", async () => {
    const spec = `cifar10:${folder.path("ten")}`;
    const train = await openDataset(spec, { split: "train" });
    const val = await openDataset(spec, { split: "val" });
    expect([...train.labels]).to.deep.equal([1, 0, 1, 2, 2, 0, 1, 2, 3, 0, 1, 2, 4, 0, 1, 2, 5, 0]);
    expect([...val.labels]).to.deep.equal([1, 2]);
    expect([...(await val.read([1])).subarray(0, 1)]).to.deep.equal([20]);
  });

  it("reads cifar100 with fine labels, or coarse ones when asked", async () => {
    const path = folder.path("hundred");
    const fine = await openDataset(`cifar100:${path}`, { split: "test" });
    expect([[...fine.labels], fine.classes.length]).to.deep.equal([[99, 0], 100]);
    const coarse = await openDataset({ kind: "cifar100", path, labelSet: "coarse" }, { split: "test" });
    expect([[...coarse.labels], coarse.classes.length]).to.deep.equal([[19, 19], 20]);
  });

  it("finds the folder of the unpacked archive and the names beside the images", async () => {
    folder.write("outer/cifar-10-batches-bin/test_batch.bin", records([1]));
    folder.write("outer/cifar-10-batches-bin/batches.meta.txt", `${"abcdefghij".split("").join("\n")}\n\n`);
    const dataset = await openDataset(`cifar10:${folder.path("outer")}`, { split: "test" });
    expect(dataset.classes.join("")).to.equal("abcdefghij");
  });

  it("names the file and the index of a label that is out of range", async () => {
    folder.write("bad-label/test_batch.bin", records([3, 10]));
    const open = () => openDataset(`cifar10:${folder.path("bad-label")}`, { split: "test" });
    expect(await userError("label-out-of-range", open)).to.match(
      /test_batch\.bin: sample 1 has label 10, expected 0 to 9/,
    );
  });

  it("refuses a file of another size, an empty one, and says what a folder lacks", async () => {
    const open = (name: string) => () => openDataset(`cifar10:${folder.path(name)}`, { split: "test" });
    folder.write("short/test_batch.bin", records([1]).subarray(1));
    expect(await userError("data-wrong-size", open("short"))).to.include(
      "has 3072 bytes, expected a multiple of 3073",
    );
    folder.write("empty/test_batch.bin", "");
    expect(await userError("data-wrong-size", open("empty"))).to.include("has 0 bytes");
    folder.write("pickled/test_batch", "pickle");
    expect(await userError("data-file-missing", open("pickled"))).to.include("this is the Python version");
    expect(await userError("data-not-found", open("nowhere"))).to.match(
      /nowhere does not exist; expected .*test_batch\.bin/,
    );
    folder.write("names/test_batch.bin", records([1]));
    folder.write("names/batches.meta.txt", "one\n");
    expect(await userError("data-class-names", open("names"))).to.include("1 class names, expected 10");
  });

  it("reads the real CIFAR-10: 45,000, 5,000 and 10,000 images, the classes in balance", async function () {
    this.timeout(60_000);
    const spec = `cifar10:${cifar10(this)}`;
    const sizes = { train: 45_000, val: 5_000, test: 10_000 };
    for (const split of ["train", "val", "test"] as const) {
      const dataset = await openDataset(spec, { split });
      expect(dataset.length).to.equal(sizes[split]);
      const counts = new Array<number>(10).fill(0);
      for (const label of dataset.labels) counts[label] = (counts[label] ?? 0) + 1;
      for (const count of counts) expect(count / dataset.length).to.be.closeTo(0.1, 0.01);
    }
    // Means of the training images, as everybody normalises with: .4914 .4822 .4465.
    const train = await openDataset(spec, { split: "train" });
    const sums = [0, 0, 0];
    for await (const { x } of train.batches(1000)) {
      for (let i = 0; i < x.length; i++) {
        const channel = Math.floor(i / 1024) % 3;
        sums[channel] = (sums[channel] ?? 0) + (x[i] ?? 0);
      }
    }
    const means = sums.map((sum) => sum / (45_000 * 1024));
    for (const [channel, mean] of [0.4914, 0.4822, 0.4465].entries())
      expect(means[channel]).to.be.closeTo(mean, 0.001);
  });
});
