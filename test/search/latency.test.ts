import { expect } from "chai";
import type { Model } from "../../src/ir/index.js";
import {
  fastEnough,
  type PlanTime,
  type PruningSpace,
  policies,
  runTrials,
  type TrialDocument,
  timePlans,
} from "../../src/search/index.js";
import { nonNegativeFit } from "../../src/search/latency/non-negative.js";
import { trialDocument } from "../support/study.js";
import { spaceOf } from "./spaces.js";

describe("search/latency", function () {
  this.timeout(60_000);

  describe("the fit", () => {
    const rows = [
      [1, 0, 2],
      [1, 3, 1],
      [1, 1, 1],
      [1, 2, 5],
    ];
    const targetsOf = (weights: readonly number[]) =>
      rows.map((row) => row.reduce((sum, value, j) => sum + value * (weights[j] ?? 0), 0));

    it("finds the weights that made the numbers", () => {
      const weights = [0.5, 2, 0.25];
      nonNegativeFit(rows, targetsOf(weights), 0).forEach((weight, j) => {
        expect(weight).to.be.closeTo(weights[j] ?? 0, 1e-7);
      });
    });

    it("keeps a weight at 0 that would be below, and the others are the best then", () => {
      const targets = targetsOf([3, 2, -0.25]);
      const weights = nonNegativeFit(rows, targets, 0);
      expect([...weights].map((weight) => weight > 0)).to.deep.equal([true, true, false]);
      // Karush, Kuhn and Tucker: no slope along weights above 0, none upwards along the others.
      const rest = rows.map(
        (row, i) => (targets[i] ?? 0) - row.reduce((sum, x, j) => sum + x * (weights[j] ?? 0), 0),
      );
      const slopes = weights.map((_, j) =>
        rows.reduce((sum, row, i) => sum + (row[j] ?? 0) * (rest[i] ?? 0), 0),
      );
      for (const j of [0, 1]) expect(slopes[j]).to.be.closeTo(0, 1e-6);
      expect(slopes[2]).to.be.below(0);
    });
  });

  describe("with a clock that follows a rule", () => {
    let space: PruningSpace;
    let times: PlanTime[];
    const asked: number[] = [];
    const keep = 0.6;

    /** The time at some shares: a part for the run, most for the MACs, more where a width is odd. */
    function msAt(macs: number, isOdd: boolean): number {
      return 4 * (0.2 + (isOdd ? 0.9 : 0.8) * (macs / space.costs.before.macs));
    }
    const isOdd = (removed: Uint8Array) =>
      space.groups.some(({ units }) => units.filter((unit) => removed[unit] === 0).length % 2 === 1);

    before(async () => {
      space = await spaceOf("resnet");
      const removals = new Map<Model, Uint8Array>();
      const cut = space.cut.bind(space);
      space.cut = (levels) => {
        const sliced = cut(levels);
        removals.set(sliced.model, space.removedAt(levels));
        return sliced;
      };
      const time = async (models: readonly Model[]) => {
        asked.push(models.length);
        expect(models[0]).to.equal(space.model);
        return models.map((model) => {
          const removed = removals.get(model) ?? new Uint8Array(space.analysis.unitCount);
          return msAt(space.costs.of(removed).macs, isOdd(removed));
        });
      };
      times = await timePlans(space, time, 24);
      space.learnTimes(times);
    });

    it("times some plans from everything gone to little, a few beside the original at a time", () => {
      expect(asked).to.deep.equal([7, 7, 7, 7]);
      expect(times).to.have.length(24);
      expect(times[0]?.ratios).to.deep.equal(space.sharesOf(space.levelsFor(space.groups.map(() => 1))));
      const shares = times.map(({ before, after }) => after / before);
      expect(Math.max(...shares)).to.be.above(0.9);
      expect(Math.min(...shares)).to.be.below(0.35);
    });

    it("estimates plans that it has not seen", () => {
      expect(space.latency.error).to.be.below(0.05);
      for (const share of [0, 0.2, 0.45, 0.7]) {
        const levels = space.levelsFor(space.groups.map((_, i) => (i % 2 === 0 ? share : share / 2)));
        const removed = space.removedAt(levels);
        const real = msAt(space.costs.of(removed).macs, isOdd(removed)) / 4;
        expect(space.costIn("latency", levels), String(share)).to.be.within(0.93 * real, 1.07 * real);
      }
    });

    it("fits plans into a budget of time, with the estimates' error as a margin", () => {
      const budget = { kind: "latency", keep } as const;
      for (const fit of [
        space.scaledTo(
          budget,
          space.groups.map((_, i) => (i % 4) / 4),
        ),
        space.ranked(budget),
      ]) {
        expect(fit.met).to.equal(true);
        const estimate = space.costIn("latency", fit.levels);
        expect(estimate * (1 + space.latency.error)).to.be.within(0.9 * keep, keep);
      }
      const nothing = space.levelsFor(space.groups.map(() => 0));
      expect(space.isWithin(nothing, budget)).to.equal(false);
      expect(
        space.scaledTo(
          { kind: "latency", keep: 0.1 },
          space.groups.map(() => 0.5),
        ).met,
      ).to.equal(false);
    });

    for (const name of ["uniform", "global", "evolution", "amc", "gnn-rl"])
      it(`${name} proposes within it, and trials say what was estimated`, async () => {
        const context = { space, budget: { kind: "latency", keep } as const, seed: 1, trials: 2 };
        const policy = await policies.get(name)?.open(context);
        if (!policy) throw new Error(`there is a policy ${name}`);
        const found: TrialDocument[] = [];
        const seconds = { repair: 0, score: 0, engine: 0, all: 0 };
        const measure = async () => ({ accuracy: 0.5, stopped: false, seconds, cutSeconds: 0 });
        const evaluator = { space, measure };
        const onTrial = (trial: TrialDocument) => found.push(trial);
        await runTrials({ ...context, evaluator, policy, parallel: 1, earlier: [], onTrial });
        await policy.close?.();
        expect(found.length).to.be.above(0);
        for (const { met, keptLatency, ratios } of found) {
          expect(met).to.equal(true);
          expect(keptLatency).to.equal(space.costIn("latency", space.levelsFor(ratios)));
          expect((keptLatency ?? 1) * (1 + space.latency.error)).to.be.at.most(keep);
        }
      });
  });

  describe("the plan that is written", () => {
    const trial = (number: number, reward: number, more: Partial<TrialDocument> = {}) => ({
      ...trialDocument(number),
      reward,
      ratios: [number / 10, 0.5],
      ...more,
    });
    /** Times by the numbers of trials; which were asked for. */
    const timer = (after: readonly number[]) => {
      const asked: number[] = [];
      const time = async ({ number }: TrialDocument) => {
        asked.push(number);
        return { before: 10, after: after[number] ?? Number.NaN };
      };
      return { asked, time };
    };

    it("is the best whose measured time is within the budget", async () => {
      const trials = [
        trial(0, -0.3),
        trial(1, -0.1),
        trial(2, -0.2),
        trial(3, 0, { met: false }),
        trial(4, 0, { stopped: true }),
        trial(5, -0.1, { ratios: trial(1, 0).ratios }),
      ];
      const { asked, time } = timer([5, 7.5, 7, 1, 1, 1]);
      const found = await fastEnough(trials, 0.7, time);
      expect(found).to.deep.equal({ trial: trials[2], times: { before: 10, after: 7 }, met: true });
      expect(asked).to.deep.equal([1, 2]);
    });

    it("is the fastest of a few where none is fast enough", async () => {
      const trials = Array.from({ length: 8 }, (_, i) => trial(i, -0.1 * i));
      const { asked, time } = timer([9, 9, 8.5, 8, 9, 1, 1, 1]);
      const found = await fastEnough(trials, 0.7, time);
      expect(found).to.deep.equal({ trial: trials[3], times: { before: 10, after: 8 }, met: false });
      expect(asked).to.deep.equal([0, 1, 2, 3, 4]);
      expect(await fastEnough([trial(0, 0, { met: false })], 0.7, time)).to.equal(undefined);
    });
  });
});
