import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import { Random } from "../../src/base/random.js";
import { accuracyOf } from "../../src/runtime/index.js";
import {
  type Levels,
  type PlanMeasurer,
  type PruningSpace,
  policies,
  policyNamed,
  runTrials,
} from "../../src/search/index.js";
import { half, spaceOf } from "./spaces.js";

/** Policies that learn on a graph take their time. */
const trialsFor = (name: string) => (policyNamed(name).graph ? 10 : 48);
const [IMAGES, BATCH] = [100, 5];

/** Accuracies that depend on the plan alone, after times that do not. */
function measurer(space: PruningSpace, clock: Random): PlanMeasurer {
  return {
    space,
    async measure(levels: Levels, ofInterest = 0) {
      await delay(clock.uniform() < 0.5 ? 0 : 4);
      const share = space.sharesOf(levels).reduce((sum, each, i) => sum + each * (1 + (i % 3)), 0);
      const own = new Random(Math.round(1e6 * share));
      const right: number[] = [];
      for (let seen = BATCH; seen <= IMAGES; seen += BATCH)
        right.push((right.at(-1) ?? 0) + own.below(BATCH + 1));
      const accuracy = accuracyOf({ samples: IMAGES, batch: BATCH, right }, ofInterest);
      if (!accuracy) throw new Error("the course is whole");
      return { ...accuracy, seconds: { repair: 0, score: 0, engine: 0, all: 0 }, cutSeconds: 0 };
    },
  };
}

/** The trials of a search, without their times. */
async function trialsOf(name: string, space: PruningSpace, parallel: number, clock: number) {
  const context = { space, budget: half, seed: 5, trials: trialsFor(name) };
  const policy = await policyNamed(name).open(context);
  const trials: object[] = [];
  const onTrial = ({ time, seconds, ...trial }: { time: string; seconds: number }) => trials.push(trial);
  const evaluator = measurer(space, new Random(clock));
  await runTrials({ ...context, evaluator, policy, parallel, earlier: [], onTrial });
  await policy.close?.();
  return trials;
}

describe("a search, repeated", function () {
  this.timeout(120_000);
  let space: PruningSpace;
  before(async () => {
    space = await spaceOf("resnet");
  });

  for (const name of policies.keys()) {
    it(`${name}: the same trials, whichever of those under way ends first`, async () => {
      const first = await trialsOf(name, space, 3, 1);
      expect(await trialsOf(name, space, 3, 2)).to.deep.equal(first);
      expect(first.length).to.be.above(0);
    });
  }

  it("ends hopeless evaluations early", async () => {
    const stopped = (await trialsOf("evolution", space, 2, 1)).filter(
      (trial) => "stopped" in trial && trial.stopped,
    );
    expect(stopped.length).to.be.within(1, 38);
  });
});
