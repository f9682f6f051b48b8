import { expect } from "chai";
import { model } from "../support/graph.js";
import { cutToBudget, expectExact, measured } from "../support/oracle.js";
import { describeSlices } from "./describe.js";
import { net } from "./patterns/pattern.js";

/** Eight filters over three channels, of which those given weigh next to nothing. */
function filters(weak: readonly number[]): string {
  const rows = Array.from({ length: 8 }, (_, i) => (weak.includes(i) ? "0.01, -0.01, 0.02" : "1, -2, 1.5"));
  return `float[8, 3, 1, 1] w = {${rows.join(", ")}}`;
}

const cases = [
  {
    name: "a grouped convolution",
    text: (weak: readonly number[]) =>
      net({
        constants: `${filters(weak)}, float[4, 4, 1, 1] g, float[5, 4, 1, 1] v`,
        nodes: "h = Conv(x, w) y = Conv <group = 2> (h, g) z = Conv(y, v)",
      }),
    // Blocks of the grouped convolution: channels 0–3 and 4–7.
    choices: [
      [0, 3, 5, 6],
      [1, 2, 4, 7],
    ],
  },
  {
    name: "a grouped transposed convolution",
    text: (weak: readonly number[]) =>
      net({
        constants: `${filters(weak)}, float[8, 3, 2, 2] t, float[5, 6, 1, 1] v`,
        nodes: "h = Conv(x, w) y = ConvTranspose <group = 2, strides = [2, 2]> (h, t) z = Conv(y, v)",
      }),
    choices: [
      [0, 3, 5, 6],
      [1, 2, 4, 7],
    ],
  },
  {
    name: "a channel shuffle before a grouped convolution",
    text: (weak: readonly number[]) =>
      net({
        constants: `${filters(weak)}, float[4, 4, 1, 1] g, float[5, 4, 1, 1] v, int64[5] s = {2, 2, 4, 4, 4}, int64[4] t = {2, 8, 4, 4}`,
        nodes: `h = Conv(x, w) r = Reshape(h, s) p = Transpose <perm = [0, 2, 1, 3, 4]> (r) q = Reshape(p, t)
          y = Conv <group = 2> (q, g) z = Conv(y, v)`,
      }),
    // Of each half of what is shuffled, two channels reach each block: 0, 4, 1, 5 and 2, 6, 3, 7.
    choices: [
      [0, 3, 5, 6],
      [0, 1, 2, 7],
      [2, 3, 4, 5],
    ],
  },
] as const;

describe("the least important channels of every block go, at whichever places they lie", () => {
  for (const { name, text, choices } of cases) {
    for (const weak of choices) {
      it(`${name}: ${weak.join(", ")}`, async () => {
        const whole = await measured(model(text(weak)));
        const cut = cutToBudget(whole, { kind: "ratio", remove: 0.5 });
        expect(describeSlices(cut.plan.slices)).to.include(`w 0: ${weak.join(" ")}`);
        await expectExact(whole, cut);
      });
    }
  }
});
