import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect } from "chai";
import type { Model } from "../../../src/ir/index.js";
import { writeModel } from "../../../src/onnx/index.js";
import { networks } from "../../motifs/networks.js";
import { document, textOf } from "../../support/command.js";
import { TemporaryFolder } from "../../support/temporary.js";

const schema = new URL("../../../schemas/motifs.schema.json", import.meta.url);

interface Level {
  readonly level: number;
  readonly motifs: readonly { id: string; family: string; name: string; count: number; ops: string[] }[];
  readonly families: readonly { id: string; name: string; count: number }[];
  readonly nodes: number;
  readonly edges: number;
}

describe("topiary motifs", () => {
  const folder = new TemporaryFolder();
  const path = () => {
    const file = folder.path("resnet.onnx");
    writeModel((networks.resnet as (style: "kept") => Model)("kept"), file);
    return file;
  };

  it("lists every level with its motifs and families", async () => {
    const found = await document(["motifs", path()]);
    const follows = new Ajv2020().compile(JSON.parse(readFileSync(schema, "utf8")));
    expect(follows(found), JSON.stringify(follows.errors)).to.equal(true);
    const levels = found.levels as Level[];
    expect(levels.map(({ level }) => level)).to.deep.equal([0, 1, 2, 3]);
    const [operations, blocks, stages, network] = levels as [Level, Level, Level, Level];
    expect(operations.motifs[0]).to.deep.equal({
      id: "p1",
      family: "convolution",
      name: "3×3 convolution, relu",
      count: 8,
      ops: ["Conv", "BatchNormalization", "Relu"],
    });
    expect(blocks.families).to.deep.equal([{ id: "f1", name: "basic block", count: 9, kinds: 2 }]);
    expect(blocks.motifs[0]).to.deep.equal({
      id: "m1",
      family: "f1",
      name: "basic block: 3×3, 3×3, residual",
      count: 7,
      ops: ["Conv", "BatchNormalization", "Relu", "Conv", "BatchNormalization", "Add", "Relu"],
    });
    expect(stages.families).to.deep.equal([{ id: "f2", name: "stage of basic blocks", count: 3, kinds: 2 }]);
    expect(network).to.include({ nodes: 8, edges: 7 });
    expect(network.motifs).to.have.length(1);
  });

  it("prints the tree for people", async () => {
    const text = await textOf(["motifs", path()]);
    expect(text).to.include("  9 × basic block, 2 kinds (f1)");
    expect(text).to.include("    7 × basic block: 3×3, 3×3, residual (m1)");
    expect(text).to.include("stage of basic blocks: 3 × basic block (m4 of m2, 2 × m1)");
  });

  it("prints DOT", async () => {
    const text = await textOf(["motifs", path(), "--dot"]);
    expect(text).to.match(/^digraph motifs \{\n/);
    expect(text).to.include('m1_0 -> m1_1 [label="3×3 convolution, relu"];');
  });
});
