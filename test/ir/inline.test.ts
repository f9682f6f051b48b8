import { expect } from "chai";
import { inlineFunctions, type Model, modelDifferences, restoreCalls } from "../../src/ir/index.js";
import { model } from "../support/graph.js";
import { feedsFor, runPlain } from "../support/observe.js";
import { cutToBudget, expectExact, expectSameOutputs, measured } from "../support/oracle.js";
import { userError } from "../support/user-error.js";

const header = (functions: string, nodes: string, constants = "") =>
  model(`<ir_version: 10, opset_import: ["" : 21, "f" : 1]>
    g (float[2, 3, 4, 4] x, bool c) => (float[] z) <float[6, 3, 1, 1] w, float[6] b, float[6, 6, 1, 1] u, float[5, 6, 1, 1] v${constants}> {${nodes}}
    ${functions}`);

const block = `<domain: "f", opset_import: ["" : 21, "f" : 1]>
  Block <slope> (x, w, b) => (y) { h = Conv(x, w, b) y = f.Act <alpha : float = @slope>(h) }
  <domain: "f", opset_import: ["" : 21]>
  Act <alpha: float = 0.25> (x) => (y) { one = Constant <value_float = 1.0> () r = LeakyRelu <alpha : float = @alpha> (x) y = Mul(r, one) }`;

const layers = "h = f.Block <slope = 0.5> (x, w, b) k = f.Block (h, u, b) z = Conv(k, v)";

describe("local functions", () => {
  it("written out compute the same, with attributes of the call and defaults", async () => {
    const original = header(block, layers);
    const { model: plain, calls } = inlineFunctions(original);
    expect(calls.map(({ nodes }) => nodes.map(({ opType }) => opType))).to.deep.equal([
      ["Conv", "Constant", "LeakyRelu", "Mul"],
      ["Conv", "Constant", "LeakyRelu", "Mul"],
    ]);
    expect(calls.map(({ nodes }) => nodes[2]?.float("alpha"))).to.deep.equal([0.5, 0.25]);
    await expectSameRuns(original, plain);
  });

  it("are put back where nothing has changed", () => {
    const original = header(block, layers);
    const { model: plain, calls } = inlineFunctions(original);
    restoreCalls(plain, calls);
    expect(modelDifferences(original, plain)).to.deep.equal([]);
  });

  it("stay calls in a pruned model: what they read is smaller, they are the same", async () => {
    const { model: plain, calls } = inlineFunctions(header(block, layers));
    const whole = await measured(plain);
    const cut = cutToBudget(whole, { kind: "ratio", remove: 0.5 });
    await expectExact(whole, cut);
    const { model: pruned } = cut.sliced;
    const before = await runPlain(pruned, whole.feeds);
    restoreCalls(pruned, calls);
    expect(pruned.graph.nodes.map(({ opType }) => opType)).to.deep.equal(["Block", "Block", "Conv"]);
    expect(pruned.functions.map(({ name }) => name)).to.deep.equal(["Block", "Act"]);
    expectSameOutputs(before, await runPlain(pruned, whole.feeds));
  });

  it("whose nodes had to change stay written out, others are calls", async () => {
    const shapes = `<domain: "f", opset_import: ["" : 21]>
      Flat (x) => (y) { s = Constant <value_ints = [2, 96]> () y = Reshape(x, s) }
      <domain: "f", opset_import: ["" : 21]>
      Act (x) => (y) { y = Sigmoid(x) }`;
    const original = header(
      shapes,
      "h = Conv(x, w, b) k = f.Act(h) t = f.Flat(k) z = MatMul(t, q)",
      ", float[96, 5] q",
    );
    const { model: plain, calls } = inlineFunctions(original);
    const whole = await measured(plain);
    const cut = cutToBudget(whole, { kind: "ratio", remove: 0.5 });
    await expectExact(whole, cut);
    const { model: pruned } = cut.sliced;
    restoreCalls(pruned, calls);
    expect(pruned.graph.nodes.map(({ opType }) => opType)).to.include.members(["Act", "Reshape"]);
    expect(pruned.graph.nodes.map(({ opType }) => opType)).not.to.include("Flat");
    expect(pruned.functions.map(({ name }) => name)).to.deep.equal(["Act"]);
    const [output] = await runPlain(pruned, whole.feeds);
    expect(output?.dims).to.deep.equal([2, 5]);
  });

  it("pass inputs through, leave inputs out, and have bodies that read them", async () => {
    const functions = `<domain: "f", opset_import: ["" : 21]>
      Both (x, c, lo) => (same, y) { same = Identity(x) k = Clip(x, lo)
        y = If (c) <then_branch = a () => (p) { t = Relu(k) p = Neg(t) }, else_branch = e () => (q) { q = Tanh(x) }> }`;
    const original = header(
      functions,
      "h = Conv(x, w, b) s, y = f.Both(h, c) t = Add(s, y) z = Conv(t, v) k = Identity(z)",
    );
    const { model: plain } = inlineFunctions(original);
    expect(plain.graph.nodes.map(({ opType }) => opType)).not.to.include("Both");
    await expectSameRuns(original, plain);
  });

  it("that call themselves are refused, and those that would grow without bound", async () => {
    const loop = `<domain: "f", opset_import: ["f" : 1]> Again (x) => (y) { y = f.Again(x) }`;
    const call = "h = f.Again(x) z = Conv(h, w)";
    await userError("recursive-function", () => inlineFunctions(header(loop, call)));
    const doubling = Array.from({ length: 40 }, (_, i) => {
      const name = i === 0 ? "Again" : `F${i}`;
      const next = i === 39 ? "Relu" : `f.F${i + 1}`;
      return `<domain: "f", opset_import: ["" : 21, "f" : 1]> ${name} (x) => (y) { h = ${next}(x) y = ${next}(h) }`;
    });
    await userError("function-size", () => inlineFunctions(header(doubling.join("\n"), call)));
  });

  it("of another operator set stay calls", () => {
    const old = `<domain: "f", opset_import: ["" : 12]> Old (x) => (y) { y = Relu(x) }`;
    const original = header(old, "h = f.Old(x) z = Conv(h, w)");
    expect(inlineFunctions(original)).to.deep.equal({ model: original, calls: [] });
  });
});

async function expectSameRuns(a: Model, b: Model): Promise<void> {
  const feeds = feedsFor(a, 3);
  expectSameOutputs(await runPlain(a, feeds), await runPlain(b, feeds));
}
