import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { modelDifferences } from "../../../src/ir/index.js";
import { readModel } from "../../../src/onnx/index.js";
import { parseModel, printModel } from "../../../src/onnx/text/index.js";
import { randomModel } from "../../support/random-model.js";
import { shared } from "../../support/shared.js";

describe("ONNX text, printed and parsed", () => {
  it("gives an equal model with --full, whatever the model", () => {
    const property = fc.property(fc.gen(), (draw) => {
      const model = randomModel(draw);
      const text = printModel(model, { full: true });
      const back = parseModel(text);
      expect(modelDifferences(model, back)).to.deep.equal([]);
      expect(printModel(back, { full: true }).split("\n")).to.deep.equal(text.split("\n"));
    });
    fc.assert(property, { numRuns: 200, endOnFailure: true });
  }).timeout(60_000);

  it("gives text that parses without --full, whatever the model", () => {
    const property = fc.property(fc.gen(), (draw) => {
      const model = randomModel(draw);
      const back = parseModel(printModel(model));
      expect(back.graph.nodes.map(String)).to.deep.equal(model.graph.nodes.map(String));
    });
    fc.assert(property, { numRuns: 50, endOnFailure: true });
  }).timeout(60_000);

  for (const folder of ["cifar10", "odd", "real"]) {
    it(`gives an equal model for every file of ${folder}`, function () {
      const path = shared(this, `models/${folder}`);
      const files = readdirSync(path).filter((file) => file.endsWith(".onnx"));
      expect(files).to.not.be.empty;
      for (const file of files) {
        const model = readModel(join(path, file));
        const text = printModel(model, { full: true });
        const back = parseModel(text);
        expect(modelDifferences(model, back), file).to.deep.equal([]);
        expect(printModel(back, { full: true }) === text, `${file}: printed again`).to.equal(true);
      }
    }).timeout(300_000);
  }
});
