import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect } from "chai";
import { numbersOf, Tensor } from "../../../src/ir/index.js";
import { readModel, writeModel } from "../../../src/onnx/index.js";
import { document, textOf } from "../../support/command.js";
import { residualBlock } from "../../support/models.js";
import { TemporaryFolder } from "../../support/temporary.js";

describe("topiary compact", () => {
  const schema: object = JSON.parse(readFileSync("schemas/compact.schema.json", "utf8"));
  const follows = new Ajv2020({ allowUnionTypes: true }).compile({ ...schema, additionalProperties: false });
  const folder = new TemporaryFolder();
  const path = () => folder.path("masked.onnx");

  before(() => {
    const masked = residualBlock();
    const weight = masked.graph.find("up.weight")?.initializer ?? expect.fail("up.weight");
    // Filters 0 to 3 of 16.
    const values = Float32Array.from(numbersOf(weight), (value, i) => (i < 4 * 72 ? 0 : value));
    masked.graph.setInitializer("up.weight", Tensor.float32("up.weight", weight.dims, values));
    writeModel(masked, path());
  });

  it("removes dead channels, says which, and compares the outputs", async () => {
    const out = folder.path("small.onnx");
    const found = await document(["compact", path(), "-o", out]);
    expect(follows(found), JSON.stringify(follows.errors)).to.equal(true);
    const { groups, ...less } = found;
    expect(follows({ ...less, groups: [{ id: "g1" }] })).to.equal(false);
    expect(groups).to.have.lengthOf(1);
    expect(found).to.deep.include({
      removed: 4,
      folded: [],
      same: true,
      fixedSizes: true,
      groups: [
        {
          ...{ id: "g1", producers: ["up.weight"], units: 16, dead: 4, kept: 0 },
          causes: { "never read": 0, "always zero": 4, constant: 0 },
        },
      ],
    });
    expect(Number(found.difference)).to.be.below(Number(found.tolerance));
    expect(readModel(out).graph.find("down.weight")?.initializer?.dims).to.deep.equal([8, 12, 3, 3]);
    const text = await textOf(["compact", path(), "-o", out]);
    expect(text).to.match(/^g1 +16 +0 +4 +0 +0 +up\.weight$/m);
    expect(text).to.match(/^4 units removed$/m);
    expect(text).to.match(/^outputs are the same/m);
  });
});
