import { spawnSync } from "node:child_process";
import { expect } from "chai";
import { readModel, writeModel } from "../../../src/onnx/index.js";
import { document } from "../../support/command.js";
import { model } from "../../support/graph.js";
import { python, shared } from "../../support/shared.js";
import { TemporaryFolder } from "../../support/temporary.js";

/** Two blocks that a function stands for, one of them with a size that follows the cut. */
const text = `<ir_version: 10, opset_import: ["" : 21, "f" : 1]>
  g (float[2, 3, 4, 4] x) => (float[2, 5] z)
  <float[6, 3, 1, 1] w, float[6] b, float[6, 6, 1, 1] u, float[6] c, float[96, 5] v>
  { h = f.Block <slope = 0.5> (x, w, b) k = f.Block (h, u, c) t = f.Flat(k) z = MatMul(t, v) }
  <domain: "f", opset_import: ["" : 21]>
  Block <slope : float = 0.1> (x, w, b) => (y) { h = Conv(x, w, b) y = LeakyRelu <alpha : float = @slope>(h) }
  <domain: "f", opset_import: ["" : 21]>
  Flat (x) => (y) { s = Constant <value_ints = [2, 96]> () y = Reshape(x, s) }`;

describe("models with local functions", () => {
  const folder = new TemporaryFolder();
  const path = (name: string) => folder.path(name);
  const [original, pruned, plan] = ["original.onnx", "pruned.onnx", "plan.json"];

  before(async () => {
    writeModel(model(text), path(original));
    await document(["prune", path(original), "--macs", "0.5", "-o", path(pruned), "--plan", path(plan)]);
  });

  it("are pruned; functions whose nodes stay as they were stay functions", () => {
    const { graph, functions } = readModel(path(pruned));
    expect(graph.nodes.map(({ opType }) => opType)).to.deep.equal([
      "Block",
      "Block",
      "Constant",
      "Reshape",
      "MatMul",
    ]);
    expect(functions.map(({ name }) => name)).to.deep.equal(["Block"]);
  });

  it("verify, and apply gives the same again", async () => {
    const verified = await document(["verify", path(original), path(pruned), "--plan", path(plan)]);
    expect(verified).to.include({ ok: true, exact: true, honest: true, counted: true });
    const applied = await document(["apply", path(original), "--plan", path(plan), "-o", path("again.onnx")]);
    expect(applied).to.have.nested.property("macs.ratio").that.is.below(0.501);
    expect(readModel(path("again.onnx")).graph.nodes).to.have.length(5);
  });

  it("are exact for an independent judge", function () {
    const judge = shared(this, "tools/verify_pruned.py");
    const args = [judge, path(original), path(pruned), path(plan), "--json"];
    const { stdout } = spawnSync(python(this), args, { encoding: "utf8" });
    // It does not look for multiplications inside functions, so that its count is another one.
    expect(JSON.parse(stdout)).to.include({ valid: true, honest: true, exact: true });
  });

  it("show the channels inside", async () => {
    const { groups } = await document(["groups", path(original)]);
    expect(groups).to.have.length(2);
    const { macs } = await document(["inspect", path(original)]);
    expect(macs).to.equal((3 * 6 + 6 * 6) * 16 + 96 * 5);
  });
});
