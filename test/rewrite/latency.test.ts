import { expect } from "chai";
import { costTable } from "../../src/analysis/index.js";
import { criteria } from "../../src/importance/index.js";
import type { Model } from "../../src/ir/index.js";
import { pruneToLatency } from "../../src/rewrite/index.js";
import { residualBlock, residualCost } from "../support/models.js";
import { feedsFor, observe } from "../support/observe.js";
import { userError } from "../support/user-error.js";

describe("pruning to a share of the time", () => {
  const original = residualBlock();
  const l2 = criteria.get("l2");

  /** As if every product took a nanosecond, and every run 0.1 ms beside them. */
  const prune = async (keep: number, bestEffort = false) => {
    if (!l2) throw new Error("l2 is gone");
    const { dims } = await observe(original, feedsFor(original, 1));
    let measurements = 0;
    const measure = async (candidate: Model) => {
      measurements++;
      const { dims: own } = await observe(candidate, feedsFor(candidate, 1));
      return {
        before: 0.1 + residualCost.macs / 1e6,
        after: 0.1 + costTable(candidate.graph, own).macs / 1e6,
      };
    };
    const timed = await pruneToLatency(original, dims, { criterion: l2, bestEffort }, keep, measure);
    return { ...timed, measurements };
  };

  it("removes as little as the time allows", async () => {
    const { pruned, times, met, measurements } = await prune(0.7);
    expect(met).to.equal(true);
    const share = times.after / times.before;
    // A channel of this block is some 5 % of the time.
    expect(share).to.be.within(0.62, 0.7);
    expect(times.after).to.equal(0.1 + pruned.after.macs / 1e6);
    expect(measurements).to.equal(7);
  });

  it("says how far it gets where that is not far enough", async () => {
    const message = await userError("unreachable", () => prune(0.3));
    expect(message).to.match(
      /^--latency 0\.3: .* 39\.4 % of the original's time on this machine, not 30\.0 %/,
    );
  });

  it("takes the fastest there is with bestEffort", async () => {
    const { pruned, met, measurements } = await prune(0.3, true);
    expect([met, measurements]).to.deep.equal([false, 1]);
    expect(pruned.model.graph.find("up.weight")?.initializer?.dims).to.deep.equal([1, 1, 3, 3]);
  });
});
