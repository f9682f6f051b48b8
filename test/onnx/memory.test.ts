import { execFileSync } from "node:child_process";
import { expect } from "chai";
import { DataType, Graph, Model, Tensor } from "../../src/ir/index.js";
import { readModel, writeModel } from "../../src/onnx/index.js";
import { bytes, message } from "../support/protobuf.js";
import { TemporaryFolder } from "../support/temporary.js";

const COUNT = 25;
const MEGABYTE = 1 << 20;
const SIZE = COUNT * 4 * MEGABYTE;

/** 25 constants of 4 MB. */
function largeModel(make: (name: string, values: Float32Array) => Tensor): Model {
  const graph = new Graph({ name: "large" });
  for (let i = 0; i < COUNT; i++) {
    const values = new Float32Array(MEGABYTE).fill(i + 0.5);
    graph.setInitializer(`w${i}`, make(`w${i}`, values));
  }
  return new Model({ irVersion: 10, graph });
}

const raw = (name: string, values: Float32Array) => Tensor.float32(name, [MEGABYTE], values);
const field = (name: string, values: Float32Array) =>
  new Tensor({
    name,
    dataType: DataType.FLOAT,
    dims: [MEGABYTE],
    content: { kind: "field", field: "floatData", values },
  });

describe("memory of reading and writing 100 MB of weights", function () {
  this.timeout(240_000);
  const folder = new TemporaryFolder();

  /** MB at the peak above the idle process. */
  function peak(source: string): number {
    const target = folder.path("out.onnx");
    const run = ["--import", "tsx/esm", "test/onnx/memory-main.ts", source, target];
    const output = execFileSync(process.execPath, run, { stdio: ["ignore", "pipe", "inherit"] });
    expect(readModel(target).graph.initializers).to.have.length(COUNT);
    return Number(output);
  }

  const limits = [
    { what: "in raw_data", make: raw, externalData: "never", limit: 1.25 },
    { what: "in float_data", make: field, externalData: "never", limit: 1.25 },
    { what: "in a data file", make: raw, externalData: "always", limit: 0.6 },
  ] as const;
  for (const { what, make, externalData, limit } of limits) {
    it(`is below ${limit} times their size where they are ${what}`, function () {
      const source = folder.path("source.onnx");
      writeModel(largeModel(make), source, { externalData });
      const above = peak(source);
      if (this.test) this.test.title += ` (${Math.round(above)} MB)`;
      expect(above).to.be.below((limit * SIZE) / 1e6);
    });
  }

  it("is bounded where a small file would unfold into more than the heap holds", () => {
    const nodes = Buffer.alloc(400_000, message(1));
    const source = folder.write("bomb.onnx", bytes(7, nodes));
    const run = [
      "--max-old-space-size=100",
      "--import",
      "tsx/esm",
      "test/onnx/memory-main.ts",
      source,
      "unused",
    ];
    expect(() => execFileSync(process.execPath, run, { stdio: "pipe" })).to.throw(
      "more parts than fit into memory",
    );
  });
});
