import { expect } from "chai";
import type { Batch, BatchRange } from "../../src/data/index.js";
import { Dataset, SamplesInMemory } from "../../src/data/index.js";
import { KeptInBatches } from "../../src/search/images.js";
import { quarterPixels, quarters } from "../train/samples.js";

async function all(data: Dataset, size: number, range?: BatchRange): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of data.batches(size, range)) batches.push(batch);
  return batches;
}

/** Counts how often pixels are read. */
class Counted extends SamplesInMemory {
  reads = 0;
  override read(indices: ArrayLike<number>) {
    this.reads++;
    return super.read(indices);
  }
}

describe("search/images", () => {
  const labels = Int32Array.from({ length: 10 }, (_, i) => i % 4);
  const samples = () => new Counted([3, 8, 8], labels, quarterPixels(10, 3, labels));
  const { name, split, classes, normalisation } = quarters(10, 3);

  it("gives the batches of any data set, and reads none twice that is asked for again", async () => {
    const [own, plain] = [samples(), new Dataset(name, split, classes, samples(), normalisation)];
    const kept = new KeptInBatches(name, split, classes, own, normalisation);
    const range = () => ({ order: Uint32Array.of(7, 2, 9, 0, 5), to: 4 });
    const first = await all(kept, 2, range());
    expect(first).to.deep.equal(await all(plain, 2, range()));
    expect(own.reads).to.equal(2);
    const again = await all(kept, 2, range());
    expect(again.map(({ x }) => x)).to.have.ordered.members(first.map(({ x }) => x));
    expect(own.reads).to.equal(2);
  });

  it("tells apart what is asked for", async () => {
    const kept = new KeptInBatches(name, split, classes, samples(), normalisation);
    const plain = new Dataset(name, split, classes, samples(), normalisation);
    const order = Uint32Array.of(7, 2, 9, 0, 5);
    const ranges: BatchRange[] = [
      {},
      { order },
      { order: order.toReversed() },
      { from: 2 },
      { from: 2, to: 7 },
    ];
    for (const size of [3, 4])
      for (const range of ranges)
        expect(await all(kept, size, range)).to.deep.equal(await all(plain, size, range));
  });

  it("keeps nothing of a run that was not finished", async () => {
    const own = samples();
    const kept = new KeptInBatches(name, split, classes, own, normalisation);
    for await (const { size } of kept.batches(4)) if (size === 4) break;
    expect(await all(kept, 4)).to.have.length(3);
    expect(own.reads).to.equal(4);
  });
});
