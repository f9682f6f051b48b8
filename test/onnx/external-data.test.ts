import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { setImmediate as rest } from "node:timers/promises";
import { expect } from "chai";
import { Model, rawBytes, Tensor } from "../../src/ir/index.js";
import {
  checkExternalData,
  decodeModel,
  encodeModel,
  modelToBytes,
  readModel,
  writeModel,
} from "../../src/onnx/index.js";
import { modelWith } from "../support/onnx-files.js";
import { bytes, message, varint } from "../support/protobuf.js";
import { python } from "../support/shared.js";
import { TemporaryFolder } from "../support/temporary.js";
import { userError } from "../support/user-error.js";

const entry = (key: string, value: string | number) => message(13, bytes(1, key), bytes(2, String(value)));

/** A uint8 tensor in another file. */
const external = (name: string, size: number, entries: Readonly<Record<string, string | number>>) =>
  message(
    5,
    varint(1, size),
    varint(2, 2),
    bytes(8, name),
    ...Object.entries(entries).map(([key, value]) => entry(key, value)),
    varint(14, 1),
  );
const inside = (name: string, content: Uint8Array) =>
  message(5, varint(1, content.length), varint(2, 2), bytes(8, name), bytes(9, content));

const weights = Uint8Array.from({ length: 10_000 }, (_, i) => (i * 7) & 255);

function bytesOf(model: Model, name: string): Uint8Array {
  const { initializer } = model.graph.value(name);
  if (!initializer) throw new Error(`no constant ${name}`);
  return rawBytes(initializer);
}

function entriesOf(model: Model, name: string): Record<string, string> | undefined {
  const content = model.graph.value(name).initializer?.content;
  return content?.kind === "external" ? Object.fromEntries(content.entries) : undefined;
}

