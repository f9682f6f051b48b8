import { expect } from "chai";
import { Dataset, SamplesInMemory } from "../../src/data/index.js";
import { normalisedOnce } from "../../src/search/images.js";
import { quarters } from "../train/samples.js";

/** A row of zeros that says it holds many samples. */
class Many extends SamplesInMemory {
  override async read(): Promise<Uint8Array> {
    throw new Error("nobody reads so much at once");
  }
}

describe("search/images", () => {
  it("normalises once, to the same bits", async () => {
    const data = quarters(10, 3);
    const once = await normalisedOnce(data);
    const order = [7, 2, 9, 0];
    for await (const { x, y } of data.batches(4, { order })) {
      for await (const kept of once.batches(4, { order })) expect([kept.x, kept.y]).to.deep.equal([x, y]);
      expect(once.normalise(x)).to.equal(x);
    }
    expect(await once.read([1])).to.be.instanceOf(Float32Array);
  });

  it("leaves alone what would take much memory", async () => {
    const samples = new Many([3, 1024, 1024], new Int32Array(30), new Uint8Array(0));
    const data = new Dataset("large", "train", ["a"], samples, {});
    expect(await normalisedOnce(data)).to.equal(data);
  });
});
