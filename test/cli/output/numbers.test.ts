import { expect } from "chai";
import { bytesText, countText, msText, percentText, secondsText } from "../../../src/cli/output/numbers.js";

describe("numbers as people read them", () => {
  const counts: [number, string][] = [
    [0, "0"],
    [999, "999"],
    [1000, "1 k"],
    [40_551_040, "40.6 M"],
    [125_485_696, "125.5 M"],
    [999_960, "1 M"],
    [20_353_167_360, "20.4 G"],
    [2.5e17, "250000 T"],
  ];
  for (const [count, text] of counts)
    it(`${count} is ${text}`, () => expect(countText(count)).to.equal(text));

  it("bytes, shares and times have their units", () => {
    expect([bytesText(12), bytesText(3_428_328)]).to.deep.equal(["12 B", "3.43 MB"]);
    expect([percentText(0.5), percentText(0.99876)]).to.deep.equal(["50.0 %", "99.9 %"]);
    expect([secondsText(0.123), secondsText(41.09)]).to.deep.equal(["0.12 s", "41.1 s"]);
    expect([msText(0.01234), msText(15.34), msText(1234.5)]).to.deep.equal([
      "0.0123 ms",
      "15.3 ms",
      "1235 ms",
    ]);
  });
});
