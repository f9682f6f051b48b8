import { expect } from "chai";
import fc from "fast-check";
import { specifiedShapes } from "../../src/analysis/index.js";
import type { Model } from "../../src/ir/index.js";
import { allOps, constantTensor } from "../../src/ops/index.js";
import { inputPorts } from "../../src/runtime/index.js";
import { Inference } from "../../src/runtime/inference.js";
import { opFixtures } from "../ops/fixtures/index.js";
import { model } from "../support/graph.js";
import { networkModel, networkPlans, networkText } from "../support/network/index.js";
import { feedsFor, observe } from "../support/observe.js";

const sizesOf = (source: Model) =>
  new Map(
    inputPorts(source.graph).map(({ name, dims }) => [
      name,
      dims.map((size) => (typeof size === "number" ? size : 2)),
    ]),
  );

/** Whether the rules say the shapes of all values: what a run shows, with the types that onnxruntime infers. */
async function saysWhatARunShows(source: Model): Promise<boolean> {
  const feeds = feedsFor(source, 1);
  const pinned = new Map(Array.from(feeds, ([name, { dims }]) => [name, dims]));
  const table = specifiedShapes(source, pinned);
  if (!table) return false;
  const { dims } = await observe(source, feeds);
  const inference = new Inference(source, pinned);
  await inference.infer({ leaveOutMisfits: false });
  const inferred = inference.table();
  for (const value of source.graph.nodes.flatMap((node) => node.outputs)) {
    if (!value || constantTensor(value)) continue;
    expect(table.of(value), value.name).to.deep.equal(dims(value));
    expect(table.typeOf(value), value.name).to.equal(inferred.typeOf(value));
  }
  return true;
}

/** The dimensions of y; undefined where the rules do not say them. */
function dimsOfY(nodes: string, constants = "", x = "float[2, 6, 8, 8]"): readonly number[] | undefined {
  const source = model(
    `<ir_version: 8, opset_import: ["" : 17]> g (${x} x) => (float y) <${constants}> { ${nodes} }`,
  );
  return specifiedShapes(source, sizesOf(source))?.of(source.graph.value("y"));
}

describe("shapes by the rules of the op table", () => {
  it("are what a run shows, for every operator that has a rule", async () => {
    const told = new Set<string>();
    for (const { op, text } of opFixtures) if (await saysWhatARunShows(model(text))) told.add(op);
    const silent = allOps.filter(({ type, domain, shapes }) => shapes && !domain && !told.has(type));
    expect(silent.map(({ type }) => type)).to.deep.equal([]);
  });

  it("are what a run shows, on random networks", async () => {
    let told = 0;
    const cases = fc.asyncProperty(networkPlans(8), fc.nat(), async (plan, seed) => {
      if (await saysWhatARunShows(networkModel(networkText(plan), seed))) told++;
    });
    await fc.assert(cases, { numRuns: 80, seed: 5 });
    expect(told).to.be.above(20);
  });

  it("follow windows: strides, dilations, pads, automatic pads, the last window of ceil_mode", () => {
    const pooled = (attributes: string) => dimsOfY(`y = MaxPool <kernel_shape = [3, 3], ${attributes}> (x)`);
    expect(pooled("strides = [2, 1]")).to.deep.equal([2, 6, 3, 6]);
    expect(pooled("dilations = [2, 1], pads = [1, 0, 2, 0]")).to.deep.equal([2, 6, 7, 6]);
    expect(pooled(`auto_pad = "SAME_UPPER", strides = [3, 2]`)).to.deep.equal([2, 6, 3, 4]);
    expect(pooled(`auto_pad = "VALID", pads = [1, 1, 1, 1]`)).to.deep.equal([2, 6, 6, 6]);
    expect(pooled("ceil_mode = 1, strides = [2, 2]")).to.deep.equal([2, 6, 4, 4]);
    // The last window would lie in the padding: not every version of every runtime counts it.
    expect(pooled("ceil_mode = 1, strides = [3, 3], pads = [1, 1, 2, 2]")).to.equal(undefined);
    expect(
      dimsOfY(
        "y = ConvTranspose <strides = [2, 2], output_padding = [1, 0], pads = [1, 1, 1, 1], group = 2> (x, w)",
        "float[6, 4, 3, 3] w",
      ),
    ).to.deep.equal([2, 8, 16, 15]);
  });

  it("say nothing where inputs do not fit, sizes are out of range, or a rule is missing", () => {
    const weights = "float[6, 5, 1, 1] w, float[3] b, float[7, 4] m, int64[1] k";
    for (const nodes of [
      "y = Conv(x, w)",
      "y = MaxPool <kernel_shape = [9, 9]> (x)",
      "y = MaxPool <kernel_shape = [3]> (x)",
      "y = Add(x, b)",
      "y = MatMul(x, m)",
      "y = Add(x, k)",
      "y = Concat <axis = 9> (x, x)",
      "y = Concat <axis = 1> (x, b)",
      "y = Transpose <perm = [0, 1, 1, 2]> (x)",
      "y = Gather <axis = 4> (x, k)",
      "y = ReduceMean <axes = [4]> (x)",
      "s = Constant <value_ints = [5, -1]> () y = Reshape(x, s)",
      "s = Constant <value_ints = [3]> () y = Unsqueeze(x, s) z = Squeeze(y, s) u = Squeeze(z, s)",
      "y = NonZero(x)",
      "s = NonZero(x) y = Relu(x)",
    ]) {
      expect(dimsOfY(nodes, weights), nodes).to.equal(undefined);
    }
  });

  it("do not follow a model's own functions, nor opsets that nobody knows", () => {
    const text = (opset: number) =>
      `<ir_version: 8, opset_import: ["" : ${opset}]> g (float[2, 3] x) => (float y) { y = Relu(x) }`;
    const table = (opset: number) => specifiedShapes(model(text(opset)), new Map([["x", [2, 3]]]));
    expect(table(17)).not.to.equal(undefined);
    expect(table(99)).to.equal(undefined);
  });
});
