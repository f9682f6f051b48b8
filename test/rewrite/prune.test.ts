import { expect } from "chai";
import { InvariantError } from "../../src/base/errors.js";
import { type PlanSlice, parsePlan } from "../../src/channels/index.js";
import { type Criterion, criteria } from "../../src/importance/index.js";
import { type Model, numbersOf, Tensor } from "../../src/ir/index.js";
import { modelToBytes } from "../../src/onnx/index.js";
import { applyPlan, type PruneOptions, pruneModel, silencedModel } from "../../src/rewrite/index.js";
import { net } from "../channels/patterns/pattern.js";
import { model } from "../support/graph.js";
import { runPlain } from "../support/observe.js";
import { expectSameOutputs, measured } from "../support/oracle.js";
import { userError } from "../support/user-error.js";

const residual = net({
  constants: `float[8, 3, 3, 3] w0, float[8] b0, float[8] s, float[8] t, float[8] m, float[8] var = {1, 2, 3, 4, 1, 2, 3, 4},
    float[16, 8, 3, 3] w1, float[8, 16, 3, 3] w2, float[5, 8, 1, 1] w3`,
  nodes: `[stem] h = Conv <pads = [1, 1, 1, 1]> (x, w0, b0) n = BatchNormalization(h, s, t, m, var)
    [up] a = Conv <pads = [1, 1, 1, 1]> (n, w1) r = Relu(a) b = Conv <pads = [1, 1, 1, 1]> (r, w2)
    y = Add(n, b) z = Conv(y, w3)`,
});

function criterion(name: string): Criterion {
  const found = criteria.get(name);
  if (!found) throw new Error(`no criterion ${name}`);
  return found;
}

async function pruned(text: string, options: Partial<PruneOptions>) {
  const whole = await measured(model(text));
  const all = { budget: { kind: "ratio", remove: 0.5 }, criterion: criterion("l2"), ...options } as const;
  return { ...whole, result: pruneModel(whole.model, whole.dims, all) };
}

const dimsOf = ({ graph }: Model, name: string) => graph.find(name)?.initializer?.dims;
const gone = (slices: readonly PlanSlice[], tensor: string, axis: number) =>
  slices.find((slice) => slice.tensor === tensor && slice.axis === axis)?.removed;

