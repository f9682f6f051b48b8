import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { type Model, Tensor } from "../../../src/ir/index.js";
import { modelToBytes, writeModel } from "../../../src/onnx/index.js";
import { networks } from "../../motifs/networks.js";
import { document, textOf, topiary } from "../../support/command.js";
import { model } from "../../support/graph.js";
import { residualBlock, residualCost } from "../../support/models.js";
import { shared } from "../../support/shared.js";
import { TemporaryFolder } from "../../support/temporary.js";

describe("topiary inspect", () => {
  const folder = new TemporaryFolder();

  it("says what a model is and what it costs", async () => {
    const path = folder.path("residual.onnx");
    writeModel(residualBlock(), path);
    const { layers, pinned, ...rest } = await document(["inspect", path]);
    expect(rest).to.deep.equal({
      nodes: 9,
      opset: 17,
      irVersion: 8,
      producer: "the tests",
      ...residualCost,
      inputs: [{ name: "image", type: "float", shape: ["N", 3, 8, 8] }],
      outputs: [{ name: "scores", type: "float", shape: ["N", 10] }],
      uncounted: [],
      gaps: [],
      nan: [],
      unreadable: [],
    });
    expect(layers).to.deep.include({
      name: "up",
      opType: "Conv",
      shape: [2, 16, 8, 8],
      macs: 64 * 16 * 72,
      params: 16 * 72,
      bytes: 4 * 16 * 72,
    });
    expect((layers as { name: string }[]).map(({ name }) => name)).to.deep.equal([
      "stem",
      "up",
      "down",
      "head",
    ]);
    expect(pinned).to.deep.equal([{ input: "image", dims: [2, 3, 8, 8] }]);
  });

  it("counts at the sizes that --input-shape gives", async () => {
    const path = folder.path("open.onnx");
    writeModel(
      model(`<ir_version: 8, opset_import: ["" : 17]> f (float[N,3,H,W] x) => (float[N,4,H,W] y)
        <float[4,3,1,1] w> { y = Conv(x, w) }`),
      path,
    );
    const { macs } = await document(["inspect", path, "--input-shape", "x:5,3,10,20"]);
    expect(macs).to.equal(200 * 12);
  });

  it("prints a long model as the blocks that it consists of, or every layer with --all", async () => {
    const path = folder.path("long.onnx");
    writeModel((networks["dense-blocks"] as (style: "kept") => Model)("kept"), path);
    const text = await textOf(["inspect", path]);
    expect(text).to.match(/dense layer: batch normalization, 1×1, 3×3, concatenated +m1 +1×2×16×16/);
    expect(text).to.include("49 layers; --all prints every one");
    const whole = await textOf(["inspect", path, "--all"]);
    expect(whole).not.to.include("dense");
    expect(whole.match(/ Conv /g)).to.have.length(23);
  });

  it("prints a table with a row for each layer", async () => {
    const path = folder.path("table.onnx");
    writeModel(residualBlock(), path);
    const text = await textOf(["inspect", path]);
    expect(text).to.match(/9 nodes, opset 17, IR 8, from the tests/);
    expect(text).to.match(/^input +image +float\[N, 3, 8, 8\]$/m);
    expect(text).to.match(/^up +Conv +2×16×8×8 +73\.7 k +45\.7 % +1\.15 k +4\.61 kB$/m);
    expect(text).to.match(/^in all +161\.4 k +2\.62 k +10\.5 kB$/m);
  });

  it("reads a model from standard input", async () => {
    const { code, out } = await topiary(["inspect", "-", "--json"], modelToBytes(residualBlock()));
    expect(code).to.equal(0);
    expect(JSON.parse(out.toString())).to.include({ nodes: 9, macs: residualCost.macs });
  });

  it("shows NaN", async () => {
    const broken = residualBlock();
    const bias = Float32Array.from({ length: 8 }, (_, i) => (i > 5 ? Number.NaN : i));
    broken.graph.setInitializer("stem.bias", Tensor.float32("stem.bias", [8], bias));
    const path = folder.path("nan.onnx");
    writeModel(broken, path);
    expect((await document(["inspect", path])).nan).to.deep.equal([{ tensor: "stem.bias", count: 2 }]);
    expect(await textOf(["inspect", path])).to.match(/^stem\.bias holds NaN \(2 elements\)$/m);
  });

  it("says why costs are not known", async () => {
    const path = folder.path("custom.onnx");
    writeModel(
      model(`<ir_version: 8, opset_import: ["" : 17, "elsewhere" : 1]> f (float[1,3,8,8] x) => (float[] y)
        <float[4,3,1,1] w> { a = elsewhere.Blur(x) y = Conv(a, w) }`),
      path,
    );
    const found = await document(["inspect", path]);
    expect(found).to.include({ nodes: 2, macs: null, params: 12, bytes: 48 });
    expect(found.uncounted).to.deep.equal(["y"]);
    expect((found.gaps as string[])[0]).to.match(/Blur of the custom domain elsewhere/);
    expect(await textOf(["inspect", path])).to.match(
      /^not counted: y\nsizes are not known everywhere: .*Blur/m,
    );
  });

  it("knows what each of many real models costs", async function () {
    this.timeout(180_000);
    const folder = shared(this, "models/real");
    const names = readdirSync(folder).filter((name) => name.endsWith(".onnx"));
    expect(names.length).to.be.at.least(45);
    for (const name of names) {
      const found = await document(["inspect", join(folder, name)]);
      expect(found, name).to.deep.include({ uncounted: [], nan: [], unreadable: [] });
      expect(found.macs, name).to.be.a("number");
      expect(found.outputs, name).not.to.deep.equal([]);
    }
  });

  describe("on files that onnxruntime cannot load", () => {
    const files = {
      "extdata_missing_mobilenet_v2_fp32.onnx": { nodes: 102, opset: 18, params: 3487818 },
      "extdata_missing_mobilenetv2_cifar10.onnx": { nodes: 100, opset: 18, params: 2219628 },
      "qonnx_TFC_2W2A.onnx": { nodes: 31, opset: 9, params: 59807, macs: null },
      "super_resolution_espcn.onnx": { nodes: 14, opset: null, irVersion: 1, macs: null },
      "superresolution_prepost_op18.onnx": { nodes: 105, opset: 18, macs: null },
    };
    for (const [name, expected] of Object.entries(files)) {
      it(name, async function () {
        const found = await document(["inspect", shared(this, `models/odd/${name}`)]);
        expect(found).to.include(expected);
        expect(found.gaps, "a reason").to.satisfy(
          (gaps: unknown[]) => found.macs !== null || gaps.length > 0,
        );
      });
    }
  });
});
