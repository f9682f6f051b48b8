import { expect } from "chai";
import { costTable } from "../../src/analysis/index.js";
import type { PrunePlan } from "../../src/channels/index.js";
import { criteria } from "../../src/importance/index.js";
import { cloneModel, type Model, numbersOf, Tensor } from "../../src/ir/index.js";
import { type Laboratory, pruneModel, verifyPruned } from "../../src/rewrite/index.js";
import { compareOutputs } from "../../src/runtime/index.js";
import { model } from "../support/graph.js";
import { feedsFor, observe, runPlain } from "../support/observe.js";
import { userError } from "../support/user-error.js";

/** Everything that a plan can say: dense, grouped and depthwise weights, a value that is declared inside the file. */
const original = model(`<ir_version: 8, opset_import: ["" : 17]>
net (float[2,3,6,6] x) => (float[2,5] y)
<float[8,3,3,3] w1, float[8] b1, float[8,1,3,3] depthwise, float[8,4,1,1] grouped, float[5,8] w2, float[2,8,4,4] a>
{
  a = Conv (x, w1, b1)
  d = Conv <group = 8, pads = [1,1,1,1]> (a, depthwise)
  g = Conv <group = 2> (d, grouped)
  s = Sigmoid (g)
  p = GlobalAveragePool (s)
  f = Flatten (p)
  y = Gemm <transB = 1> (f, w2)
}`);

/** A laboratory without child processes. */
const laboratory: Laboratory = {
  compare: compareOutputs,
  refusal: (candidate) =>
    runPlain(candidate, feedsFor(candidate, 1)).then(
      () => undefined,
      (error: Error) => error.message,
    ),
  async measure(candidate) {
    const { dims } = await observe(candidate, feedsFor(candidate, 1));
    return { dims, macs: costTable(candidate.graph, dims).macs };
  },
};