describe("pruning a model", () => {
  it("halves every group and leaves the original as it was", async () => {
    const text = residual;
    const before = modelToBytes(model(text));
    const { result, model: original } = await pruned(text, {});
    expect(dimsOf(result.model, "w0")).to.deep.equal([4, 3, 3, 3]);
    expect(dimsOf(result.model, "var")).to.deep.equal([4]);
    expect(dimsOf(result.model, "w1")).to.deep.equal([8, 4, 3, 3]);
    expect(dimsOf(result.model, "w2")).to.deep.equal([4, 8, 3, 3]);
    expect(result.groups).to.have.lengthOf(2);
    expect(Buffer.compare(modelToBytes(original), before)).to.equal(0);
  });

  it("keeps the channels that matter most to the criterion", async () => {
    // Channel c of w0 has the norm c + 1 everywhere; w1 and w2 read and write all channels alike.
    const { model: original, dims } = await measured(model(residual));
    const values = (elements: number, size: (i: number) => number) =>
      Float32Array.from({ length: elements }, (_, i) => size(i));
    original.graph.setInitializer(
      "w0",
      Tensor.float32(
        "w0",
        [8, 3, 3, 3],
        values(216, (i) => 1 + ((5 * Math.floor(i / 27)) % 8)),
      ),
    );
    original.graph.setInitializer(
      "w1",
      Tensor.float32(
        "w1",
        [16, 8, 3, 3],
        values(1152, () => 1),
      ),
    );
    original.graph.setInitializer(
      "w2",
      Tensor.float32(
        "w2",
        [8, 16, 3, 3],
        values(1152, () => 1),
      ),
    );
    original.graph.setInitializer(
      "w3",
      Tensor.float32(
        "w3",
        [5, 8, 1, 1],
        values(40, () => 1),
      ),
    );
    for (const name of ["l1", "l2"]) {
      const { plan } = pruneModel(original, dims, {
        budget: { kind: "ratio", remove: 0.5 },
        criterion: criterion(name),
      });
      // Norms by channel: 1 6 3 8 5 2 7 4.
      expect(gone(plan.slices, "w0", 0), name).to.deep.equal([0, 2, 5, 7]);
      expect(gone(plan.slices, "w2", 0), name).to.deep.equal([0, 2, 5, 7]);
    }
  });

  it("draws other channels for other seeds and the same for the same", async () => {
    const planFor = async (seed: number) =>
      (await pruned(residual, { criterion: criterion("random"), seed })).result.plan;
    expect(await planFor(1)).to.deep.equal(await planFor(1));
    expect((await planFor(1)).slices).not.to.deep.equal((await planFor(2)).slices);
  });

  it("keeps what the user wants to keep: a node, a tensor", async () => {
    const byNode = await pruned(residual, { isFrozen: (name) => name === "up" });
    expect(dimsOf(byNode.result.model, "w1")).to.deep.equal([16, 4, 3, 3]);
    const byTensor = await pruned(residual, { isFrozen: (name) => name === "w0" });
    expect(dimsOf(byTensor.result.model, "w0")).to.deep.equal([8, 3, 3, 3]);
    expect(dimsOf(byTensor.result.model, "w1")).to.deep.equal([8, 8, 3, 3]);
    const codes = byTensor.result.analysis.barriers.map(({ code }) => code);
    expect(codes).to.include("frozen-by-user");
  });

  it("keeps as many channels in every layer as asked", async () => {
    const { result } = await pruned(residual, { budget: { kind: "ratio", remove: 0.99 }, minChannels: 3 });
    expect(dimsOf(result.model, "w1")).to.deep.equal([3, 3, 3, 3]);
  });

  it("says what is in the way of a budget, or goes as far as it can", async () => {
    const budget = { kind: "macs", keep: 0.001 } as const;
    const message = await userError("unreachable", () => pruned(residual, { budget }));
    expect(message).to.match(
      /--macs 0\.001: exact pruning reaches \d\.\d % at least, not 0\.1 %; in the way: graph-output/,
    );
    const { result } = await pruned(residual, { budget, bestEffort: true });
    expect(result.selection.met).to.equal(false);
    expect(result.after.macs / result.before.macs).to.be.closeTo(1 - result.removable, 1e-12);
    expect(dimsOf(result.model, "w1")).to.deep.equal([1, 1, 3, 3]);
  });

  it("names the tensor that holds NaN", async () => {
    const { model: original, dims } = await measured(model(residual));
    const values = new Float32Array(8).fill(1);
    values[5] = Number.NaN;
    original.graph.setInitializer("t", Tensor.float32("t", [8], values));
    const message = await userError("nan-weights", () =>
      pruneModel(original, dims, { budget: { kind: "ratio", remove: 0.5 }, criterion: criterion("l2") }),
    );
    expect(message).to.include("tensor t holds NaN (first at element 5 of 8)");
  });

  for (const name of ["l1", "l2", "lamp", "fpgm", "random"]) {
    it(`names it where it is a weight that ${name} looks at`, async () => {
      const { model: original, dims } = await measured(model(residual));
      const tensor = original.graph.find("w1")?.initializer;
      const values = tensor ? Float32Array.from(numbersOf(tensor)) : new Float32Array(0);
      values[7] = Number.NaN;
      original.graph.setInitializer("w1", Tensor.float32("w1", tensor?.dims ?? [], values));
      const message = await userError("nan-weights", () =>
        pruneModel(original, dims, { budget: { kind: "ratio", remove: 0.5 }, criterion: criterion(name) }),
      );
      expect(message).to.include("tensor w1 holds NaN (first at element 7 of");
    });
  }

  it("refuses a share that is none", async () => {
    await userError("budget", () => pruned(residual, { budget: { kind: "ratio", remove: 1 } }));
  });

  it("writes a plan that the schema knows and its hash into the model", async () => {
    const { result } = await pruned(residual, {
      version: "1.2.3",
      source: { name: "r.onnx", sha256: "0".repeat(64) },
    });
    expect(await parsePlan(JSON.stringify(result.plan), "plan")).to.deep.equal(result.plan);
    expect(result.plan.model).to.deep.equal({ name: "r.onnx", sha256: "0".repeat(64) });
    expect(result.plan.groups.map(({ size, ratio }) => [size, ratio])).to.deep.equal([
      [8, 0.5],
      [16, 0.5],
    ]);
    expect(result.model.metadata.get("topiary")).to.include('"version":"1.2.3"');
  });

  it("replaces the sizes that the file states and keeps names, metadata and open sizes", async () => {
    const text = `<ir_version: 10, opset_import: ["" : 21], producer_name: "somebody", metadata_props: ["k": "v"]>
      named (float[N, 3, 4, 4] x) => (float[N, 5, 4, 4] z)
      <float[N, 8, 4, 4] h, float[8, 3, 1, 1] w, float[5, 8, 1, 1] v>
      { [first] h = Conv(x, w) z = Conv(h, v) }`;
    const { result } = await pruned(text, {});
    const { graph } = result.model;
    const sizes = (name: string) => {
      const type = graph.find(name)?.info?.type;
      return type?.kind === "tensor" ? type.shape?.map(({ size }) => size) : undefined;
    };
    expect(sizes("h")).to.deep.equal(["N", 4, 4, 4]);
    expect(sizes("z")).to.deep.equal(["N", 5, 4, 4]);
    expect(sizes("x")).to.deep.equal(["N", 3, 4, 4]);
    expect([graph.name, result.model.producerName, graph.nodes[0]?.name]).to.deep.equal([
      "named",
      "somebody",
      "first",
    ]);
    expect(result.model.metadata.get("k")).to.equal("v");
  });
});

