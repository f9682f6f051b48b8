import { expect } from "chai";
import fc from "fast-check";
import { shortestTandems } from "../../src/motifs/tandem.js";

describe("tandem repeats", () => {
  it("are found with the smallest period above one", () => {
    expect(tandems("xababab")).to.deep.equal([{ start: 1, period: 2, count: 3 }]);
    expect(tandems("ccpccpcccpcccpcccp")).to.deep.equal([{ start: 0, period: 3, count: 2 }]);
  });

  it("are disjoint and go from left to right", () => {
    expect(tandems("ababxcdcdab")).to.deep.equal([
      { start: 0, period: 2, count: 2 },
      { start: 5, period: 2, count: 2 },
    ]);
  });

  it("are no repetition of a single symbol", () => {
    expect(tandems("aaaaaaaa")).to.deep.equal([]);
    expect(tandems("aaaaaaaabab")).to.deep.equal([{ start: 7, period: 2, count: 2 }]);
  });

  it("weigh at least two", () => {
    expect(shortestTandems([0, 1, 0, 1], [1, 0, 1, 0])).to.deep.equal([]);
    expect(shortestTandems([0, 1, 0, 1], [2, 0, 2, 0])).to.have.length(1);
  });

  it("of random rows: found where trying all places finds one, with the same period", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2), { maxLength: 24 }), (symbols) => {
        const found = shortestTandems(
          symbols,
          symbols.map(() => 1),
        );
        const period = smallestPeriod(symbols);
        expect(found[0]?.period).to.equal(period);
        let done = 0;
        for (const { start, count } of found) {
          expect(start).to.be.at.least(done);
          done = start + count * (period ?? 0);
          for (let i = start + (period ?? 0); i < done; i++)
            expect(symbols[i]).to.equal(symbols[i - (period ?? 0)]);
        }
      }),
      { numRuns: 2000, seed: 1 },
    );
  });

  it("of a long row take no long time", function () {
    this.timeout(5000);
    const alternating = Array.from({ length: 50_000 }, (_, i) => i % 2);
    expect(
      shortestTandems(
        alternating,
        alternating.map(() => 1),
      )[0]?.count,
    ).to.equal(25_000);
    const same = alternating.map(() => 1);
    expect(shortestTandems(same, same)).to.deep.equal([]);
    const light = alternating.map(() => 0);
    expect(shortestTandems(alternating, light)).to.deep.equal([]);
  });
});

function tandems(row: string) {
  const symbols = Array.from(row, (letter) => letter.charCodeAt(0));
  return shortestTandems(
    symbols,
    symbols.map(() => 1),
  );
}

function smallestPeriod(symbols: readonly number[]): number | undefined {
  for (let period = 2; 2 * period <= symbols.length; period++) {
    for (let start = 0; start + 2 * period <= symbols.length; start++) {
      const unit = symbols.slice(start, start + period);
      const next = symbols.slice(start + period, start + 2 * period);
      if (new Set(unit).size > 1 && unit.every((symbol, i) => symbol === next[i])) return period;
    }
  }
  return undefined;
}
