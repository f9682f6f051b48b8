import { expect } from "chai";
import fc from "fast-check";
import { alignTokens } from "../../src/diff/align.js";

/** Length of the longest common subsequence by the quadratic table. */
function longest(a: readonly number[], b: readonly number[]): number {
  let row = b.map(() => 0);
  for (const x of a) {
    const last = row;
    row = [];
    b.forEach((y, j) => {
      row.push(x === y ? (last[j - 1] ?? 0) + 1 : Math.max(last[j] ?? 0, row[j - 1] ?? 0));
    });
  }
  return row.at(-1) ?? 0;
}

describe("alignTokens", () => {
  it("finds a longest common subsequence, in ascending order", () => {
    const tokens = fc.array(fc.nat(4), { maxLength: 40 });
    fc.assert(
      fc.property(tokens, tokens, (a, b) => {
        const pairs = alignTokens(Int32Array.from(a), Int32Array.from(b));
        expect(pairs).to.have.lengthOf(longest(a, b));
        pairs.forEach(([x, y], i) => {
          expect(a[x]).to.equal(b[y]);
          const [beforeX, beforeY] = pairs[i - 1] ?? [-1, -1];
          expect(x > beforeX && y > beforeY).to.equal(true);
        });
      }),
      { numRuns: 500 },
    );
  });

  it("ends soon where little or nothing is in common", function () {
    this.timeout(20_000);
    const started = process.cpuUsage();
    const a = Int32Array.from({ length: 20_000 }, (_, i) => i);
    expect(
      alignTokens(
        a,
        a.map((token) => -1 - token),
      ),
    ).to.deep.equal([]);
    expect(alignTokens(a, a.toReversed())).to.have.lengthOf(1);
    expect(process.cpuUsage(started).user / 1e6).to.be.below(10);
  });
});