describe("replaying a plan", () => {
  it("cuts another checkpoint in the same places", async () => {
    const { result, feeds, dims } = await pruned(residual, {});
    const other = model(residual, { seed: 9 });
    const sliced = applyPlan(other, dims, result.plan);
    expect(sliced.slices).to.deep.equal(result.plan.slices);
    expectSameOutputs(
      await runPlain(silencedModel(other, result.plan), feeds),
      await runPlain(sliced.model, feeds),
    );
  });

  it("refuses a graph without the plan's tensors, or with other sizes", async () => {
    const { result } = await pruned(residual, {});
    const renamed = await measured(model(residual.replaceAll("w1", "weight")));
    expect(
      await userError("plan-mismatch", () => applyPlan(renamed.model, renamed.dims, result.plan)),
    ).to.include("it has no tensor w1");
    const narrower = await measured(
      model(residual.replace("float[16, 8, 3, 3] w1, float[8, 16", "float[4, 8, 3, 3] w1, float[8, 4")),
    );
    expect(
      await userError("plan-mismatch", () => applyPlan(narrower.model, narrower.dims, result.plan)),
    ).to.match(/w1 axis 0: the plan removes position \d+, the axis has 4/);
  });

  it("refuses a graph that couples the same tensors in another way", async () => {
    const { result } = await pruned(residual, {});
    const uncoupled = residual
      .replace("w3", "w3, float[5, 8, 1, 1] w4")
      .replace("y = Add(n, b)", "y = Relu(n) q = Conv(b, w4)")
      .replace("=> (float[] z)", "=> (float[] z, float[] q)");
    const other = await measured(model(uncoupled));
    const message = await userError("plan-mismatch", () => applyPlan(other.model, other.dims, result.plan));
    expect(message).to.include("would cut other tensors");
    const exposed = await measured(model(residual.replace("=> (float[] z)", "=> (float[] z, float[] y)")));
    expect(
      await userError("plan-mismatch", () => applyPlan(exposed.model, exposed.dims, result.plan)),
    ).to.include("cannot be removed here");
  });

  it("refuses positions of one tensor only", async () => {
    const { result, model: original, dims } = await pruned(residual, {});
    const slices = result.plan.slices.filter(({ tensor }) => tensor === "w0");
    await userError("plan-mismatch", () => applyPlan(original, dims, { ...result.plan, slices }));
  });

  it("cannot slice by the analysis of another model", async () => {
    const [one, two] = [await pruned(residual, {}), await pruned(residual, {})];
    const { sliceModel } = await import("../../src/rewrite/index.js");
    const { analysis, selection } = one.result;
    expect(() => sliceModel(two.model, analysis, selection.removed)).to.throw(InvariantError);
  });
});
