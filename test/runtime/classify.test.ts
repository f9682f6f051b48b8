import { expect } from "chai";
import { areProbabilities, scoreBlock } from "../../src/runtime/classify.js";

describe("runtime/classify", () => {
  it("gives the lower class the better place among equals", () => {
    expect(scoreBlock([1, 1, 0], [0], false, 0).top1).to.equal(1);
    expect(scoreBlock([1, 1, 0], [1], false, 0)).to.include({ top1: 0, top5: 1 });
  });

  it("counts a row with NaN as wrong, wherever the NaN is", () => {
    for (const row of [
      [Number.NaN, 1, 2],
      [1, 2, Number.NaN],
    ]) {
      expect(scoreBlock(row, [1], false, 0)).to.include({ top1: 0, top5: 0 });
    }
  });

  it("does not overflow on large logits", () => {
    expect(scoreBlock([1000, 0], [1], false, 0).loss).to.equal(1000);
    expect(scoreBlock([1000, 0], [0], false, 0).loss).to.equal(0);
  });

  it("takes rows for probabilities only if each is a distribution", () => {
    expect(areProbabilities([0.25, 0.75, 1, 0], 2)).to.equal(true);
    expect(areProbabilities([0.25, 0.75, 0.5, 0.1], 2)).to.equal(false);
    expect(areProbabilities([-0.5, 1.5], 2)).to.equal(false);
    expect(areProbabilities([Number.NaN, 1], 2)).to.equal(false);
    expect(areProbabilities([], 2)).to.equal(false);
  });
});
