import { expect } from "chai";
import fc from "fast-check";
import { float32Text, float64Text } from "../../../src/onnx/text/float-text.js";
import { NumberWriter } from "../../../src/onnx/text/number-writer.js";

/** Every binary32 number but NaN, by its bits. */
const float32 = fc
  .integer({ min: 0, max: 2 ** 32 - 1 })
  .map((bits) => new Float32Array(Uint32Array.of(bits).buffer)[0] ?? 0)
  .filter((value) => !Number.isNaN(value));
const weight = fc.float({ min: -3, max: 3, noNaN: true });

function read(text: string): number {
  return Number(text.replace("inf", "Infinity"));
}

describe("Floats as text", () => {
  it("are written as people would", () => {
    const written: readonly (readonly [number, string])[] = [
      [0, "0"],
      [-0, "-0"],
      [1, "1"],
      [-2.5, "-2.5"],
      [0.1, "0.1"],
      [0.001, "0.001"],
      [1e-5, "1e-5"],
      [1.5e-7, "1.5e-7"],
      [16777216, "16777216"],
      [1e9, "1e9"],
      [3.4028234663852886e38, "3.4028235e+38"],
      [1.401298464324817e-45, "1.4013e-45"],
      [1 / 3, "0.33333334"],
      [Number.NaN, "nan"],
      [Number.NEGATIVE_INFINITY, "-inf"],
    ];
    for (const [value, text] of written) expect(float32Text(Math.fround(value))).to.equal(text);
  });

  it("are read back to the same bits", () => {
    fc.assert(
      fc.property(fc.oneof(float32, weight), (value) => {
        expect(Math.fround(read(float32Text(value)))).to.equal(value);
      }),
      { numRuns: 5000 },
    );
    fc.assert(fc.property(fc.double({ noNaN: true }), (value) => Object.is(read(float64Text(value)), value)));
  });

  it("have no more digits than they need", () => {
    const shortest = (value: number) => {
      for (let digits = 6; ; digits++) {
        const text = value.toPrecision(digits);
        if (Math.fround(Number(text)) === value) return Number(text);
      }
    };
    fc.assert(
      fc.property(weight, (value) => {
        expect(Number(float32Text(value))).to.equal(shortest(value));
      }),
      { numRuns: 5000 },
    );
  });

  it("do not lie between two floats as binary64, where rounding twice would go wrong", () => {
    // Its shortest decimal, 1073768e3, is halfway to the next float and read as either by a careless reader.
    expect(Math.fround(1073768e3)).to.equal(1073767936);
    expect(float32Text(1073767936)).to.equal("10737679e2");
    fc.assert(
      fc.property(float32.filter(Number.isFinite), (value) => {
        const decimal = read(float32Text(value));
        const mirrored = 2 * decimal - value;
        expect(decimal === value || Math.fround(mirrored) !== mirrored).to.equal(true);
      }),
      { numRuns: 5000 },
    );
  });

  it("are the same in long lists", () => {
    const writer = new NumberWriter(1);
    fc.assert(
      fc.property(fc.oneof(float32, weight), (value) => {
        writer.float32(value);
        expect(writer.take()).to.equal(float32Text(value));
      }),
      { numRuns: 5000 },
    );
  });
});
