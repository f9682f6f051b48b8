import { expect } from "chai";
import { Random } from "../../src/base/random.js";
import type { PrunePlan } from "../../src/channels/index.js";
import { diffModels, type ModelDiff } from "../../src/diff/index.js";
import { criteria } from "../../src/importance/index.js";
import { cloneModel, type Model, numbersOf, Tensor } from "../../src/ir/index.js";
import { type PrunedModel, pruneModel } from "../../src/rewrite/index.js";
import { inferShapes } from "../../src/runtime/index.js";
import { model } from "../support/graph.js";
import { residualBlock } from "../support/models.js";

async function diff(a: Model, b: Model, plan?: PrunePlan, ignoreNames = false): Promise<ModelDiff> {
  const [before, after] = [await inferShapes(a), await inferShapes(b)];
  return diffModels({ model: a, shapes: before }, { model: b, shapes: after }, { plan, ignoreNames });
}

async function halved(original: Model): Promise<PrunedModel> {
  const criterion = criteria.get("l2");
  if (!criterion) throw new Error("no l2");
  const { of } = await inferShapes(original);
  return pruneModel(original, of, { budget: { kind: "ratio", remove: 0.5 }, criterion, version: "1" });
}

/** The same model with noise of `share` of its own spread on every weight. */
function disturbed(original: Model, share: number): Model {
  const copy = cloneModel(original);
  const random = new Random(7);
  for (const { name, initializer } of copy.graph.initializers) {
    if (!initializer || initializer.dims.length === 0) continue;
    const values = Float32Array.from(numbersOf(initializer), (x) => x + 0.5 * share * random.normal());
    copy.graph.setInitializer(name, Tensor.float32(name, initializer.dims, values));
  }
  return copy;
}

/** Removed positions by constant and axis. */
function removedIn({ channels }: ModelDiff): string[] {
  return channels.map(({ tensor, axis, removed }) => `${tensor} ${axis}: ${removed}`);
}

