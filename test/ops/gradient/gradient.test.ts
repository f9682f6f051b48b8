import { expect } from "chai";
import { Random } from "../../../src/base/random.js";
import { allOps } from "../../../src/ops/index.js";
import { activationCases } from "./cases/activation.js";
import { elementwiseCases } from "./cases/elementwise.js";
import { layerCases } from "./cases/layers.js";
import { movementCases } from "./cases/movement.js";
import { checkGradient, type GradientCase } from "./check.js";

const ROUNDS = 5;

function casesOf(round: number): GradientCase[] {
  const random = new Random(round);
  return [activationCases, elementwiseCases, layerCases, movementCases].flatMap((cases) => cases(random));
}

/** Of differences: their own error is far below; float32 has 24 bits, of which the step takes a few. */
const TOLERANCES = { float64: 1e-6, float32: 2e-3, linear: 1e-4 };

describe("gradients of operators", () => {
  const rounds = Array.from({ length: ROUNDS }, (_, round) => casesOf(round));

  it("every operator with a gradient is checked", () => {
    const checked = new Set(rounds.flat().map(({ op }) => op));
    const unchecked = allOps.filter(({ gradient, type }) => gradient && !checked.has(type));
    expect(unchecked.map(({ type }) => type)).to.deep.equal([]);
  });

  const ops = [...new Set(rounds.flat().map(({ op }) => op))];
  for (const op of ops) {
    it(`${op} agrees with finite differences`, async () => {
      for (const [round, cases] of rounds.entries()) {
        for (const spec of cases.filter((each) => each.op === op)) {
          const { error, precision } = await checkGradient(spec, round);
          const tolerance =
            spec.linear && precision === "float32" ? TOLERANCES.linear : TOLERANCES[precision];
          expect(
            error,
            `${precision} ${JSON.stringify(spec, (_, v) => (typeof v === "bigint" ? Number(v) : v))}`,
          ).to.be.below(tolerance);
        }
      }
    });
  }
});
