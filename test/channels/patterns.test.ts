import { expect } from "chai";
import { ChannelAnalysis } from "../../src/channels/index.js";
import { model } from "../support/graph.js";
import {
  asMuchAsPossible,
  atRandom,
  channelsOf,
  cutToBudget,
  cutUnits,
  expectExact,
  type Measured,
  measured,
} from "../support/oracle.js";
import { describeBarriers, describeGroups, describeSlices } from "./describe.js";
import { patterns } from "./patterns/index.js";

/** How many random cuts of each graph are run. */
const RANDOM_CUTS = 6;

describe("channel patterns", () => {
  for (const { name, text, rules, groups, barriers, cut } of patterns) {
    describe(name, () => {
      let whole: Measured;
      before(async () => {
        whole = await measured(model(text), 1, rules);
      });

      it("has these groups and barriers", () => {
        const analysis = new ChannelAnalysis(whole.model, whole.dims, rules);
        expect(describeGroups(analysis)).to.deep.equal(groups);
        expect(describeBarriers(analysis)).to.deep.equal(barriers);
      });

      if (cut) {
        const { layer, axis = 0, channels, gives } = cut;
        it(`loses channels ${channels.join(", ")} of ${layer}`, async () => {
          const done = cutUnits(whole, channelsOf(layer, axis, channels));
          expect(describeSlices(done.plan.slices)).to.deep.equal(gives);
          await expectExact(whole, done);
        });
      }

      it("is cut exactly", async () => {
        await expectExact(whole, cutToBudget(whole, { kind: "ratio", remove: 0.5 }));
        await expectExact(whole, cutUnits(whole, asMuchAsPossible));
        for (let seed = 1; seed <= RANDOM_CUTS; seed++) {
          await expectExact(whole, cutUnits(whole, atRandom(seed)));
        }
      });
    });
  }
});