describe("diffModels", () => {
  it("a model is the same as itself, whatever its nodes are called", async () => {
    const text = (name: string) => `<ir_version: 8, opset_import: ["" : 17]>
g (float[N,3,4,4] x) => (float[N,4,4,4] y) <float[4,3,1,1] ${name}w> { ${name}t = Conv (x, ${name}w) y = Relu (${name}t) }`;
    const result = await diff(model(text("a")), model(text("b")));
    expect(result.same).to.equal(true);
    expect(result.nodes).to.deep.equal({ added: 0, removed: 0, changed: 0, unchanged: 2, renamed: 0 });
    expect(result.edges).to.deep.equal({ added: 0, removed: 0, unchanged: 2 });
    expect(result.macs).to.deep.equal({ before: 192, after: 192, ratio: 1 });
  });

  it("says which attribute, link, constant, opset and input differ", async () => {
    const a = model(`<ir_version: 8, opset_import: ["" : 17]>
g (float[2,3] x) => (float y) <float[3] w> { t = Softmax <axis = 0> (x) u = Mul (t, w) y = Sub (u, t) }`);
    const b = model(`<ir_version: 8, opset_import: ["" : 18]>
g (float[4,3] x) => (float y) <float[3] w> { t = Softmax <axis = 1> (x) u = Mul (t, w) y = Sub (t, u) }`);
    b.graph.setInitializer("w", Tensor.float32("w", [3], [3, 0, 4]));
    a.graph.setInitializer("w", Tensor.float32("w", [3], [3, 4, 0]));
    const result = await diff(a, b);
    expect(result.same).to.equal(false);
    expect(result.header).to.deep.equal([{ name: "opset ai.onnx", before: "17", after: "18" }]);
    expect(result.inputs).to.deep.equal([{ name: "x", before: "x: float[2, 3]", after: "x: float[4, 3]" }]);
    expect(result.changedNodes).to.deep.equal([
      {
        name: "t",
        nameBefore: "t",
        opType: "Softmax",
        attributes: [{ name: "axis", before: "0", after: "1" }],
        inputs: [],
        tensors: [],
      },
      { name: "u", nameBefore: "u", opType: "Mul", attributes: [], inputs: [], tensors: ["w"] },
      {
        name: "y",
        nameBefore: "y",
        opType: "Sub",
        attributes: [],
        inputs: [
          { name: "0", before: "u of Mul", after: "t of Softmax" },
          { name: "1", before: "t of Softmax", after: "u of Mul" },
        ],
        tensors: [],
      },
    ]);
    expect(result.edges).to.deep.equal({ added: 2, removed: 2, unchanged: 2 });
    const side = { name: "w", type: "float", dims: [3], l2: 5 };
    expect(result.tensors).to.deep.equal([
      {
        name: "w",
        status: "changed",
        node: "u",
        before: side,
        after: side,
        values: { largest: 4, cosine: 0.36 },
      },
    ]);
  });

  it("a Constant differs by its elements, not by its tensor's name", async () => {
    const text = (name: string, value: number) => `<ir_version: 8, opset_import: ["" : 17]>
g (float[1] x) => (float[1] y) { c = Constant <value = float[1] ${name} {${value}}> () y = Add (x, c) }`;
    expect((await diff(model(text("p", 1)), model(text("q", 1)))).same).to.equal(true);
    const { changedNodes } = await diff(model(text("p", 1)), model(text("p", 2)));
    expect(changedNodes.map(({ name, tensors }) => [name, tensors])).to.deep.equal([
      ["c", []],
      ["y", ["c"]],
    ]);
  });

  it("an added node is added, its neighbours are linked otherwise", async () => {
    const [a, b] = ["y = Tanh (t)", "u = Relu (t) y = Tanh (u)"].map((rest) =>
      model(
        `<ir_version: 8, opset_import: ["" : 17]> g (float[2] x) => (float[2] y) { t = Exp (x) ${rest} }`,
      ),
    ) as [Model, Model];
    const result = await diff(a, b);
    expect(result.addedNodes).to.deep.equal([{ name: "u", opType: "Relu" }]);
    expect(result.nodes).to.include({ added: 1, removed: 0, changed: 1, unchanged: 1 });
    expect((await diff(b, a)).removedNodes).to.deep.equal([{ name: "u", opType: "Relu" }]);
  });

  it("finds the removed channels by the plan, by value, and by likeness after training", async () => {
    const original = residualBlock();
    const { model: pruned, plan } = await halved(original);
    const planned = await diff(original, pruned, plan);
    const truth = removedIn(planned);
    expect(
      planned.channels.map(({ tensor, axis, before, after }) => [tensor, axis, before, after]),
    ).to.deep.equal([
      ["stem.weight", 0, 8, 4],
      ["stem.bias", 0, 8, 4],
      ["up.weight", 0, 16, 8],
      ["up.weight", 1, 8, 4],
      ["down.weight", 0, 8, 4],
      ["down.weight", 1, 16, 8],
      ["head.weight", 1, 8, 4],
    ]);
    const slice = plan.slices.find(({ tensor, axis }) => tensor === "up.weight" && axis === 0);
    expect(planned.channels[2]).to.include({ by: "plan" }).and.to.deep.include({ removed: slice?.removed });
    for (const ignoreNames of [false, true]) {
      const found = await diff(original, pruned, undefined, ignoreNames);
      expect(removedIn(found)).to.deep.equal(truth);
      expect(found.channels.every(({ by }) => by === "value")).to.equal(true);
      expect(found.tensors.map(({ values }) => values?.largest)).to.deep.equal([0, 0, 0, 0, 0]);
      for (const share of [0.1, 0.3]) {
        const trained = await diff(original, disturbed(pruned, share), undefined, ignoreNames);
        expect(removedIn(trained)).to.deep.equal(truth);
        expect(trained.channels.every(({ by }) => by === "likeness")).to.equal(true);
      }
    }
    expect(planned.macs).to.include({ before: plan.before.macs, after: plan.after.macs });
  });

  it("leaves open which of two like channels stayed", async () => {
    const text = (channels: number) => `<ir_version: 8, opset_import: ["" : 17]>
g (float[1,4,2,2] x) => (float[1,${channels},2,2] y) <float[${channels},4,1,1] w> { y = Conv (x, w) }`;
    const rows = (...channels: number[][]) =>
      Tensor.float32("w", [channels.length, 4, 1, 1], channels.flat());
    const twin = [1, 2, 3, 4];
    const [a, b] = [model(text(4)), model(text(2))];
    b.graph.setInitializer("w", rows([1, 2.01, 3, 4], [4, 0, -1, 0.01]));
    const removed = async (second: number[]) => {
      a.graph.setInitializer("w", rows(twin, second, [4, 0, -1, 0], [0, -3, 0, 1]));
      return (await diff(a, b)).channels.map(({ removed, by }) => ({ removed, by }));
    };
    expect(await removed([1, 2.02, 3, 4])).to.deep.equal([{ removed: null, by: null }]);
    expect(await removed([-1, 2, -3, 4])).to.deep.equal([{ removed: [1, 3], by: "likeness" }]);
  });

  it("finds channels of a table whose rows repeat, as those of relative positions do", async () => {
    const text = (heads: number) => `<ir_version: 8, opset_import: ["" : 17]>
g (float[1,${heads},49,49] x) => (float[1,${heads},49,49] y) <float[1,${heads},49,49] w> { y = Add (x, w) }`;
    const [a, b] = [model(text(6)), model(text(3))];
    const random = new Random(3);
    const offsets = Array.from({ length: 6 }, () => Array.from({ length: 97 }, () => random.normal()));
    const table = (heads: readonly number[], noise: number) =>
      Float32Array.from({ length: heads.length * 49 * 49 }, (_, at) => {
        const [head, i, j] = [Math.floor(at / 2401), Math.floor((at % 2401) / 49), at % 49];
        return (offsets[heads[head] as number]?.[48 + i - j] as number) + noise * random.normal();
      });
    a.graph.setInitializer("w", Tensor.float32("w", [1, 6, 49, 49], table([0, 1, 2, 3, 4, 5], 0)));
    b.graph.setInitializer("w", Tensor.float32("w", [1, 3, 49, 49], table([1, 2, 5], 0.05)));
    expect(removedIn(await diff(a, b))).to.deep.equal(["w 1: 0,3,4"]);
  });

  it("does not invent channels where the weights have nothing in common", async () => {
    const { model: pruned } = await halved(residualBlock(0));
    const { channels } = await diff(residualBlock(1), pruned);
    const weights = channels.filter(({ tensor }) => tensor !== "stem.bias" && tensor !== "head.weight");
    expect(weights.map(({ removed, by }) => [removed, by])).to.deep.equal(weights.map(() => [null, null]));
  });

  it("shows NaN, and constants that one model alone has", async () => {
    const a = model(`<ir_version: 8, opset_import: ["" : 17]>
g (float[2] x) => (float[2] y) <float[2] w> { y = Add (x, w) }`);
    const b = model(`<ir_version: 8, opset_import: ["" : 17]>
g (float[2] x) => (float[2] y) <float[2] w, float[2] v> { t = Mul (x, v) y = Add (t, w) }`);
    b.graph.setInitializer("w", Tensor.float32("w", [2], [Number.NaN, 1]));
    const result = await diff(a, b);
    expect(result.problems).to.deep.equal(["after: w holds NaN (1 elements)"]);
    expect(result.tensors.map(({ name, status }) => `${name} ${status}`)).to.deep.equal([
      "w changed",
      "v added",
    ]);
  });

  it("names that are keys of objects elsewhere are names like others", async () => {
    const [a, b] = ["__proto__", "constructor"].map((name) =>
      model(`<ir_version: 8, opset_import: ["" : 17]>
g (float[2,3] x) => (float[2,2] y) <float[3,2] "${name}"> { ["toString"] "hasOwnProperty" = MatMul (x, "${name}") y = Relu ("hasOwnProperty") }`),
    ) as [Model, Model];
    expect((await diff(a, b)).same).to.equal(true);
  });
});
