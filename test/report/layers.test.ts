import { expect } from "chai";
import fc from "fast-check";
import { layOut } from "../../src/report/layers.js";
import { placeInRow } from "../../src/report/place.js";

describe("placeInRow", () => {
  it("leaves items where they want to be if they do not overlap, and spreads them evenly if they do", () => {
    expect(placeInRow([0, 100], [10, 10], 5)).to.deep.equal([0, 100]);
    expect(placeInRow([50, 50, 50], [10, 10, 10], 5)).to.deep.equal([35, 50, 65]);
    expect(placeInRow([], [], 5)).to.deep.equal([]);
  });

  it("never lets items overlap or change their order", () => {
    const item = fc.record({
      wanted: fc.integer({ min: -500, max: 500 }),
      width: fc.integer({ min: 1, max: 90 }),
    });
    fc.assert(
      fc.property(fc.array(item, { maxLength: 30 }), (items) => {
        const widths = items.map(({ width }) => width);
        const centres = placeInRow(
          items.map(({ wanted }) => wanted),
          widths,
          7,
        );
        for (let i = 1; i < centres.length; i++) {
          const least = (widths[i - 1] as number) / 2 + 7 + (widths[i] as number) / 2;
          expect((centres[i] as number) - (centres[i - 1] as number)).to.be.at.least(least - 1e-9);
        }
      }),
    );
  });
});

describe("layOut", () => {
  const graph = (count: number, edges: [number, number][]) => ({
    widths: Array.from({ length: count }, () => 50),
    edges,
    priority: Array.from({ length: count }, (_, i) => i),
  });

  it("puts a residual block's way around beside its layers", () => {
    const { row, rows, x, bends } = layOut(
      graph(3, [
        [-1, 0],
        [0, 1],
        [1, 2],
        [0, 2],
        [2, -1],
      ]),
    );
    expect(row).to.deep.equal([1, 2, 3]);
    expect(rows).to.equal(5);
    expect(bends.map((list) => list.length)).to.deep.equal([0, 0, 0, 1, 0]);
    expect(Math.abs((bends[3]?.[0] as number) - (x[1] as number))).to.be.at.least(25 + 5 + 24 - 1);
  });

  it("puts what reads nothing right above its reader", () => {
    expect(
      layOut(
        graph(4, [
          [-1, 0],
          [0, 1],
          [1, 2],
          [3, 2],
        ]),
      ).row,
    ).to.deep.equal([1, 2, 3, 2]);
  });

  it("ends where links go round in a circle", () => {
    expect(
      layOut(
        graph(3, [
          [0, 1],
          [1, 2],
          [2, 0],
        ]),
      ).row,
    ).to.deep.equal([1, 2, 3]);
  });

  it("has every link go down, in any graph without circles", () => {
    const edge = fc.tuple(fc.nat(19), fc.nat(19)).filter(([a, b]) => a < b);
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 40 }), (edges) => {
        const { row, bends } = layOut(graph(20, edges));
        edges.forEach(([a, b], i) => {
          expect(row[b]).to.be.greaterThan(row[a] as number);
          expect(bends[i]).to.have.length((row[b] as number) - (row[a] as number) - 1);
        });
      }),
    );
  });

  it("takes a chain of 5,000 and 500 ways around all of it", () => {
    const chain = Array.from({ length: 4999 }, (_, i): [number, number] => [i, i + 1]);
    const around = Array.from({ length: 500 }, (_, i): [number, number] => [i, 4999 - i]);
    const begun = performance.now();
    expect(layOut(graph(5000, [...chain, ...around])).rows).to.equal(5002);
    expect(performance.now() - begun).to.be.lessThan(2000);
  });
});
