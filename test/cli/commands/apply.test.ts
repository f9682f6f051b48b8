import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { writeModel } from "../../../src/onnx/index.js";
import { document, textOf, topiary } from "../../support/command.js";
import { model } from "../../support/graph.js";
import { residualBlock, residualCost } from "../../support/models.js";
import { TemporaryFolder } from "../../support/temporary.js";

describe("topiary apply", () => {
  const folder = new TemporaryFolder();
  const path = (name: string) => folder.path(name);

  before(async () => {
    writeModel(residualBlock(0), path("first.onnx"));
    writeModel(residualBlock(1), path("second.onnx"));
    await document([
      "prune",
      path("first.onnx"),
      "--macs",
      "0.5",
      "-o",
      path("half.onnx"),
      "--plan",
      path("half.json"),
    ]);
  });

  it("gives the bytes that prune gave", async () => {
    const found = await document([
      "apply",
      path("first.onnx"),
      "--plan",
      path("half.json"),
      "-o",
      path("again.onnx"),
    ]);
    expect(readFileSync(path("again.onnx"))).to.deep.equal(readFileSync(path("half.onnx")));
    expect(found).to.have.nested.property("macs.before", residualCost.macs);
    const { before, after } = JSON.parse(readFileSync(path("half.json"), "utf8"));
    for (const cost of ["macs", "params", "bytes"]) {
      const ratio = after[cost] / before[cost];
      expect(found[cost]).to.deep.equal({ before: before[cost], after: after[cost], ratio });
    }
  });

  it("cuts the same channels out of another checkpoint", async () => {
    const text = await textOf([
      "apply",
      path("second.onnx"),
      "--plan",
      path("half.json"),
      "-o",
      path("other.onnx"),
    ]);
    expect(text).to.match(/^MACs +161\.4 k +\S+ k +\S+ %$/m);
    await document(["verify", path("second.onnx"), path("other.onnx"), "--plan", path("half.json")]);
  });

  it("takes the plan from standard input", async () => {
    const plan = readFileSync(path("half.json"));
    const { code, err } = await topiary(
      ["apply", path("first.onnx"), "--plan", "-", "-o", path("piped.onnx")],
      plan,
    );
    expect(code, err).to.equal(0);
    expect(readFileSync(path("piped.onnx"))).to.deep.equal(readFileSync(path("half.onnx")));
  });

  it("refuses another graph by name, axis and size, and writes nothing", async () => {
    const narrow = model(`<ir_version: 8, opset_import: ["" : 17]> f (float[1,3,8,8] x) => (float[1,2,8,8] y)
      <float[2,3,3,3] "stem.weight", float[2] "stem.bias"> { y = Conv(x, "stem.weight", "stem.bias") }`);
    writeModel(narrow, path("narrow.onnx"));
    const before = readdirSync(folder.path());
    const { code, out, err } = await topiary([
      ...["apply", path("narrow.onnx"), "--plan", path("half.json"), "-o", path("wrong.onnx")],
    ]);
    expect([code, out.toString()]).to.deep.equal([2, ""]);
    expect(err).to.match(
      /^topiary: the plan does not fit this model: stem\.weight axis 0: [^\n]* has 2; [^\n]*\n$/,
    );
    expect(readdirSync(folder.path())).to.deep.equal(before);
  });
});
