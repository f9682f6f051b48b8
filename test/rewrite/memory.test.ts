import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { expect } from "chai";
import { type Model, Tensor } from "../../src/ir/index.js";
import { writeModel } from "../../src/onnx/index.js";
import { parseModel } from "../../src/onnx/text/index.js";

import { TemporaryFolder } from "../support/temporary.js";

const LAYERS = 10;

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

  it("is below 1.3 times their size although nine tenths of them are left", function () {
    const [small, large, target] = ["small.onnx", "large.onnx", "out.onnx"].map((name) => folder.path(name));
    if (!small || !large || !target) return;
    writeModel(layers(8), small);
    writeModel(layers(1620), large);
    const run = ["--import", "tsx/esm", "test/rewrite/memory-main.ts", small, large, target];
    const above = Number(
      execFileSync(process.execPath, run, { stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" }),
    );
    const size = statSync(large).size;
    expect(size).to.be.above(100e6);
    expect(statSync(target).size / size).to.be.within(0.75, 0.9);
    if (this.test) this.test.title += ` (${(above / size).toFixed(2)} times)`;
    expect(above).to.be.below(1.3 * size);
  });
});