describe("verifying a pruned model", () => {
  let pruned: Model;
  let plan: PrunePlan;

  before(async () => {
    const l2 = criteria.get("l2");
    if (!l2) throw new Error("l2 is gone");
    const { dims } = await observe(original, feedsFor(original, 1));
    ({ model: pruned, plan } = pruneModel(original, dims, {
      budget: { kind: "ratio", remove: 0.5 },
      criterion: l2,
    }));
  });

  it("finds nothing wrong with what prune gives", async () => {
    expect(plan.slices.some(({ within }) => within)).to.equal(true);
    const { difference, ...found } = await verifyPruned(original, pruned, plan, laboratory);
    expect(found).to.deep.equal({
      ok: true,
      valid: true,
      honest: true,
      exact: true,
      recomputed: 0,
      counted: true,
      tolerance: 1e-4,
      problems: [],
    });
    expect(difference).to.be.below(1e-6);
  });

  /** The pruned model with one element of a constant changed. */
  const withElement = (name: string, at: number, value: number): Model => {
    const copy = cloneModel(pruned);
    const tensor = copy.graph.find(name)?.initializer;
    if (!tensor) throw new Error(`${name} is gone`);
    const values = Float32Array.from(numbersOf(tensor), (old, i) => (i === at ? value : old));
    copy.graph.setInitializer(name, Tensor.float32(name, tensor.dims, values));
    return copy;
  };

  for (const name of ["w1", "b1", "depthwise", "grouped", "w2"]) {
    it(`finds one wrong element of ${name}`, async () => {
      const found = await verifyPruned(original, withElement(name, 0, 9), plan, laboratory);
      expect(found).to.include({ ok: false, valid: true, honest: false, exact: false, counted: true });
      expect(found.problems[0]).to.match(
        new RegExp(`^${name}: element 0 is not the original's element \\d+$`),
      );
    });
  }

  it("finds a constant that lost other channels than the plan says", async () => {
    const slices = plan.slices.map((slice) => {
      const other = [...Array(8).keys()].filter((at) => !slice.removed.includes(at));
      return slice.tensor === "w1" ? { ...slice, removed: other } : slice;
    });
    const found = await verifyPruned(original, pruned, { ...plan, slices }, laboratory);
    expect(found).to.include({ ok: false, honest: false, exact: true });
    expect(found.problems).to.have.lengthOf(1);
    expect(found.problems[0]).to.match(/^w1: element 0 is not/);
  });

  it("finds that consumers do not lose what the plan says", async () => {
    const slices = plan.slices.map((slice) => {
      const other = [...Array(8).keys()].filter((at) => !slice.removed.includes(at));
      return slice.tensor === "w2" ? { ...slice, removed: other } : slice;
    });
    const found = await verifyPruned(original, pruned, { ...plan, slices }, laboratory);
    expect(found).to.include({ ok: false, honest: false, exact: false });
    expect(found.problems.at(-1)).to.match(/^output y differs by \S+ of its largest value$/);
  });

  it("finds constants with other dimensions, and such as are missing", async () => {
    const copy = cloneModel(pruned);
    copy.graph.setInitializer("b1", Tensor.float32("b1", [3], [1, 2, 3]));
    const found = await verifyPruned(original, copy, plan, {
      ...laboratory,
      measure: () => laboratory.measure(pruned),
    });
    expect(found).to.include({ ok: false, valid: false, honest: false, exact: null });
    expect(found.problems).to.include("b1: 4 of the original's [8] elements stay, the pruned file has [3]");
    const slices = plan.slices.map((slice) => (slice.tensor === "b1" ? { ...slice, tensor: "b2" } : slice));
    const renamed = await verifyPruned(original, pruned, { ...plan, slices }, laboratory);
    expect(renamed.problems).to.deep.equal(["b2: not a constant of both files"]);
  });

  it("finds positions outside of a constant", async () => {
    const slices = plan.slices.map((slice) => (slice.tensor === "b1" ? { ...slice, removed: [8] } : slice));
    const found = await verifyPruned(original, pruned, { ...plan, slices }, laboratory);
    expect(found.problems).to.deep.equal(["b1: the plan cuts outside its dimensions [8]"]);
  });

  it("finds a declared shape that is not true any more", async () => {
    const copy = cloneModel(pruned);
    const value = copy.graph.find("a");
    if (!value) throw new Error("a is gone");
    value.info = original.graph.find("a")?.info;
    const found = await verifyPruned(original, copy, plan, laboratory);
    expect(found).to.include({ ok: false, valid: false });
    expect(found.problems[0]).to.equal("a is declared with another shape than the [2,4,4,4] that it has");
  });

  it("finds miscounted products", async () => {
    const after = { ...plan.after, macs: plan.after.macs * 1.02 };
    const found = await verifyPruned(original, pruned, { ...plan, after }, laboratory);
    expect(found).to.include({ ok: false, valid: true, honest: true, exact: true, counted: false });
    expect(found.problems).to.deep.equal([
      `MACs after: the plan says ${after.macs}, the file has ${plan.after.macs}`,
    ]);
    const uncountable: Laboratory = {
      ...laboratory,
      measure: async (candidate) => ({ ...(await laboratory.measure(candidate)), macs: undefined }),
    };
    expect(await verifyPruned(original, pruned, plan, uncountable)).to.include({ ok: true, counted: null });
  });

  it("takes no plan that removes nothing for a proof", async () => {
    const empty = { ...plan, slices: [], after: plan.before };
    const found = await verifyPruned(original, original, empty, laboratory);
    expect(found).to.include({ ok: false, valid: true, honest: true, exact: false });
    expect(found.problems).to.deep.equal(["the plan removes nothing that any node reads"]);
  });

  it("refuses a plan for another model", async () => {
    const slices = plan.slices.map((slice) => (slice.tensor === "w2" ? { ...slice, tensor: "w3" } : slice));
    const message = await userError("plan-mismatch", () =>
      verifyPruned(original, pruned, { ...plan, slices }, laboratory),
    );
    expect(message).to.match(/^the plan cuts w3, which is not a constant of the model/);
  });
});