describe("external data", () => {
  const folder = new TemporaryFolder();

  /** A model file and its data file in a folder of their own. */
  function model(
    name: string,
    location: string,
    tensor = external("w", 100, { location, offset: 50, length: 100 }),
  ) {
    folder.write(`${name}/weights.bin`, weights);
    return folder.write(`${name}/model.onnx`, modelWith(tensor));
  }

  describe("read", () => {
    it("is fetched by offset and length when it is needed", () => {
      const path = model("read", "weights.bin");
      const read = readModel(path);
      expect(bytesOf(read, "w")).to.deep.equal(weights.slice(50, 150));
      checkExternalData(read);
    });

    it("is fetched from offset 0 by type and shape where the file does not say", () => {
      const path = model("defaults", "", external("w", 20, { location: "weights.bin" }));
      expect(bytesOf(readModel(path), "w")).to.deep.equal(weights.slice(0, 20));
    });

    it("may be missing as long as nobody reads it", async () => {
      const path = model("missing", "nowhere.bin");
      const read = readModel(path);
      expect(read.graph.value("w").initializer?.dims).to.deep.equal([100]);
      expect(await userError("external-data-missing", () => bytesOf(read, "w"))).to.include("tensor w");
      await userError("external-data-missing", () => checkExternalData(read));
    });

    it("is refused where the file is too short, before anything is allocated", async () => {
      const size = 2 ** 42;
      const path = model("short", "", external("w", size, { location: "weights.bin", length: size }));
      const read = readModel(path);
      expect(await userError("external-data-short", () => bytesOf(read, "w"))).to.include("10000 bytes");
      await userError("external-data-short", () => checkExternalData(read));
    });

    it("is refused where its length is not that of the tensor", async () => {
      const path = model("length", "", external("w", 20, { location: "weights.bin", length: 19 }));
      expect(await userError("damaged-model", () => bytesOf(readModel(path), "w"))).to.include("expected 20");
    });

    it("is refused where offset or length is no number", async () => {
      for (const offset of ["-1", "1e3", "x", "", "99999999999999999999"]) {
        const path = model("numbers", "", external("w", 20, { location: "weights.bin", offset }));
        await userError("damaged-model", () => bytesOf(readModel(path), "w"));
      }
    });

    it("is refused outside the model's folder", async () => {
      const outside = folder.write("secret.bin", weights);
      for (const location of [
        "../secret.bin",
        "a/../../secret.bin",
        "..\\secret.bin",
        outside,
        "C:\\secret",
        "\\\\host\\x",
        "",
      ]) {
        const read = readModel(model("outside", location));
        await userError("external-data-outside", () => bytesOf(read, "w"));
        await userError("external-data-outside", () => checkExternalData(read));
      }
    });

    it("is refused through a link that leaves the folder, and read through one that does not", async () => {
      const path = model("links", "link.bin");
      folder.write("secret.bin", weights);
      symlinkSync("../secret.bin", `${dirname(path)}/link.bin`);
      await userError("external-data-outside", () => bytesOf(readModel(path), "w"));
      const second = model("links2", "link.bin");
      symlinkSync("weights.bin", `${dirname(second)}/link.bin`);
      expect(bytesOf(readModel(second), "w")).to.deep.equal(weights.slice(50, 150));
    });

    it("is refused where the location is a folder", async () => {
      const path = model("folder", "sub");
      mkdirSync(`${dirname(path)}/sub`);
      await userError("external-data-missing", () => bytesOf(readModel(path), "w"));
    });

    it("is refused once its file has been replaced", async () => {
      const path = model("replaced", "weights.bin");
      const read = readModel(path);
      expect(bytesOf(read, "w")).to.have.length(100);
      writeFileSync(`${path}.new`, weights.slice(1));
      renameSync(`${path}.new`, `${dirname(path)}/weights.bin`);
      await userError("external-data-changed", () => bytesOf(read, "w"));
    });

    it("is read in parts, from the same file or not at all", async () => {
      const path = model("parts", "weights.bin");
      const content = readModel(path).graph.value("w").initializer?.content;
      const source = content?.kind === "external" ? content.source?.() : undefined;
      const part = new Uint8Array(7);
      source?.read(90, part);
      expect(part).to.deep.equal(weights.slice(140, 147));
      truncateSync(`${dirname(path)}/weights.bin`, 145);
      await userError("external-data-changed", () => source?.read(90, part));
      await rest();
      await userError("external-data-changed", () => source?.read(0, part));
    });

    it("needs a folder where the model comes from memory", async () => {
      const source = modelWith(external("w", 5, { location: "weights.bin" }));
      await userError("external-data-folder", () => bytesOf(decodeModel(source), "w"));
      model("memory", "weights.bin");
      expect(bytesOf(decodeModel(source, { folder: folder.path("memory") }), "w")).to.have.length(5);
    });
  });

  describe("written", () => {
    it("stays external where it was, in a file of the new model's own", () => {
      const read = readModel(
        model(
          "stays",
          "",
          external("w", 100, { location: "weights.bin", offset: 50, checksum: "ab", future: "1" }),
        ),
      );
      const path = folder.path("stays/out.onnx");
      const written = writeModel(read, path);
      expect(written).to.equal(statSync(path).size + statSync(`${path}.data`).size);
      const again = readModel(path);
      expect(entriesOf(again, "w")).to.deep.equal({
        location: "out.onnx.data",
        future: "1",
        offset: "0",
        length: "100",
      });
      expect(bytesOf(again, "w")).to.deep.equal(weights.slice(50, 150));
    });

    it("stays external where other elements have taken its place, and only there", () => {
      const tensors = [external("w", 100, { location: "weights.bin", checksum: "ab" }), inside("v", weights)];
      folder.write("changed/weights.bin", weights);
      const path = folder.write("changed/model.onnx", modelWith(...tensors));
      const read = readModel(path);
      for (const name of ["v", "w"]) {
        const tensor = read.graph.value(name).initializer ?? expect.fail(name);
        const content = { kind: "raw", bytes: weights.slice(1, 8) } as const;
        read.graph.setInitializer(name, tensor.with({ dims: [7], content }));
      }
      writeModel(read, path);
      const again = readModel(path);
      expect(entriesOf(again, "w")).to.deep.equal({ location: "model.onnx.data", offset: "0", length: "7" });
      expect(entriesOf(again, "v")).to.equal(undefined);
      for (const name of ["v", "w"]) expect(bytesOf(again, name)).to.deep.equal(weights.slice(1, 8));
    });

    it("can replace the files that it is read from", () => {
      const tensors = [
        external("a", 100, { location: "model.onnx.data", offset: 9000 }),
        external("b", 9000, { location: "model.onnx.data" }),
      ];
      folder.write("same/model.onnx.data", weights);
      const path = folder.write("same/model.onnx", modelWith(...tensors));
      writeModel(readModel(path), path);
      const again = readModel(path);
      expect(entriesOf(again, "a")).to.include({ offset: "0" });
      expect(bytesOf(again, "a")).to.deep.equal(weights.slice(9000, 9100));
      expect(bytesOf(again, "b")).to.deep.equal(weights.slice(0, 9000));
    });

    it("is written once for tensors that share it", () => {
      const shared = { location: "weights.bin", offset: 64, length: 1000 };
      const path = model("shared", "", external("a", 1000, shared));
      writeFileSync(path, modelWith(external("a", 1000, shared), external("b", 1000, shared)));
      const out = folder.path("shared/out.onnx");
      writeModel(readModel(path), out);
      expect(statSync(`${out}.data`).size).to.equal(1000);
      expect(entriesOf(readModel(out), "b")).to.deep.equal(entriesOf(readModel(out), "a"));
    });

    it("takes all initializers of the threshold's size when asked, large ones at a page", () => {
      const large = new Uint8Array(1 << 20).fill(3);
      const small = inside("small", weights.slice(0, 1023));
      const attribute = message(
        5,
        bytes(1, "value"),
        message(5, varint(1, 5000), varint(2, 2), bytes(9, weights.slice(0, 5000))),
        varint(20, 4),
      );
      const constant = message(1, bytes(2, "c"), bytes(4, "Constant"), attribute);
      const source = modelWith(
        constant,
        small,
        inside("middle", weights.slice(0, 1024)),
        inside("large", large),
      );
      const out = folder.path("always.onnx");
      writeModel(decodeModel(source), out, { externalData: "always" });
      const again = readModel(out);
      expect(entriesOf(again, "small")).to.equal(undefined);
      expect(entriesOf(again, "middle")).to.deep.equal({
        location: "always.onnx.data",
        offset: "0",
        length: "1024",
      });
      expect(entriesOf(again, "large")).to.include({ offset: "4096" });
      expect(again.graph.nodes[0]?.tensor("value")?.content.kind).to.equal("raw");
      expect(bytesOf(again, "large")).to.deep.equal(large);
      expect(modelToBytes(again)).to.deep.equal(Buffer.from(source));
    });

    it("turns typed fields into bytes when it moves them", () => {
      const field = Buffer.alloc(4 * 300, 1);
      const source = modelWith(message(5, varint(1, 300), varint(2, 1), bytes(8, "w"), bytes(4, field)));
      const out = folder.path("field.onnx");
      writeModel(decodeModel(source), out, { externalData: "always", threshold: 1200 });
      expect(entriesOf(readModel(out), "w")).to.include({ length: "1200" });
      expect(bytesOf(readModel(out), "w")).to.deep.equal(Uint8Array.from(field));
    });

    it("comes into the model file when asked", () => {
      const read = readModel(model("never", "weights.bin"));
      const path = folder.path("never/out.onnx");
      writeModel(read, path, { externalData: "never" });
      expect(existsSync(`${path}.data`)).to.equal(false);
      expect(Uint8Array.from(readFileSync(path))).to.deep.equal(
        modelWith(inside("w", weights.slice(50, 150))),
      );
    });

    it("takes all initializers where the model would pass 2 GB, which protobuf cannot hold", async function () {
      this.timeout(30_000);
      const size = 1 << 26;
      const content = new Uint8Array(size).fill(5);
      const large = new Model({ irVersion: 10 });
      for (let i = 0; i < 33; i++)
        large.graph.setInitializer(`w${i}`, Tensor.raw(`w${i}`, 2, [size], content));
      const out = folder.path("large.onnx");
      await userError("model-too-large", () => writeModel(large, out, { externalData: "never" }));
      await userError("model-too-large", () => encodeModel(large).chunks());
      await userError("model-too-large", () => modelToBytes(large));
      expect(existsSync(out)).to.equal(false);
      writeModel(large, out);
      expect(statSync(`${out}.data`).size, "equal bytes are written once").to.equal(size);
      const again = readModel(out);
      checkExternalData(again);
      expect(Buffer.from(bytesOf(again, "w32")).equals(content)).to.equal(true);
    });

    it("is found by Python's onnx", function () {
      const interpreter = python(this);
      const source = modelWith(inside("a", weights), inside("b", weights.slice(5000)));
      const original = folder.write("python.onnx", source);
      const moved = folder.path("moved.onnx");
      writeModel(decodeModel(source), moved, { externalData: "always" });
      const output = execFileSync(interpreter, ["test/onnx/same_constants.py", original, moved]);
      expect(output.toString("utf8").trim()).to.equal(
        "2 equal constants, the second of each in moved.onnx.data",
      );
    });

    it("leaves nothing behind where it is missing", async () => {
      const read = readModel(model("nothing", "nowhere.bin"));
      const path = folder.path("nothing/out.onnx");
      await userError("external-data-missing", () => writeModel(read, path));
      expect([existsSync(path), existsSync(`${path}.data`)]).to.deep.equal([false, false]);
    });
  });
});
