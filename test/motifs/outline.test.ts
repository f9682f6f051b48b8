import { expect } from "chai";
import { type LayerCost, summarizeModel } from "../../src/analysis/index.js";
import type { Model } from "../../src/ir/index.js";
import { findMotifs, foldLayers } from "../../src/motifs/index.js";
import { inferShapes } from "../../src/runtime/index.js";
import { networks } from "./networks.js";

describe("folded layers", () => {
  let [model, layers]: [Model | undefined, readonly LayerCost[]] = [undefined, []];
  before(async () => {
    model = (networks.resnet as (style: "folded") => Model)("folded");
    layers = summarizeModel(model, await inferShapes(model)).layers;
  });
  const folded = (most: number) => foldLayers(findMotifs((model as Model).graph), layers, most);
  const total = (rows: readonly LayerCost[]) => rows.reduce((sum, { macs }) => sum + (macs ?? 0), 0);

  it("stand in as many lines as suffice for all, stages, or blocks", () => {
    expect(folded(100).map(({ name }) => name)).to.deep.equal(layers.map(({ name }) => name));
    expect(folded(5).map(({ opType }) => opType)).to.deep.equal(["Conv", "m3", "m4", "m4", "MatMul", "Add"]);
    const blocks = folded(15);
    expect(blocks.map(({ opType }) => opType)).to.deep.equal([
      ...["Conv", "m1", "m1", "m1", "m2", "m1", "m1", "m2", "m1", "m1", "MatMul", "Add"],
    ]);
    expect(blocks[1]).to.include({ name: "basic block: 3×3, 3×3, residual", layers: 2 });
    expect(blocks[1]?.shape).to.deep.equal([1, 4, 64, 64]);
  });

  it("cost together what they cost one by one", () => {
    for (const most of [1, 5, 15, 100]) {
      expect(total(folded(most))).to.equal(total(layers));
      expect(folded(most).reduce((sum, row) => sum + row.layers, 0)).to.equal(layers.length);
    }
  });

  it("are not known to cost anything where one of them is not", () => {
    const [first] = foldLayers(
      findMotifs((model as Model).graph),
      layers.map((layer, i) => (i === 2 ? { ...layer, macs: null } : layer)),
      15,
    ).slice(1);
    expect(first?.macs).to.equal(null);
  });
});
