import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect } from "chai";
import { writeModel } from "../../../src/onnx/index.js";
import { document, textOf, topiary } from "../../support/command.js";
import { model } from "../../support/graph.js";
import { residualBlock } from "../../support/models.js";
import { TemporaryFolder } from "../../support/temporary.js";

const schema = new URL("../../../schemas/groups.schema.json", import.meta.url);

describe("topiary groups", () => {
  const folder = new TemporaryFolder();
  const path = () => folder.path("residual.onnx");

  const follows = new Ajv2020().compile(JSON.parse(readFileSync(schema, "utf8")));

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
    expect(follows(found), JSON.stringify(follows.errors)).to.equal(true);
  });

  it("says it in tables", async () => {
    const text = await textOf(["groups", path()]);
    expect(text).to.match(/^g0 +8 +8 +stem, down$/m);
    expect(text).to.match(/^graph-output +scores +1 +the model's output has these channels$/m);
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

  it("says of one node why its channels may go", async () => {
    const found = await document(["groups", path(), "--why", "up"]);
    expect(found.why).to.deep.equal([
      { tensor: "b", axis: 1, size: 16, groups: ["g1"], frozen: 0, path: [], joined: [] },
    ]);
    expect(follows(found), JSON.stringify(follows.errors)).to.equal(true);
    expect(await textOf(["groups", path(), "--why", "up"])).to.equal(
      "b axis 1: 16 channels\n  16 can go, with group g1\n",
    );
  });

  it("says of one tensor which layers it stands with, and what joins them", async () => {
    const found = await document(["groups", path(), "--why", "stem.weight"]);
    expect((found.why as { joined: unknown }[])[0]?.joined).to.deep.equal([
      { tensor: "down.weight", axis: 0, path: ["d"] },
    ]);
    expect(follows(found), JSON.stringify(follows.errors)).to.equal(true);
    expect(await textOf(["groups", path(), "--why", "stem.weight"])).to.match(
      /^stem\.weight axis 0: 8 channels\n {2}8 can go, with group g0\n {4}joined with down\.weight axis 0 by Add d\n/,
    );
  });

  it("says of one tensor why its channels stay, and through which nodes the reason comes", async () => {
    const mixing = folder.path("mixing.onnx");
    writeModel(
      model(`<ir_version: 8, opset_import: ["" : 17]> f (float[1,3,8,8] x) => (float[1,4,8,8] y)
        <float[4,3,1,1] w> { a = Conv(x, w) b = Relu(a) [last] y = Neg(b) }`),
      mixing,
    );
    const { why } = await document(["groups", mixing, "--why", "w"]);
    expect((why as object[])[0]).to.deep.include({ tensor: "w", axis: 0, size: 4, groups: [], frozen: 4 });
    expect(await textOf(["groups", mixing, "--why", "w"])).to.match(
      /^w axis 0: 4 channels\n {2}4 stay: the model's output has these channels \(graph-output at y axis 1/,
    );
  });

  it("knows no other names", async () => {
    const { code, err } = await topiary(["groups", path(), "--why", "nobody"]);
    expect(code).to.equal(2);
    expect(err).to.match(
      /^topiary: --why nobody: .*residual\.onnx has no node and no tensor of that name; .*\n$/,
    );
  });
});
