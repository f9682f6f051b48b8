import { expect } from "chai";
import fc from "fast-check";
import {
  type Budget,
  ChannelAnalysis,
  CostModel,
  checkBudget,
  leastReachable,
  type PruningOrder,
  pruningOrders,
  type Selection,
  type SelectionOptions,
  selectChannels,
} from "../../src/channels/index.js";
import { networkModel, networkPlans, networkText } from "../support/network/index.js";
import { measured } from "../support/oracle.js";
import { analysed, orderOf, scoresFor } from "../support/sample.js";
import { userError } from "../support/user-error.js";
import { net } from "./patterns/pattern.js";

/** Two layers of 8 and 16 channels: 16 · 3 · 8 + 16 · 8 · 16 + 16 · 16 · 5 MACs and a fixed end. */
const chain = net({
  constants: "float[8, 3, 1, 1] w, float[16, 8, 1, 1] u, float[5, 16, 1, 1] v",
  nodes: "h = Conv(x, w) r = Relu(h) k = Conv(r, u) s = Relu(k) z = Conv(s, v)",
});

interface Problem {
  readonly costs: CostModel;
  readonly orders: readonly PruningOrder[];
  select(budget: Budget, options?: SelectionOptions): Selection;
}

function problemOf(analysis: ChannelAnalysis, seed = 0): Problem {
  const costs = new CostModel(analysis);
  const orders = pruningOrders(analysis, scoresFor(analysis, seed));
  return {
    costs,
    orders,
    select: (budget, options) => selectChannels(costs, orders, budget, options),
  };
}

const problem = async (text: string) => problemOf((await analysed(text)).analysis);

const goneFrom = ({ group }: PruningOrder, { removed }: Selection) =>
  group.units.filter((unit) => removed[unit] === 1).length;

