import { expect } from "chai";
import { comparePolicies, type TrialDocument } from "../../src/search/index.js";
import { trialDocument } from "../support/study.js";

const trial = (number: number, accuracy: number, more: Partial<TrialDocument> = {}): TrialDocument => ({
  ...trialDocument(number),
  accuracy,
  reward: accuracy - 1,
  ...more,
});

describe("a comparison of policies", () => {
  const seedsOf = (policy: string, ...runs: readonly TrialDocument[][]) =>
    runs.map((trials, seed) => ({ policy, seed, trials }));

  it("has mean and deviation over seeds of the best that each found, the best policy first", () => {
    const [first, second] = comparePolicies([
      ...seedsOf("low", [trial(0, 0.5)], [trial(0, 0.5)]),
      ...seedsOf("high", [trial(0, 0.6), trial(1, 0.8)], [trial(0, 0.9), trial(1, 0.1)]),
    ]);
    expect(first).to.include({ policy: "high", seeds: 2, evaluations: 2, least: 0.8, most: 0.9 });
    expect(first?.mean).to.be.closeTo(0.85, 1e-12);
    expect(first?.deviation).to.be.closeTo(Math.SQRT1_2 / 10, 1e-12);
    expect(first?.course.map(({ evaluations }) => evaluations)).to.deep.equal([1, 2]);
    expect(first?.course[0]?.mean).to.be.closeTo(0.75, 1e-12);
    expect(second).to.include({ policy: "low", deviation: 0 });
    expect(first).to.not.have.property("toTarget");
  });

  it("says how many evaluations it took to an accuracy, in those seeds that got there", () => {
    const tooDear = trial(1, 0.9, { met: false });
    const cutShort = trial(2, 0.9, { stopped: true });
    const [some, none] = comparePolicies(
      [
        ...seedsOf(
          "some",
          [trial(0, 0.5), tooDear, cutShort, trial(3, 0.7)],
          [trial(0, 0.7)],
          [trial(0, 0.69)],
        ),
        ...seedsOf("none", [trial(0, 0.6)]),
      ],
      0.7,
    );
    expect(some?.toTarget).to.deep.equal({ seeds: 2, evaluations: 2.5 });
    expect(none?.toTarget).to.deep.equal({ seeds: 0, evaluations: null });
  });
});
