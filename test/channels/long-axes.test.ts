import { expect } from "chai";
import { ChannelAnalysis } from "../../src/channels/index.js";
import { Tensor } from "../../src/ir/index.js";
import { inferShapes } from "../../src/runtime/index.js";
import { model } from "../support/graph.js";

const LONG = 10 ** 12;

const subjectWith = (constants: string, body: string) =>
  model(`<ir_version: 8, opset_import: ["" : 17]>
f (float[1,${LONG}] x, float[1,4] few) => (float[1,N] y) <${constants}> { ${body} }`);

describe("axes longer than any network's", () => {
  for (const [what, constants, body] of [
    ["Slice", `int64[1] one = {1}, int64[1] end = {${2 * LONG}}`, "y = Slice (x, one, end, one)"],
    [
      "SplitToSequence",
      "int64 size = {1}, int64 at = {0}",
      "s = SplitToSequence <axis = 1> (x, size) y = SequenceAt (s, at)",
    ],
    ["Expand", `float[4,1] w, int64[2] to = {1, ${LONG}}`, "p = MatMul (few, w) y = Expand (p, to)"],
    [
      "a channel shuffle",
      `int64[3] a = {1, 2, -1}, int64[2] b = {1, ${LONG}}`,
      "p = Reshape (x, a) q = Transpose <perm = [0, 2, 1]> (p) y = Reshape (q, b)",
    ],
  ] as const) {
    it(`are not followed place by place: ${what}`, async () => {
      const subject = subjectWith(constants, body);
      const { of } = await inferShapes(subject);
      const analysis = new ChannelAnalysis(subject, of);
      expect(analysis.barriers.map(({ code }) => code)).to.include("no-rule");
      expect(analysis.unitCount).to.equal(0);
    });
  }

  it("get no labels on weights whose elements nobody has", () => {
    const subject = subjectWith("float[4,4] w", "y = MatMul (x, w) z = Mul (few, w)");
    const { dataType } = Tensor.float32("w", [0], []);
    const sizes = new Map([
      ["x", [1, LONG]],
      ["few", [1, 4]],
      ["w", [LONG, 4]],
      ["y", [1, 4]],
      ["z", [LONG, 4]],
    ]);
    const lost = new Tensor({ name: "w", dataType, dims: [LONG, 4], content: { kind: "empty" } });
    subject.graph.setInitializer("w", lost);
    const analysis = new ChannelAnalysis(subject, ({ name }) => sizes.get(name));
    expect(analysis.unitCount).to.equal(0);
    expect(analysis.barriers.map(({ code }) => code)).to.include("no-rule");
  });
});
