import { expect } from "chai";
import fc from "fast-check";
import { ChannelAnalysis, channelGroups } from "../../src/channels/index.js";
import { criteria } from "../../src/importance/index.js";
import { modelToBytes } from "../../src/onnx/index.js";
import { applyPlan, pruneModel } from "../../src/rewrite/index.js";
import { networkModel, networkPlans, networkText } from "../support/network/index.js";
import {
  asMuchAsPossible,
  atRandom,
  cutUnits,
  expectExact,
  type Measured,
  measured,
} from "../support/oracle.js";

/** TOPIARY_FUZZ asks for more networks, TOPIARY_FUZZ_SEED for others. */
const CASES = Number(process.env.TOPIARY_FUZZ ?? 120);
const SEED = Number(process.env.TOPIARY_FUZZ_SEED ?? 20261121);

interface Case {
  readonly whole: Measured;
  readonly text: string;
  readonly seed: number;
}

describe(`random networks (TOPIARY_FUZZ=${CASES} TOPIARY_FUZZ_SEED=${SEED})`, function () {
  this.timeout(10_000 + CASES * 5000);
  let removed = 0;

  it("sliced computes what silenced computes, at the predicted cost", () =>
    forNetworks(1, async ({ whole, seed }) => {
      const cut = cutUnits(whole, atRandom(seed));
      await expectExact(whole, cut);
      await expectExact(whole, cutUnits(whole, asMuchAsPossible));
      if (cut.removed.includes(1)) removed++;
    }));

  it("most networks lose something", () => {
    expect(removed).to.be.above(CASES / 2);
  });

  it("nothing removed leaves every byte", () =>
    forNetworks(0.25, async ({ whole }) => {
      const cut = cutUnits(whole, (analysis) => new Uint8Array(analysis.unitCount));
      expect(cut.plan.slices).to.deep.equal([]);
      expectSameBytes(modelToBytes(cut.sliced.model), modelToBytes(whole.model));
    }));

  it("a budget is met or nothing more can go; the same seed gives the same bytes", () =>
    forNetworks(0.25, async ({ whole, seed }) => {
      const criterion = criteria.get("random");
      if (!criterion) throw new Error("no random criterion");
      const kind = seed % 2 ? "macs" : "params";
      const keep = 0.3 + (seed % 7) / 10;
      const ranking = seed % 3 ? "uniform" : "global";
      const options = { budget: { kind, keep }, ranking, criterion, seed, bestEffort: true } as const;
      const [pruned, again] = [0, 1].map(() => pruneModel(whole.model, whole.dims, options));
      if (!pruned || !again) return;
      expectSameBytes(modelToBytes(pruned.model), modelToBytes(again.model));
      // A share is met up to rounding: 0.3 + 0.6 is less than 0.9.
      const most = keep * pruned.before[kind] * (1 + 1e-12);
      if (pruned.selection.met) expect(pruned.after[kind]).to.be.at.most(most);
      else expect(pruned.after.macs).to.be.closeTo((1 - pruned.removable) * pruned.before.macs, 1e-6);
    }));

  it("groups are the same each time", () =>
    forNetworks(0.25, async ({ whole: { model, dims } }) => {
      expect(groupsOf(new ChannelAnalysis(model, dims))).to.deep.equal(
        groupsOf(new ChannelAnalysis(model, dims)),
      );
    }));

  it("a plan cuts another checkpoint in the same places", () =>
    forNetworks(0.25, async ({ whole, text, seed }) => {
      const cut = cutUnits(whole, atRandom(seed));
      const other = await measured(networkModel(text, seed + 1));
      const sliced = applyPlan(other.model, other.dims, cut.plan);
      expect(sliced.slices).to.deep.equal(cut.plan.slices);
      await expectExact(other, { ...cut, original: other.model, sliced });
    }));
});

/** Checks a property on random networks; a failure shows the smallest one found, as text with its seed. */
async function forNetworks(share: number, holds: (given: Case) => Promise<void>): Promise<void> {
  const property = fc.asyncProperty(networkPlans(), fc.nat(), async (plan, seed) => {
    const text = networkText(plan);
    try {
      await holds({ whole: await measured(networkModel(text, seed)), text, seed });
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.stack : error}\nseed ${seed}\n${text}`);
    }
  });
  const result = await fc.check(property, { numRuns: Math.ceil(CASES * share), seed: SEED });
  if (!result.failed) return;
  const { numRuns, numShrinks, seed, counterexamplePath, errorInstance } = result;
  const where = `network ${numRuns} of seed ${seed}, shrunk ${numShrinks} times, path ${counterexamplePath}`;
  throw new Error(`${where}\n${errorInstance instanceof Error ? errorInstance.message : errorInstance}`);
}

function expectSameBytes(a: Uint8Array, b: Uint8Array): void {
  expect(Buffer.compare(a, b), "order of the bytes").to.equal(0);
}

function groupsOf(analysis: ChannelAnalysis): unknown {
  return channelGroups(analysis).map(({ id, size, units, producers, consumers }) => {
    const axes = [...producers, ...consumers].map(({ holder, axes: own }) => `${holder} ${own}`);
    return { id, size, units: [...units], axes };
  });
}
