import { expect } from "chai";
import { criteria } from "../../src/importance/index.js";
import { pruneModel } from "../../src/rewrite/index.js";
import { net } from "../channels/patterns/pattern.js";
import { model } from "../support/graph.js";
import { cutToBudget, expectExact, measured } from "../support/oracle.js";

interface Refused {
  readonly name: string;
  readonly text: string;
  readonly opType: string;
  readonly reason: RegExp;
  /** What has to stay, and what goes all the same. */
  readonly kept: string;
  readonly cut: string;
  /** Draws channels after whose removal the operator cannot go on. */
  readonly seed: number;
}

const cases: readonly Refused[] = [
  {
    name: "a mean that divides by a count of channels and places, with an open batch",
    text: net({
      inputs: "float[N, 3, 4, 4] x",
      constants: "float[8, 3, 1, 1] w, float[4, 8, 1, 1] u, float[5, 4, 1, 1] v",
      nodes: "h = Conv(x, w) n = Size(h) f = Cast <to = 1> (n) d = Div(h, f) k = Conv(d, u) z = Conv(k, v)",
    }),
    opType: "Size",
    reason: /a count of channels enters the arithmetic/,
    kept: "w",
    cut: "u",
    seed: 3,
  },
  {
    name: "a reshape whose sizes data decides",
    text: net({
      constants:
        "float[8, 3, 1, 1] w, float[8, 3, 1, 1] u, float[128, 5] v, float[5, 8, 1, 1] q, int64[2] s = {2, 128}, float zero = {0}",
      nodes: `h = Conv(x, w) k = Conv(x, u) m = ReduceMax <keepdims = 0> (x) o = Mul(m, zero) i = Cast <to = 7> (o) t = Add(s, i)
        f = Reshape(h, t) y = MatMul(f, v) z = Conv(k, q)`,
      outputs: "float[] y, float[] z",
    }),
    opType: "Reshape",
    reason: /computed from data/,
    kept: "w",
    cut: "u",
    seed: 3,
  },
  {
    name: "a slice over channels and places that would need uneven steps",
    text: net({
      constants: `float[8, 3, 1, 1] w, float[8, 3, 1, 1] u, float[5, 4, 1, 1] v, float[5, 8, 1, 1] q, int64[2] o = {0, 0}, int64[2] e = {8, 4},
        int64[2] ax = {1, 2}, int64[2] st = {2, 2}`,
      nodes: "h = Conv(x, w) k = Conv(x, u) a = Slice(h, o, e, ax, st) y = Conv(a, v) z = Conv(k, q)",
      outputs: "float[] y, float[] z",
    }),
    opType: "Slice",
    reason: /uneven steps/,
    kept: "w",
    cut: "u",
    seed: 10,
  },
];

describe("operators that cannot express a cut", () => {
  for (const { name, text, opType, reason, kept, cut, seed } of cases) {
    it(`${name}: its channels stay, the rest goes`, async () => {
      const whole = await measured(model(text));
      const criterion = criteria.get("random");
      if (!criterion) throw new Error("no random criterion");
      const { refusals, plan } = pruneModel(whole.model, whole.dims, {
        budget: { kind: "ratio", remove: 0.5 },
        criterion,
        seed,
      });
      expect(refusals.map((each) => each.opType)).to.deep.equal([opType]);
      expect(refusals[0]?.reason).to.match(reason);
      const made = plan.slices.filter(({ role }) => role === "producer").map(({ tensor }) => tensor);
      expect(made).to.include(cut);
      expect(made).not.to.include(kept);
      await expectExact(whole, cutToBudget(whole, { kind: "ratio", remove: 0.5 }, { seed }));
    });
  }
});
