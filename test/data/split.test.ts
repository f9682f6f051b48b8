import { expect } from "chai";
import fc from "fast-check";
import type { SampleSet, Source } from "../../src/data/samples.js";
import { holdoutOfName, interleaveByClass, select } from "../../src/data/split.js";
import { userError } from "../support/user-error.js";

const setOf = (count: number): SampleSet => ({
  count,
  load: () => Promise.reject(new Error("splitting reads no samples")),
});
const source = (sets: { train?: number; val?: number; test?: number; whole?: number }): Source => ({
  name: "data",
  classes: [],
  ...(sets.train !== undefined && { train: async () => setOf(sets.train ?? 0) }),
  ...(sets.val !== undefined && { val: async () => setOf(sets.val ?? 0) }),
  ...(sets.test !== undefined && { test: async () => setOf(sets.test ?? 0) }),
  ...(sets.whole !== undefined && { whole: { holdout: 0.1, open: async () => setOf(sets.whole ?? 0) } }),
});
const range = async (from: Source, split: "train" | "val" | "test", holdout?: number) => {
  const selection = await select(from, split, holdout);
  return [selection.from, selection.to];
};

describe("data/split", () => {
  it("takes the last 5,000 of train as val, a tenth where train is smaller than 50,000", async () => {
    const cifar = source({ train: 50_000, test: 10_000 });
    expect(await range(cifar, "train")).to.deep.equal([0, 45_000]);
    expect(await range(cifar, "val")).to.deep.equal([45_000, 50_000]);
    expect(await range(cifar, "test")).to.deep.equal([0, 10_000]);
    expect(await range(source({ train: 60_000 }), "val")).to.deep.equal([55_000, 60_000]);
    expect(await range(source({ train: 49_990 }), "val")).to.deep.equal([44_991, 49_990]);
    expect(await range(source({ train: 3 }), "val")).to.deep.equal([2, 3]);
  });

  it("takes a validation set of its own, and all of train then", async () => {
    const three = source({ train: 100, val: 7, test: 9 });
    expect(await range(three, "train")).to.deep.equal([0, 100]);
    expect(await range(three, "val")).to.deep.equal([0, 7]);
  });

  it("says what is missing or left empty", async () => {
    expect(await userError("data-no-split", () => select(source({ train: 9 }), "test"))).to.equal(
      "data has no test set",
    );
    expect(await userError("data-no-split", () => select(source({ test: 9 }), "val"))).to.equal(
      "data has no training set",
    );
    expect(await userError("data-empty", () => select(source({ test: 0 }), "test"))).to.include(
      "no sample is left for test",
    );
    expect(await userError("data-empty", () => select(source({ whole: 5 }), "train", 1))).to.include(
      "(of 5)",
    );
  });

  it("splits a whole into three stretches without overlap that make up the whole", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 20, max: 70_000 }),
        fc.double({ min: 0.1, max: 0.5, noNaN: true }),
        async (count, holdout) => {
          const whole = source({ whole: count });
          const [train, val, test] = [
            await range(whole, "train", holdout),
            await range(whole, "val", holdout),
            await range(whole, "test", holdout),
          ];
          expect([train[0], train[1], val[1], test[1]]).to.deep.equal([0, val[0], test[0], count]);
        },
      ),
    );
  });

  it("reads from a name whether it is a test set", () => {
    for (const name of [
      "a/test",
      "test",
      "imagenet/val/",
      "x-test.npz",
      "validation",
      "cifar_valid.npz",
      "C:\\data\\Val",
    ]) {
      expect(holdoutOfName(name), name).to.equal(1);
    }
    for (const name of ["a/train", "our_training.npz"]) expect(holdoutOfName(name), name).to.equal(0);
    for (const name of ["latest.npz", "test/a", "strain", "interval", "test2", ""])
      expect(holdoutOfName(name), name).to.equal(0.1);
  });

  it("interleaves classes: a permutation, every stretch in proportion", () => {
    expect([...interleaveByClass([0, 0, 0, 0, 1, 1])]).to.deep.equal([0, 4, 1, 2, 5, 3]);
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 200 }),
        fc.nat(200),
        (labels, cut) => {
          const order = [...interleaveByClass(labels)];
          expect([...order].sort((a, b) => a - b)).to.deep.equal(labels.map((_, i) => i));
          const to = Math.min(cut, labels.length);
          for (const label of [0, 1, 2, 3]) {
            const share = (indices: readonly number[]) => indices.filter((i) => labels[i] === label).length;
            // A class is never further from its share than the number of classes.
            expect(Math.abs(share(order.slice(0, to)) - (share(order) * to) / labels.length)).to.be.at.most(
              3,
            );
          }
          for (const [at, i] of order.entries()) {
            expect(
              order
                .slice(0, at)
                .filter((j) => labels[j] === labels[i])
                .every((j) => j < i),
            ).to.equal(true);
          }
        },
      ),
    );
  });
});
