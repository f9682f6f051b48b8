import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { DataType, Graph, Model, modelDifferences, Tensor } from "../../../src/ir/index.js";
import { readModel } from "../../../src/onnx/index.js";
import { parseModel, printModel } from "../../../src/onnx/text/index.js";
import { ModelArbitrary } from "../../support/random-model.js";
import { shared } from "../../support/shared.js";

describe("ONNX text, printed and parsed", () => {
  it("gives an equal model with --full, whatever the model", () => {
    const property = fc.property(new ModelArbitrary(), (model) => {
      const text = printModel(model, { full: true });
      const back = parseModel(text);
      const wrong = [
        ...modelDifferences(model, back),
        ...unlikeLines(printModel(back, { full: true }), text),
      ];
      // In the message, since fast-check shows no more of a failure.
      expect(wrong, wrong.join("\n")).to.deep.equal([]);
    });
    fc.assert(property, { numRuns: 150, seed: 20261121 });
  }).timeout(180_000);

  it("gives text that parses without --full, whatever the model", () => {
    const property = fc.property(new ModelArbitrary(), (model) => {
      const back = parseModel(printModel(model));
      expect(back.graph.nodes.map(String)).to.deep.equal(model.graph.nodes.map(String));
    });
    fc.assert(property, { numRuns: 80, seed: 20261121 });
  }).timeout(180_000);

  it("gives an equal model where a field holds a NaN of its own and more numbers than the dimensions", () => {
    const values = new Float32Array(new Uint32Array([0x3f800000, 0xffc00001, 0x40000000]).buffer);
    const content = { kind: "field", field: "floatData", values } as const;
    const graph = new Graph({ name: "g" });
    graph.setInitializer("w", new Tensor({ dataType: DataType.FLOAT, dims: [1], content }));
    const model = new Model({ graph });
    expect(modelDifferences(model, parseModel(printModel(model, { full: true })))).to.deep.equal([]);
  });

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

/** Lines of two texts that differ at the same place; the first few. */
function unlikeLines(a: string, b: string): string[] {
  const [left, right] = [a.split("\n"), b.split("\n")];
  const lines = left.length > right.length ? left : right;
  return lines.flatMap((_, at) => (left[at] === right[at] ? [] : [`${left[at]} | ${right[at]}`])).slice(0, 3);
}
