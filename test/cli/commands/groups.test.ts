import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect } from "chai";
import { writeModel } from "../../../src/onnx/index.js";
import { document, textOf } from "../../support/command.js";
import { model } from "../../support/graph.js";
import { residualBlock } from "../../support/models.js";
import { TemporaryFolder } from "../../support/temporary.js";

const schema = new URL("../../../schemas/groups.schema.json", import.meta.url);

describe("topiary groups", () => {
  const folder = new TemporaryFolder();
  const path = () => folder.path("residual.onnx");

  before(() => writeModel(residualBlock(), path()));

  it("lists what stands and falls together, and what stays", async () => {
    const found = await document(["groups", path()]);
    expect(found).to.deep.equal({
      groups: [
        {
          id: "g0",
          size: 8,
          units: 8,
          cells: [8],
          producers: [
            { node: "stem", tensor: "stem.weight", axis: 0 },
            { node: "down", tensor: "down.weight", axis: 0 },
          ],
          consumers: [
            { node: "up", tensor: "up.weight", axis: 1 },
            { node: "head", tensor: "head.weight", axis: 1 },
          ],
        },
        {
          id: "g1",
          size: 16,
          units: 16,
          cells: [16],
          producers: [{ node: "up", tensor: "up.weight", axis: 0 }],
          consumers: [{ node: "down", tensor: "down.weight", axis: 1 }],
        },
      ],
      barriers: [{ code: "graph-output", node: "", opType: "", tensor: "scores", axis: 1 }],
    });
    const follows = new Ajv2020().compile(JSON.parse(readFileSync(schema, "utf8")));
    expect(follows(found), JSON.stringify(follows.errors)).to.equal(true);
  });

  it("says it in tables", async () => {
    const text = await textOf(["groups", path()]);
    expect(text).to.match(/^g0 +8 +8 +stem, down$/m);
    expect(text).to.match(/^graph-output +scores +1$/m);
  });

  it("shows an operator that nobody knows as a barrier", async () => {
    const custom = folder.path("custom.onnx");
    writeModel(
      model(`<ir_version: 8, opset_import: ["" : 17, "elsewhere" : 1]> f (float[1,3,8,8] x) => (float[1,4,8,8] y)
        <float[4,3,1,1] w> { a = Conv(x, w) [blur] y = elsewhere.Blur(a) }`),
      custom,
    );
    const found = await document(["groups", custom]);
    expect(found.groups).to.deep.equal([]);
    expect(found.barriers).to.deep.equal([
      { code: "no-rule", node: "blur", opType: "Blur", tensor: "a", axis: 1 },
    ]);
  });

  it("leaves out what --freeze names", async () => {
    const found = await document(["groups", path(), "--freeze", "up"]);
    expect((found.groups as { id: string }[]).map(({ id }) => id)).to.deep.equal(["g0"]);
    expect((found.barriers as { code: string }[]).map(({ code }) => code)).to.include("frozen-by-user");
  });
});
