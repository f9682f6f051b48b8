import { expect } from "chai";
import fc from "fast-check";
import { type Model, numbersOf } from "../../src/ir/index.js";
import { type SparsityPattern, sparsifyModel } from "../../src/rewrite/index.js";
import { model } from "../support/graph.js";
import { residualBlock } from "../support/models.js";
import { userError } from "../support/user-error.js";

const weightsOf = ({ graph }: Model, name: string) =>
  Array.from(numbersOf(graph.find(name)?.initializer ?? expect.fail(`no ${name}`)));
const zerosOf = (values: readonly number[]) => values.filter((value) => value === 0).length;
const layerNames = ["stem.weight", "up.weight", "down.weight", "head.weight"];

/** Every weight is what it was or zero, and none that stays is smaller than one that goes among `together`. */
function expectSmallestGone(before: readonly number[], after: readonly number[]): void {
  const gone = before.filter((_, i) => after[i] === 0).map(Math.abs);
  const kept = before.filter((value, i) => after[i] !== 0 && value === after[i]).map(Math.abs);
  expect(gone.length + kept.length).to.equal(before.length);
  expect(Math.max(0, ...gone)).to.be.at.most(Math.min(Number.POSITIVE_INFINITY, ...kept));
}

describe("unstructured pruning", () => {
  const original = residualBlock();

  it("takes the same share of the smallest weights of every layer, and no bias", () => {
    const {
      model: sparse,
      layers,
      sparsity,
    } = sparsifyModel(original, {
      kind: "share",
      share: 0.75,
      scope: "layer",
    });
    expect(layers.map(({ name }) => name)).to.deep.equal(["stem", "up", "down", "head"]);
    for (const { tensor, weights, zeros, sparsity: own } of layers) {
      expect(zeros).to.equal(0.75 * weights);
      expect(own).to.equal(0.75);
      expectSmallestGone(weightsOf(original, tensor), weightsOf(sparse, tensor));
    }
    expect(sparsity).to.equal(0.75);
    expect(weightsOf(sparse, "stem.bias")).to.deep.equal(weightsOf(original, "stem.bias"));
    expect(zerosOf(weightsOf(original, "up.weight"))).to.equal(0);
  });

  it("ranks the weights of all layers together on request", () => {
    const found = sparsifyModel(original, { kind: "share", share: 0.5, scope: "global" });
    const all = (source: Model) => layerNames.flatMap((name) => weightsOf(source, name));
    expectSmallestGone(all(original), all(found.model));
    expect(found.zeros).to.equal(Math.round(found.weights / 2));
    expect(new Set(found.layers.map(({ sparsity }) => sparsity)).size).to.be.above(1);
  });

  it("takes exactly the count where weights are equal", () => {
    const equal = model(`<ir_version: 8, opset_import: ["" : 17]> f (float[1,4] x) => (float[1,2] y)
      <float[4,2] w = {1, 1, 1, 1, 1, 1, 1, 2}> { y = MatMul(x, w) }`);
    const { model: sparse } = sparsifyModel(equal, { kind: "share", share: 0.5, scope: "layer" });
    expect(weightsOf(sparse, "w")).to.deep.equal([0, 0, 0, 0, 1, 1, 1, 2]);
  });

  it("keeps the two largest of four along the summed axis, whatever the layout", () => {
    const text = (op: string, dims: string, data: string) =>
      model(`<ir_version: 8, opset_import: ["" : 17]> f (float[1,4] x) => (float[1,2] y)
        <float[${dims}] w = {${data}}> { y = ${op} }`);
    const pattern: SparsityPattern = { kind: "n:m", keep: 2, of: 4 };
    const rows = sparsifyModel(text("Gemm <transB = 1> (x, w)", "2,4", "1,-4,3,2, 5,6,-7,8"), pattern);
    expect(weightsOf(rows.model, "w")).to.deep.equal([0, -4, 3, 0, 0, 0, -7, 8]);
    for (const op of ["MatMul(x, w)", "Gemm(x, w)"]) {
      const columns = sparsifyModel(text(op, "4,2", "1,5, -4,6, 3,-7, 2,8"), pattern);
      expect(weightsOf(columns.model, "w")).to.deep.equal([0, 0, -4, 0, 3, -7, 0, 8]);
    }
  });

  it("counts along the input channels of a convolution, and leaves layers that do not fit", () => {
    const { model: sparse, layers, skipped } = sparsifyModel(original, { kind: "n:m", keep: 1, of: 4 });
    expect(layers.map(({ name, sparsity }) => [name, sparsity])).to.deep.equal([
      ["up", 0.75],
      ["down", 0.75],
      ["head", 0.75],
    ]);
    expect(skipped).to.deep.equal([{ name: "stem", reason: "it sums over 3 channels, no multiple of 4" }]);
    const [before, after] = [weightsOf(original, "up.weight"), weightsOf(sparse, "up.weight")];
    // Filter 5, channels 4 to 7 at kernel position 2.
    const places = [0, 1, 2, 3].map((i) => (5 * 8 + 4 + i) * 9 + 2);
    expectSmallestGone(
      places.map((at) => before[at] ?? 0),
      places.map((at) => after[at] ?? 0),
    );
    expect(zerosOf(places.map((at) => after[at] ?? 0))).to.equal(3);
  });

  it("works on linear layers alone, and keeps what is frozen", () => {
    const half: SparsityPattern = { kind: "share", share: 0.5, scope: "layer" };
    const linear = sparsifyModel(original, half, { kinds: ["linear"] });
    expect(linear.layers.map(({ name }) => name)).to.deep.equal(["head"]);
    expect(weightsOf(linear.model, "up.weight")).to.deep.equal(weightsOf(original, "up.weight"));
    const frozen = sparsifyModel(original, half, { isFrozen: (name) => name === "up" });
    expect(frozen.layers.map(({ name }) => name)).to.deep.equal(["stem", "down", "head"]);
    expect(frozen.skipped).to.deep.equal([{ name: "up", reason: "--freeze names it" }]);
  });

  it("reaches any share within half a weight", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.constantFrom("layer", "global"),
        (share, scope) => {
          const { layers, zeros, weights } = sparsifyModel(original, { kind: "share", share, scope });
          expect(zeros).to.be.closeTo(share * weights, 0.5 * (scope === "layer" ? layers.length : 1));
        },
      ),
      { numRuns: 20, seed: 1 },
    );
  });

  it("refuses NaN", async () => {
    const broken = model(`<ir_version: 8, opset_import: ["" : 17]> f (float[1,2] x) => (float[1,1] y)
      <float[2,1] w = {1, nan}> { y = MatMul(x, w) }`);
    await userError("nan-weights", () =>
      sparsifyModel(broken, { kind: "share", share: 0.5, scope: "layer" }),
    );
  });
});
