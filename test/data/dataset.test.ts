import { expect } from "chai";
import { InvariantError } from "../../src/base/errors.js";
import { type BatchRange, Dataset } from "../../src/data/index.js";
import { SamplesInMemory } from "../../src/data/samples.js";

/** Five samples of two values: [10 i, 10 i + 1], label i. */
function five(): Dataset {
  const pixels = Uint8Array.from({ length: 10 }, (_, i) => 10 * (i >> 1) + (i & 1));
  const samples = new SamplesInMemory([2], Int32Array.of(0, 1, 2, 3, 4), pixels);
  return new Dataset("five", "train", ["a", "b", "c", "d", "e"], samples, { scale: 1 });
}

async function batches(size: number, range?: BatchRange): Promise<[x: number[], y: number[]][]> {
  const out: [number[], number[]][] = [];
  for await (const { x, y, size: count } of five().batches(size, range)) {
    expect(count).to.equal(y.length);
    out.push([[...x], [...y]]);
  }
  return out;
}

describe("data/dataset", () => {
  it("gives all samples in batches, the last one smaller", async () => {
    expect(await batches(2)).to.deep.equal([
      [
        [0, 1, 10, 11],
        [0, 1],
      ],
      [
        [20, 21, 30, 31],
        [2, 3],
      ],
      [[40, 41], [4]],
    ]);
  });

  it("gives a stretch", async () => {
    expect(await batches(3, { from: 1, to: 3 })).to.deep.equal([
      [
        [10, 11, 20, 21],
        [1, 2],
      ],
    ]);
    expect(await batches(3, { from: 3, to: 3 })).to.deep.equal([]);
  });

  it("gives samples in another order, which may be shorter or longer than the set", async () => {
    expect(await batches(2, { order: [4, 0, 4] })).to.deep.equal([
      [
        [40, 41, 0, 1],
        [4, 0],
      ],
      [[40, 41], [4]],
    ]);
    expect((await batches(10, { order: [0, 1, 2, 3, 4, 4, 3] }))[0]?.[1]).to.deep.equal([
      0, 1, 2, 3, 4, 4, 3,
    ]);
    expect(await batches(2, { order: Int32Array.of(3, 2, 1), from: 1 })).to.deep.equal([
      [
        [20, 21, 10, 11],
        [2, 1],
      ],
    ]);
  });

  it("gives copies: what a caller does to them harms nobody", async () => {
    const dataset = five();
    (await dataset.read([1])).fill(99);
    expect([...(await dataset.read([1]))]).to.deep.equal([10, 11]);
  });

  it("refuses what its callers must not ask for", async () => {
    for (const ask of [
      () => batches(0),
      () => batches(2, { to: 6 }),
      () => batches(2, { order: [5] }),
      () => five().read([-1]),
    ]) {
      const failure = await ask().then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(failure).to.be.instanceOf(InvariantError);
    }
  });
});
