import { expect } from "chai";
import { numbersOf, Tensor } from "../../../src/ir/index.js";
import { readModel, writeModel } from "../../../src/onnx/index.js";
import { document, textOf } from "../../support/command.js";
import { residualBlock } from "../../support/models.js";
import { TemporaryFolder } from "../../support/temporary.js";

describe("topiary verify", () => {
  const folder = new TemporaryFolder();
  const path = (name: string) => folder.path(name);
  const verify = (pruned: string, plan = "plan.json") => [
    ...["verify", path("residual.onnx"), path(pruned), "--plan", path(plan)],
  ];

  before(async () => {
    writeModel(residualBlock(), path("residual.onnx"));
    await document([
      "prune",
      path("residual.onnx"),
      "--macs",
      "0.5",
      "-o",
      path("half.onnx"),
      "--plan",
      path("plan.json"),
    ]);
  });

  it("answers four questions with yes", async () => {
    const { difference, ...found } = await document(verify("half.onnx"));
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
    expect(difference).to.be.within(0, 1e-5);
    expect(await textOf(verify("half.onnx"))).to.match(
      /^ok\nvalid +yes .*\nhonest +yes .*\nexact +yes .*\ncounted +yes /,
    );
  });

  it("finds a changed weight", async () => {
    const changed = readModel(path("half.onnx"));
    const weight = changed.graph.find("up.weight")?.initializer;
    if (!weight) throw new Error("up.weight is gone");
    const values = Float32Array.from(numbersOf(weight), (value, i) => (i === 5 ? value + 0.5 : value));
    changed.graph.setInitializer("up.weight", Tensor.float32("up.weight", weight.dims, values));
    writeModel(changed, path("changed.onnx"));
    const found = await document(verify("changed.onnx"), 1);
    expect(found).to.include({ ok: false, valid: true, honest: false, exact: false, counted: true });
    const [honesty, output] = found.problems as string[];
    expect(honesty).to.match(/^up\.weight: element 5 is not the original's element \d+$/);
    expect(output).to.match(/^output scores differs by /);
    expect(await textOf(verify("changed.onnx"), 1)).to.match(/^FAILED\n.*\nhonest +NO /);
  });

  it("finds a pruned file that onnxruntime does not load", async () => {
    const future = readModel(path("half.onnx"));
    future.irVersion = 99;
    writeModel(future, path("future.onnx"));
    const found = await document(verify("future.onnx"), 1);
    expect(found).to.include({ ok: false, valid: false, honest: true, exact: null, difference: null });
    expect((found.problems as string[])[0]).to.match(
      /onnxruntime cannot load this model: its IR version is 99/,
    );
    expect(await textOf(verify("future.onnx"), 1)).to.match(/^exact +not asked /m);
  });
});
