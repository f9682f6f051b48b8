import { expect } from "chai";
import { bestTrial, parseStudy } from "../../src/search/index.js";
import { studyDocument, trialDocument } from "../support/study.js";
import { userError } from "../support/user-error.js";

const lines = (...trials: object[]) => trials.map((trial) => `${JSON.stringify(trial)}\n`).join("");

describe("parseStudy", () => {
  it("reads what was asked and every whole line of the trials", async () => {
    const study = studyDocument();
    const trials = [trialDocument(0), trialDocument(1)];
    const text = `${lines(...trials)}{"number": 2, "epi`;
    expect(await parseStudy(JSON.stringify(study), text, "s")).to.deep.equal({ study, trials });
  });

  it("names the line and the field that are wrong", async () => {
    const read = (trial: object) => () => parseStudy(JSON.stringify(studyDocument()), lines(trial), "s");
    const { number: _, ...nameless } = trialDocument(0);
    expect(await userError("study-format", read(nameless))).to.match(/s\/trials.jsonl line 1 .* 'number'/);
    const short = read({ ...trialDocument(0), ratios: [0.1] });
    expect(await userError("study-format", short)).to.match(/1 ratios.*2 groups/);
    const study = (text: string) => () => parseStudy(text, "", "s");
    const timed = (time: object) => study(JSON.stringify({ ...studyDocument(), times: [time] }));
    const time = { ratios: [0.5, 0], before: 2, after: 1 };
    expect((await timed(time)()).study.times).to.deep.equal([time]);
    expect(await userError("study-format", timed({ ...time, ratios: [0] }))).to.match(/1 ratios.*2 groups/);
    expect(await userError("study-format", timed({ ...time, before: 0 }))).to.match(/\/times\/0\/before/);
    expect(await userError("study-format", study("{"))).to.match(/s\/study.json/);
    const other = JSON.stringify({ ...studyDocument(), format: "x" });
    expect(await userError("study-format", study(other))).to.match(/\/format/);
  });
});

describe("bestTrial", () => {
  it("is the one with the highest reward within the budget, the first of equal ones", () => {
    const trials = [
      { ...trialDocument(0), reward: -0.2 },
      { ...trialDocument(1), reward: -0.1, met: false },
      { ...trialDocument(2), reward: -0.15 },
      { ...trialDocument(3), reward: -0.15 },
    ];
    expect(bestTrial(trials)?.number).to.equal(2);
    expect(bestTrial([])).to.equal(undefined);
  });
});
