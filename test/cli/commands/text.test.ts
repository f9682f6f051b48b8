import { expect } from "chai";
import { decodeModel, modelToBytes, writeModel } from "../../../src/onnx/index.js";
import { parseModel } from "../../../src/onnx/text/index.js";
import { document, textOf, topiary } from "../../support/command.js";
import { residualBlock } from "../../support/models.js";
import { shared } from "../../support/shared.js";
import { TemporaryFolder } from "../../support/temporary.js";

describe("topiary text", () => {
  const folder = new TemporaryFolder();

  before(() => {
    writeModel(residualBlock(), folder.path("residual.onnx"));
  });

  it("prints weights as shape, type, hash and statistics", async () => {
    const text = await textOf(["text", folder.path("residual.onnx")]);
    expect(text).to.match(/^residual \(float\[N,3,8,8\] image\) => \(float\[N,10\] scores\)/m);
    expect(text).to.match(/float\[16,8,3,3\] "up\.weight".*# [0-9a-f]{8} mean=.* l2=/);
    expect(text).to.contain('[stem] a = Conv<pads=[1,1,1,1]>(image, "stem.weight", "stem.bias")');
  });

  it("with --full the text parses back to the same model", async () => {
    const bytes = modelToBytes(residualBlock());
    const { code, out } = await topiary(["text", "-", "--full"], bytes);
    expect(code).to.equal(0);
    const parsed = parseModel(out.toString());
    expect(modelToBytes(parsed)).to.deep.equal(modelToBytes(decodeModel(bytes)));
  });

  it("with --json the text is in a document", async () => {
    const path = folder.path("residual.onnx");
    expect(await document(["text", path])).to.deep.equal({ text: await textOf(["text", path]) });
  });

  it("shows a model whose weights are missing, but cannot print them", async function () {
    const path = shared(this, "models/odd/extdata_missing_mobilenetv2_cifar10.onnx");
    expect(await textOf(["text", path])).to.match(/"features\.0\.0\.weight".*cannot be found/);
    const { code, out, err } = await topiary(["text", path, "--full"]);
    expect(code).to.equal(2);
    expect(out.toString()).to.equal("");
    expect(err).to.match(
      /^topiary: tensor features\.0\.0\.weight: its data file .* cannot be found[^\n]*\n$/,
    );
  });
});
