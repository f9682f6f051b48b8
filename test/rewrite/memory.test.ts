import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { expect } from "chai";
import { type Model, Tensor } from "../../src/ir/index.js";
import { writeModel } from "../../src/onnx/index.js";
import { parseModel } from "../../src/onnx/text/index.js";
import { TemporaryFolder } from "../support/temporary.js";

const LAYERS = 10;
const IN_DATA_FILE = "in a data file";

/** Pointwise convolutions one after another. */
function layers(width: number): Model {
  const lines = Array.from({ length: LAYERS }, (_, i) => `x${i + 1} = Conv (x${i}, w${i})`);
  const made = parseModel(`<ir_version: 8, opset_import: ["" : 17]>
g (float[1, ${width}, 4, 4] x0) => (float[1, ${width}, 4, 4] x${LAYERS}) { ${lines.join("\n")} }`);
  for (let i = 0; i < LAYERS; i++) {
    const values = Float32Array.from({ length: width * width }, (_, at) => Math.sin(at * (i + 1)));
    made.graph.setInitializer(`w${i}`, Tensor.float32(`w${i}`, [width, width, 1, 1], values));
  }
  return made;
}

describe("memory of pruning 100 MB of weights", function () {
  this.timeout(240_000);
  const folder = new TemporaryFolder();

  before(() => {
    writeModel(layers(8), folder.path("small.onnx"));
    const large = layers(1620);
    writeModel(large, folder.path("large.onnx"));
    writeModel(large, folder.path("beside.onnx"), { externalData: "always" });
  });

  for (const { where, weights, model, limit } of [
    { where: "read at once", weights: "at once", model: "large.onnx", limit: 1.3 },
    { where: "read when needed", weights: "when needed", model: "large.onnx", limit: 0.5 },
    { where: IN_DATA_FILE, weights: "at once", model: "beside.onnx", limit: 0.5 },
  ]) {
    it(`is below ${limit} times their size although most are left, where they are ${where}`, function () {
      const target = folder.path("out.onnx");
      const paths = ["small.onnx", model, "out.onnx"].map((name) => folder.path(name));
      const run = ["--import", "tsx/esm", "test/rewrite/memory-main.ts", weights, ...paths];
      const above = execFileSync(process.execPath, run, {
        stdio: ["ignore", "pipe", "inherit"],
        encoding: "utf8",
      });
      const size = statSync(folder.path("large.onnx")).size;
      expect(size).to.be.above(100e6);
      const written = statSync(target).size + (where === IN_DATA_FILE ? statSync(`${target}.data`).size : 0);
      expect(written / size).to.be.within(0.75, 0.9);
      const times = Number(above) / (size / 1e6);
      if (this.test) this.test.title += ` (${times.toFixed(2)} times)`;
      expect(times).to.be.below(limit);
    });
  }
});
