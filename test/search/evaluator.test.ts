import { expect } from "chai";
import { criterionNamed } from "../../src/importance/index.js";
import { inferShapes } from "../../src/runtime/index.js";
import { Evaluator, PruningSpace } from "../../src/search/index.js";
import { model } from "../support/graph.js";
import { quarterNet, quarters } from "../train/samples.js";

describe("search/evaluator", function () {
  this.timeout(60_000);
  const subject = model(quarterNet);
  const images = { val: quarters(120, 2, "val"), train: quarters(64, 1) };
  const repair = { hook: "bn" as const, batch: 32, batches: 2 };
  let space: PruningSpace;
  let open: () => Promise<Evaluator>;

  before(async () => {
    const shapes = await inferShapes(subject, { inputShapes: new Map([["x", [32, 3, 8, 8]]]) });
    space = PruningSpace.open(subject, shapes.of, { criterion: criterionNamed("l2") });
    open = () => Evaluator.open(space, { images, repair, shapes, workers: 2 });
  });

  it("says the same of a plan, however much of it was known", async () => {
    const levels = space.levelsFor(space.groups.map(() => 0.5));
    const [one, other] = [await open(), await open()];
    try {
      const whole = await one.measure(levels);
      expect(whole.stopped).to.equal(false);
      const short = await other.measure(levels, 1);
      expect(short.stopped).to.equal(true);
      // Samples come in batches of 50.
      expect(short.accuracy * 50).to.be.closeTo(Math.round(short.accuracy * 50), 1e-9);
      const said = ({ accuracy, stopped }: { accuracy: number; stopped: boolean }) => ({ accuracy, stopped });
      for (const ofInterest of [1, whole.accuracy + 0.01, whole.accuracy, 0])
        expect(said(await one.measure(levels, ofInterest)), String(ofInterest)).to.deep.equal(
          said(await other.measure(levels, ofInterest)),
        );
      expect(one.known(levels)).to.deep.equal(whole);
      expect(said(await other.measure(levels))).to.deep.equal(said(whole));
    } finally {
      one.close();
      other.close();
    }
  });

  it("measures a plan once that several ask for at the same time", async () => {
    const levels = space.levelsFor(space.groups.map(() => 0.25));
    const evaluator = await open();
    try {
      const asked = [1, 0, 0.5].map((ofInterest) => evaluator.measure(levels, ofInterest));
      const [first, second, third] = await Promise.all(asked);
      expect(first?.stopped).to.equal(true);
      // What the first saw was not enough for the second, whose run is enough for all.
      expect(second?.seconds).to.deep.equal(third?.seconds);
      expect(second?.seconds).not.to.deep.equal(first?.seconds);
    } finally {
      evaluator.close();
    }
  });
});