describe("selecting channels", () => {
  it("counts what a removal leaves", async () => {
    const { costs } = await problem(chain);
    expect(costs.before).to.deep.equal({ macs: 16 * (24 + 128 + 80), params: 232, bytes: 928 });
    const removed = new Uint8Array(24);
    removed[0] = removed[1] = removed[23] = 1;
    expect(costs.of(removed)).to.deep.equal({ macs: 16 * (18 + 90 + 75), params: 183, bytes: 732 });
    expect(costs.of(removed).macs).to.equal(16 * 183);
  });

  it("removes the asked share of every group, rounded down", async () => {
    const { select } = await problem(chain);
    for (const [share, gone] of [
      [0, [0, 0]],
      [0.1, [0, 1]],
      [0.5, [4, 8]],
      [0.99, [7, 15]],
    ] as const) {
      const selection = select({ kind: "ratio", remove: share });
      expect(selection.levels, `${share}`).to.deep.equal(gone);
      expect(selection.met).to.equal(true);
    }
  });

  it("meets a budget with no step to spare", async () => {
    const { costs, orders, select } = await problem(chain);
    for (const ranking of ["uniform", "global"] as const) {
      for (const keep of [0.9, 0.75, 0.5, 0.3, 0.11]) {
        for (const kind of ["macs", "params", "bytes"] as const) {
          const selection = select({ kind, keep }, { ranking });
          expect(selection.met).to.equal(true);
          expect(selection.cost[kind]).to.be.at.most(keep * costs.before[kind]);
          expectNoWaste(costs, orders, selection, kind, keep);
        }
      }
    }
  });

  it("keeps everything under a budget of one", async () => {
    const { select } = await problem(chain);
    expect(select({ kind: "macs", keep: 1 }).levels).to.deep.equal([0, 0]);
  });

  it("says when a budget cannot be met and goes as far as it can", async () => {
    const { costs, orders, select } = await problem(chain);
    const selection = select({ kind: "macs", keep: 0.01 });
    expect(selection.met).to.equal(false);
    expect(selection.cost).to.deep.equal(leastReachable(costs, orders));
    expect(selection.cost.params).to.equal(3 + 1 + 5);
  });

  it("never removes more of a group than the largest ratio", async () => {
    const { orders, select } = await problem(chain);
    const selection = select({ kind: "macs", keep: 0.01 }, { maxRatio: 0.25 });
    expect(orders.map((order) => goneFrom(order, selection))).to.deep.equal([2, 4]);
  });

  it("leaves widths that are multiples, or a group whole", async () => {
    const { orders, select } = await problem(chain);
    for (const keep of [0.9, 0.6, 0.3]) {
      const selection = select({ kind: "macs", keep }, { roundTo: 4 });
      for (const order of orders) {
        expect((order.group.size - goneFrom(order, selection)) % 4, `at ${keep}`).to.equal(0);
      }
    }
    const whole = select({ kind: "ratio", remove: 0.5 }, { roundTo: 5 });
    expect(whole.levels).to.deep.equal([3, 6]);
  });

  it("rounds widths in channels where several go at once", async () => {
    const { orders, select } = await problem(
      net({
        constants: "float[16, 3, 1, 1] w, float[5, 4, 1, 1] v",
        nodes: "h = Conv(x, w) y = DepthToSpace <blocksize = 2> (h) z = Conv(y, v)",
      }),
    );
    const selection = select({ kind: "ratio", remove: 0.3 }, { roundTo: 4 });
    expect(goneFrom(orderOf(orders, "w"), selection)).to.equal(1);
  });

  it("ranks all groups together when asked to", async () => {
    const { analysis } = await analysed(chain);
    const costs = new CostModel(analysis);
    // Half of w matters next to nothing, all of u matters alike.
    const scores = Float64Array.from({ length: 24 }, (_, unit) => (unit < 4 ? 0.001 : 1));
    const orders = pruningOrders(analysis, scores);
    const [global, uniform] = (["global", "uniform"] as const).map((ranking) =>
      selectChannels(costs, orders, { kind: "macs", keep: 0.7 }, { ranking }),
    );
    expect(orders.map((order) => goneFrom(order, global as Selection))).to.deep.equal([4, 0]);
    expect(orders.every((order) => goneFrom(order, uniform as Selection) > 0)).to.equal(true);
  });

  it("spreads what it gives back, and what it takes, over groups of equal scores", async () => {
    const { analysis } = await analysed(
      net({
        constants: "float[16, 3, 1, 1] w, float[16, 16, 1, 1] u, float[16, 16, 1, 1] t, float[5, 16, 1, 1] v",
        nodes: "h = Conv(x, w) r = Relu(h) k = Conv(r, u) s = Relu(k) l = Conv(s, t) z = Conv(l, v)",
      }),
    );
    const costs = new CostModel(analysis);
    const orders = pruningOrders(analysis, new Float64Array(analysis.unitCount).fill(1));
    for (const ranking of ["uniform", "global", "isomorphic"] as const) {
      for (const keep of [0.8, 0.6, 0.4]) {
        const selection = selectChannels(costs, orders, { kind: "params", keep }, { ranking, roundTo: 4 });
        const gone = orders.map((order) => goneFrom(order, selection));
        expect(Math.max(...gone) - Math.min(...gone), `${ranking} ${keep}: ${gone}`).to.be.at.most(4);
        expect(Math.min(...gone), `${ranking} ${keep}: ${gone}`).to.be.at.least(keep < 0.7 ? 4 : 0);
      }
    }
  });

  it("divides scores by the group's mean, its largest, or nothing", async () => {
    const { analysis } = await analysed(chain);
    const costs = new CostModel(analysis);
    // Of 8 and 16 channels: the second group is as even as the first and a hundred times as large; or has two giants (one of which never goes).
    const goneWith = (scores: Float64Array, normalisation: SelectionOptions["normalisation"]) => {
      const orders = pruningOrders(analysis, scores);
      const options = { ranking: "global", normalisation } as const;
      const selection = selectChannels(costs, orders, { kind: "macs", keep: 0.8 }, options);
      return orders.map((order) => goneFrom(order, selection));
    };
    const large = Float64Array.from({ length: 24 }, (_, unit) => (unit < 8 ? 0.01 : 1) * (1 + (unit % 8)));
    const giant = Float64Array.from({ length: 24 }, (_, unit) =>
      unit === 8 || unit === 9 ? 1000 : 1 + (unit % 2),
    );
    const [, fromLarge] = goneWith(large, "none");
    expect(fromLarge).to.equal(0);
    expect(goneWith(large, "max")[1]).to.be.above(0);
    expect(goneWith(large, undefined)).to.deep.equal(goneWith(large, "mean"));
    expect(goneWith(large, "mean")[1]).to.be.above(0);
    expect(goneWith(giant, "max")[0]).to.equal(0);
    expect(goneWith(giant, "none")[0]).to.be.above(0);
  });

  it("wastes nothing on random networks", async () => {
    const cases = fc.asyncProperty(networkPlans(10), fc.nat(), async (plan, seed) => {
      const { model, dims } = await measured(networkModel(networkText(plan), seed));
      const { costs, orders, select } = problemOf(new ChannelAnalysis(model, dims), seed);
      const keep = 0.2 + (seed % 8) / 10;
      const ranking = seed % 2 ? "global" : "uniform";
      const selection = select({ kind: "macs", keep }, { ranking });
      expect(selection.cost).to.deep.equal(costs.of(selection.removed));
      if (selection.met) expectNoWaste(costs, orders, selection, "macs", keep);
      else expect(selection.cost.macs).to.equal(leastReachable(costs, orders).macs);
    });
    await fc.assert(cases, { numRuns: 40, seed: 11 });
  });

  it("ranks each class of groups on its own, and takes the same share of every class's steps", async () => {
    const { analysis } = await analysed(chain);
    // All of the first layer's eight channels score below the second layer's.
    const orders = pruningOrders(
      analysis,
      Float64Array.from({ length: 24 }, (_, unit) => unit),
    );
    const select = (options: SelectionOptions) =>
      selectChannels(new CostModel(analysis), orders, { kind: "macs", keep: 0.5 }, options).levels;
    const plain = { normalisation: "none" } as const;
    const together = select({ ...plain, ranking: "isomorphic", classOf: () => "one" });
    expect(together).to.deep.equal(select({ ...plain, ranking: "global" }));
    expect(together[0]).to.equal(7);
    const apart = select({ ...plain, ranking: "isomorphic", classOf: ({ id }) => id });
    expect(apart).to.deep.equal(select({ ranking: "uniform" }));
    expect(apart[0]).to.be.below(5);
  });

  it("gives single groups shares of their own", async () => {
    const { orders, select } = await problem(chain);
    const own = orders[1]?.group.id;
    const of = ({ id }: { id: string }) => (id === own ? 0.75 : undefined);
    expect(select({ kind: "ratio", remove: 0.25, of }).levels).to.deep.equal([2, 12]);
  });

  it("refuses shares that are none", async () => {
    for (const keep of [0, -0.5, 1.5, Number.NaN]) {
      const message = await userError("budget", () => checkBudget({ kind: "macs", keep }));
      expect(message).to.include(`--macs ${keep}`);
    }
    for (const remove of [1, -0.1, Number.NaN]) {
      await userError("budget", () => checkBudget({ kind: "ratio", remove }));
    }
    checkBudget({ kind: "ratio", remove: 0 });
    checkBudget({ kind: "params", keep: 1 });
  });
});

/** Giving back the last step of any one group breaks the budget. */
function expectNoWaste(
  costs: CostModel,
  orders: readonly PruningOrder[],
  { levels, removed }: Selection,
  kind: "macs" | "params" | "bytes",
  keep: number,
): void {
  orders.forEach(({ steps }, i) => {
    const last = steps[(levels[i] as number) - 1];
    if (!last) return;
    const fewer = Uint8Array.from(removed);
    for (const unit of last.units) fewer[unit] = 0;
    expect(costs.of(fewer)[kind]).to.be.above(keep * costs.before[kind]);
  });
}
