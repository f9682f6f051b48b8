import { expect } from "chai";
import { smallestBudget } from "../../src/search/index.js";

describe("smallestBudget", () => {
  const run = async (enough: number) => {
    const tried: number[] = [];
    const found = await smallestBudget(5, async (keep, round) => {
      expect(round).to.equal(tried.length);
      tried.push(keep);
      return keep >= enough ? keep : undefined;
    });
    return { tried, found };
  };

  it("halves what is left between failure and success", async () => {
    expect(await run(0.4)).to.deep.equal({ tried: [0.5, 0.25, 0.375, 0.4375, 0.40625], found: 0.40625 });
  });

  it("has nothing to show where no budget is enough", async () => {
    expect(await run(1.1)).to.deep.equal({ tried: [0.5, 0.75, 0.875, 0.9375, 0.96875], found: undefined });
  });
});
