import { expect } from "chai";
import { accuracyOf } from "../../src/runtime/index.js";

describe("runtime/score-course", () => {
  const whole = { samples: 10, batch: 3, right: [0, 2, 5, 6] };

  it("gives the accuracy where all samples could matter", () => {
    for (const ofInterest of [0, 0.3, 0.6])
      expect(accuracyOf(whole, ofInterest)).to.deep.equal({ accuracy: 0.6, stopped: false });
  });

  it("ends where what is of interest is out of reach, however far was measured", () => {
    for (const right of [[0, 2], [0, 2, 5], whole.right])
      expect(accuracyOf({ ...whole, right }, 0.61)).to.deep.equal({ accuracy: 2 / 6, stopped: true });
    expect(accuracyOf(whole, 0.75)).to.deep.equal({ accuracy: 0, stopped: true });
  });

  it("says nothing of what was not measured", () => {
    expect(accuracyOf({ ...whole, right: [0] }, 0.61)).to.equal(undefined);
    expect(accuracyOf({ ...whole, right: [0, 2, 5] }, 0.6)).to.equal(undefined);
    expect(accuracyOf({ ...whole, right: [] }, 1)).to.equal(undefined);
  });
});
