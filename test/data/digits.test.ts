import { createRequire } from "node:module";
import { expect } from "chai";
import { openDataset } from "../../src/data/index.js";

describe("data/digits", () => {
  it("has 7,200, 800 and 2,000 images, no image twice, every digit in proportion", async function () {
    this.timeout(60_000);
    const seen = new Set<string>();
    for (const [split, length] of [
      ["train", 7_200] as const,
      ["val", 800] as const,
      ["test", 2_000] as const,
    ]) {
      const dataset = await openDataset("digits", { split });
      expect([dataset.length, dataset.shape, dataset.classes.length]).to.deep.equal([
        length,
        [1, 28, 28],
        10,
      ]);
      const pixels = Buffer.from(await dataset.read(dataset.labels.map((_, i) => i)));
      for (let i = 0; i < length; i++) seen.add(pixels.toString("latin1", i * 784, (i + 1) * 784));
      // 863 fives to 1,127 ones in 10,000.
      for (let digit = 0; digit < 10; digit++) {
        const share = dataset.labels.filter((label) => label === digit).length / length;
        expect(share).to.be.within(0.085, 0.114);
      }
    }
    expect(seen.size).to.equal(10_000);
  });

  it("gives the bytes back that the package rounded to three decimals", async () => {
    const dataset = await openDataset("digits", { split: "train", limit: 10 });
    // The first ten are the first image of each digit; first comes the digit that there are most of.
    expect([...dataset.labels]).to.deep.equal([1, 7, 3, 6, 0, 2, 4, 9, 8, 5]);
    const pixels = await dataset.read([2]);
    const { data }: { data: number[] } = createRequire(import.meta.url)("mnist/src/digits/3.json");
    const decimals = Array.from(pixels, (value) => Math.round((value / 255) * 1000) / 1000);
    expect(decimals).to.deep.equal(data.slice(0, 784));
    expect(Math.max(...pixels)).to.equal(255);
  });
});
