import { expect } from "chai";
import fc from "fast-check";
import { fastMultiple, type WidthTiming } from "../../src/analysis/index.js";

/** A layer's times for a product at multiples 1, 2, 4 and so on, the same in both measurements. */
const layer = (name: string, share: number, times: readonly number[]): WidthTiming[] =>
  times.map((ms, i) => ({ layer: name, share, multiple: 2 ** i, products: 10, ms: [10 * ms, 10 * ms] }));

describe("the multiple whose widths are fast", () => {
  it("is the smallest that is about as fast as the best", () => {
    const { multiple, costs } = fastMultiple(layer("a", 1, [3, 2.2, 1.6, 1.04, 1]));
    expect(multiple).to.equal(8);
    expect(costs.map((cost) => cost.multiple)).to.deep.equal([1, 2, 4, 8, 16]);
    costs.forEach(({ slowdown }, i) => {
      expect(slowdown).to.be.closeTo([3, 2.2, 1.6, 1.04, 1][i] ?? 0, 1e-12);
    });
    expect(fastMultiple(layer("a", 1, [3, 2.2, 1.6, 1.06, 1])).multiple).to.equal(16);
    expect(fastMultiple(layer("a", 1, [1, 1, 1, 1, 1])).multiple).to.equal(1);
  });

  it("weighs layers by their shares, and asks only those that are wide enough", () => {
    const wide = layer("wide", 0.6, [2, 1, 1]);
    const { costs } = fastMultiple([...wide, ...layer("also", 0.2, [4, 4, 1])]);
    const expected = [(0.6 * 2 + 0.2 * 4) / 0.8, (0.6 * 1 + 0.2 * 4) / 0.8, 1];
    costs.forEach(({ slowdown }, i) => {
      expect(slowdown).to.be.closeTo(expected[i] ?? 0, 1e-12);
    });
    expect(fastMultiple([...wide, ...layer("narrow", 0.2, [5])]).costs.at(-1)?.slowdown).to.be.closeTo(
      1,
      1e-12,
    );
  });

  it("takes the widths of a layer and a multiple together", () => {
    const around: WidthTiming[] = [
      { layer: "a", share: 1, multiple: 1, products: 10, ms: [30, 30] },
      { layer: "a", share: 1, multiple: 1, products: 10, ms: [10, 10] },
      { layer: "a", share: 1, multiple: 2, products: 10, ms: [10, 10] },
    ];
    expect(fastMultiple(around).costs[0]?.slowdown).to.be.closeTo(2, 1e-12);
  });

  it("does not blame a width for what a run costs beside its products", () => {
    const timing = (multiple: number, products: number, ms: number): WidthTiming => ({
      ...{ layer: "a", share: 1, multiple, products, ms: [ms, ms] },
    });
    const steady = [9, 11, 6, 14, 10].map((products, i) => timing(2 ** (i >> 1), products, 5 + 3 * products));
    for (const { slowdown } of fastMultiple(steady).costs) expect(slowdown).to.be.closeTo(1, 1e-12);
    expect(fastMultiple(steady).multiple).to.equal(1);
    // Only 16 is done in one piece: what is wider takes two.
    const blocks = (width: number) => 5 + Math.ceil(width / 16) * 16 * width;
    const around = [[15, 17], [14, 18], [12, 20], [8, 24], [16]];
    const stepped = around.flatMap((widths, i) =>
      widths.map((width) => timing(2 ** i, width * width, blocks(width))),
    );
    expect(fastMultiple(stepped).multiple).to.equal(16);
  });

  it("says how far two measurements agree", () => {
    const timings: WidthTiming[] = [
      { layer: "a", share: 1, multiple: 1, products: 10, ms: [10, 20] },
      { layer: "a", share: 1, multiple: 2, products: 10, ms: [10, 10] },
    ];
    expect(fastMultiple(timings)).to.deep.include({ multiple: 1, alone: [1, 2], noise: 0.5 });
  });

  it("does not depend on the order of the timings, nor on the unit of time", () => {
    const ms = fc.double({ min: 0.01, max: 100, noNaN: true });
    const timing = fc.record({
      layer: fc.constantFrom("a", "b"),
      share: fc.constant(0.5),
      multiple: fc.constantFrom(1, 2, 4, 8),
      products: fc.integer({ min: 1, max: 1000 }),
      ms: fc.tuple(ms, ms),
    });
    const given = fc
      .array(timing, { minLength: 1 })
      .chain((timings) =>
        fc.tuple(fc.constant(timings), fc.shuffledSubarray(timings, { minLength: timings.length })),
      );
    fc.assert(
      fc.property(given, ([timings, shuffled]) => {
        const doubled = shuffled.map((each) => ({ ...each, ms: [2 * each.ms[0], 2 * each.ms[1]] as const }));
        expect(fastMultiple(doubled).multiple).to.equal(fastMultiple(timings).multiple);
      }),
    );
  });
});
