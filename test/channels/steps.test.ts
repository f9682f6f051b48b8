import { expect } from "chai";
import fc from "fast-check";
import { ChannelAnalysis, pruningOrders } from "../../src/channels/index.js";
import { networkModel, networkPlans, networkText } from "../support/network/index.js";
import { measured } from "../support/oracle.js";
import { analysed, orderOf, scoresFor } from "../support/sample.js";
import { net } from "./patterns/pattern.js";

const twoAndThree = net({
  constants:
    "float[12, 3, 1, 1] w, float[4, 6, 1, 1] g2, float[6, 4, 1, 1] g3, float[5, 4, 1, 1] v, float[5, 6, 1, 1] u",
  nodes:
    "h = Conv(x, w) a = Conv <group = 2> (h, g2) b = Conv <group = 3> (h, g3) c = Conv(a, v) d = Conv(b, u) z = Add(c, d)",
});

describe("pruning orders", () => {
  it("take free channels one by one, least important first, and keep the best", async () => {
    const { analysis } = await analysed(
      net({ constants: "float[5, 3, 1, 1] w, float[2, 5, 1, 1] v", nodes: "h = Conv(x, w) z = Conv(h, v)" }),
    );
    const [order] = pruningOrders(analysis, [0.3, 0.1, 0.5, 0.2, 0.4]);
    expect(order?.steps).to.deep.equal([
      { units: [1], score: 0.1 },
      { units: [3], score: 0.2 },
      { units: [0], score: 0.3 },
      { units: [4], score: 0.4 },
    ]);
    expect(order?.cells).to.deep.equal([5]);
    expect(pruningOrders(analysis, [0.3, 0.1, 0.5, 0.2, 0.4], 4)[0]?.steps).to.have.lengthOf(1);
    expect(pruningOrders(analysis, [0.3, 0.1, 0.5, 0.2, 0.4], 9)[0]?.steps).to.deep.equal([]);
  });

  it("take one channel from each block of a grouped convolution", async () => {
    const { analysis } = await analysed(
      net({
        constants: "float[6, 3, 1, 1] w, float[4, 3, 1, 1] g, float[2, 4, 1, 1] v",
        nodes: "h = Conv(x, w) k = Conv <group = 2> (h, g) z = Conv(k, v)",
      }),
    );
    // Units 0 to 2 and 3 to 5 are the blocks of w; the worst of each go together whatever their offsets.
    const scores = [0.6, 0.1, 0.2, 0.3, 0.5, 0.4, 0, 0, 0, 0];
    expect(
      orderOf(pruningOrders(analysis, scores), "w").steps.map(({ units }) => [...units].sort()),
    ).to.deep.equal([
      [1, 3],
      [2, 5],
    ]);
  });

  it("find the one step that two and three groups allow", async () => {
    const { analysis } = await analysed(twoAndThree);
    const { steps, cells } = orderOf(pruningOrders(analysis, scoresFor(analysis)), "w");
    expect(cells).to.deep.equal([4, 2, 2, 4]);
    expect(steps).to.have.lengthOf(1);
    const gone = steps[0]?.units ?? [];
    const count = (from: number, to: number) => gone.filter((unit) => unit >= from && unit < to).length;
    expect([count(0, 4), count(4, 6), count(6, 8), count(8, 12)]).to.deep.equal([2, 1, 1, 2]);
  });

  it("keep every constraint and every layer alive at every level, on random networks", async () => {
    const cases = fc.asyncProperty(
      networkPlans(10),
      fc.nat(),
      fc.integer({ min: 1, max: 3 }),
      async (plan, seed, least) => {
        const { model, dims } = await measured(networkModel(networkText(plan), seed));
        const analysis = new ChannelAnalysis(model, dims);
        const orders = pruningOrders(analysis, scoresFor(analysis, seed), least);
        const gone = new Set<number>();
        for (const { steps, group } of orders) {
          const scores = steps.map(({ score }) => score);
          expect(scores).to.deep.equal([...scores].sort((a, b) => a - b));
          for (const { units } of steps) {
            for (const unit of units) {
              expect(group.units.includes(unit) && !gone.has(unit)).to.equal(true);
              gone.add(unit);
            }
            expectBalanced(analysis, gone);
          }
        }
        for (const { labels } of analysis.producers()) {
          const units = new Set(analysis.unitsOf(labels));
          const left = [...units].filter((unit) => unit < 0 || !gone.has(unit));
          expect(left.length).to.be.at.least(Math.min(least, units.size));
        }
      },
    );
    await fc.assert(cases, { numRuns: 60, seed: 7 });
  });
});

/** Blocks that must lose equally many channels have. */
function expectBalanced(analysis: ChannelAnalysis, gone: ReadonlySet<number>): void {
  for (const { node, blocks } of analysis.labelling.balances) {
    const counts = blocks.map((labels) => analysis.unitsOf(labels).filter((unit) => gone.has(unit)).length);
    expect(new Set(counts).size, `${node}: ${counts}`).to.equal(1);
  }
}
