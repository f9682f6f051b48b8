import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setImmediate as rest } from "node:timers/promises";
import { expect } from "chai";
import { UserError } from "../../src/base/errors.js";
import { Random } from "../../src/base/random.js";
import { Graph, Model, modelDifferences, Tensor } from "../../src/ir/index.js";
import { modelToBytes, readModel, writeModel } from "../../src/onnx/index.js";
import { readInParts } from "../../src/onnx/read.js";
import { skimFile } from "../../src/onnx/skim.js";
import { UnchangedFile } from "../../src/onnx/unchanged-file.js";
import { model } from "../support/graph.js";
import { bytes } from "../support/protobuf.js";
import { TemporaryFolder } from "../support/temporary.js";
import { userError } from "../support/user-error.js";

const small = model(`<ir_version: 8, opset_import: ["" : 17]>
g (float[1,4,8,8] x) => (float[1,6,8,8] y) <float[5,4,3,3] w1, float[5] b1, float[6,5,1,1] w2, float[6] b2> {
  a = Conv <pads = [1,1,1,1]> (x, w1, b1)
  c = Constant <value = float[2] {1, 2}> ()
  r = Relu (a)
  y = Conv (r, w2, b2)
}`);

const opened = (path: string) => new UnchangedFile(path, "model-changed");

/** What reading the file in one way leads to: the model's bytes when written again, or the error. */
function outcome(read: () => Model): string {
  try {
    return Buffer.from(modelToBytes(read())).toString("base64");
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

describe("a model's file without the long data of its weights", () => {
  const folder = new TemporaryFolder();

  it("leaves exactly the data of long initializers and gives the same model", () => {
    const path = folder.path("small.onnx");
    writeModel(small, path);
    for (const [long, count] of [
      [1, 4],
      [100, 2],
      [400, 1],
    ] as const) {
      const found = skimFile(opened(path), long);
      expect(found?.left.size, `from ${long} bytes on`).to.equal(count);
      const read = readInParts(path, long);
      expect(read && modelDifferences(read, readModel(path))).to.deep.equal([]);
      expect(read && Buffer.compare(modelToBytes(read), readFileSync(path))).to.equal(0);
    }
    expect(skimFile(opened(path), 10_000)).to.equal(undefined);
  });

  it("is not tried where a message comes in pieces", () => {
    const whole = modelToBytes(small);
    const twoGraphs = folder.write("graphs.onnx", Buffer.concat([whole, bytes(7, Buffer.alloc(0))]));
    expect(skimFile(opened(twoGraphs), 1)).to.equal(undefined);
    const raw = bytes(9, Buffer.alloc(8, 1));
    const tensor = Buffer.concat([Buffer.from([0x08, 2, 0x10, 1]), bytes(8, Buffer.from("w")), raw, raw]);
    const twoData = folder.write("data.onnx", bytes(7, bytes(5, tensor)));
    expect(skimFile(opened(twoData), 1)).to.equal(undefined);
    const plain = folder.write("one.onnx", bytes(7, bytes(5, raw)));
    expect(skimFile(opened(plain), 1)?.left.size).to.equal(1);
  });

  it("makes no difference to what reading a damaged file ends with", () => {
    const random = new Random(5);
    const whole = modelToBytes(small);
    let read = 0;
    for (let i = 0; i < 400; i++) {
      const damaged = Uint8Array.from(whole);
      for (let k = random.below(3); k >= 0; k--) damaged[random.below(damaged.length)] = random.below(256);
      const end = random.below(4) === 0 ? random.below(damaged.length) : damaged.length;
      const path = folder.write("damaged.onnx", damaged.subarray(0, end));
      const expected = outcome(() => readModel(path));
      const inParts = readInParts(path, 1 + random.below(300));
      if (inParts) read++;
      if (inParts) expect(outcome(() => inParts)).to.equal(expected);
    }
    expect(read).to.be.above(100);
  });

  describe("of many megabytes", () => {
    const values = Float32Array.from({ length: 1_200_000 }, (_, i) => i);

    function large(path: string): string {
      const graph = new Graph({ name: "large" });
      graph.setInitializer("long", Tensor.float32("long", [1200, 1000], values));
      graph.setInitializer("short", Tensor.float32("short", [3], [1, 2, 3]));
      writeModel(new Model({ irVersion: 10, graph }), path);
      return path;
    }

    const dataOf = (read: Model) => read.graph.find("long")?.initializer?.content;

    it("leaves weights in the file where that is wanted, and only there", () => {
      const path = large(folder.path("large.onnx"));
      expect(dataOf(readModel(path))).to.not.have.property("source");
      const read = readModel(path, { weights: "when needed" });
      expect(dataOf(read)).to.have.property("source");
      expect(read.graph.find("short")?.initializer?.content).to.not.have.property("source");
      expect(Buffer.compare(modelToBytes(read), readFileSync(path))).to.equal(0);
    });

    it("can be written to the place that it was read from", () => {
      const path = large(folder.path("same.onnx"));
      const before = readFileSync(path);
      writeModel(readModel(path, { weights: "when needed" }), path);
      expect(Buffer.compare(readFileSync(path), before)).to.equal(0);
    });

    it("is read from the same file or not at all", async () => {
      const path = large(folder.path("changed.onnx"));
      const read = readModel(path, { weights: "when needed" });
      await rest();
      expect(modelToBytes(read).length).to.be.above(4_800_000);
      await rest();
      appendFileSync(path, "x");
      expect(await userError("model-changed", () => modelToBytes(read))).to.include(
        "changed.onnx has changed",
      );
      writeFileSync(path, "");
      await userError("model-changed", () => modelToBytes(read));
      rmSync(path);
      await userError("model-changed", () => modelToBytes(read));
    });

    it("is open only while there is work", async function () {
      if (process.platform !== "linux") this.skip();
      const path = large(folder.path("open.onnx"));
      const count = () => readdirSync("/proc/self/fd").length;
      await rest();
      const before = count();
      const read = readModel(path, { weights: "when needed" });
      expect(count()).to.equal(before + 1);
      await rest();
      expect(count()).to.equal(before);
      modelToBytes(read);
      modelToBytes(read);
      expect(count()).to.equal(before + 1);
      await rest();
      expect(count()).to.equal(before);
    });
  });
});
