import { mkdirSync } from "node:fs";
import { expect } from "chai";
import fc from "fast-check";
import { UserError } from "../../src/base/errors.js";
import { rawBytes } from "../../src/ir/index.js";
import { decodeModel, modelToBytes, readModel } from "../../src/onnx/index.js";
import { modelWith } from "../support/onnx-files.js";
import { bytes, float32, join, message, varint } from "../support/protobuf.js";
import { TemporaryFolder } from "../support/temporary.js";
import { userError } from "../support/user-error.js";

/** A graph in a graph in a graph ... */
function nested(depth: number): Uint8Array {
  let graph = bytes(2, "innermost");
  for (let i = 0; i < depth; i++)
    graph = message(1, bytes(4, "If"), message(5, bytes(1, "b"), bytes(6, graph), varint(20, 5)));
  return join(bytes(7, graph));
}

const constant = (...fields: Uint8Array[]) => modelWith(message(5, bytes(8, "w"), varint(2, 1), ...fields));

describe("files that are no models", () => {
  const folder = new TemporaryFolder();
  const sound = modelWith(
    message(1, bytes(1, "x"), bytes(2, "y"), bytes(4, "Relu")),
    message(11, bytes(1, "x")),
  );

  const cases: Readonly<Record<string, readonly [code: string, content: Uint8Array | string]>> = {
    "an empty file": ["empty-file", ""],
    "a text file": ["not-onnx", "This is a text file.\nIt has two lines.\n"],
    "a JSON file": ["not-onnx", '{"graph": {"node": []}}'],
    "a picture": ["not-onnx", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13)],
    "an archive": ["not-onnx", Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0, 0, 0, 8, 0)],
    zeros: ["not-onnx", new Uint8Array(1000)],
    "a model cut off": ["not-onnx", sound.slice(0, -3)],
    "a model without a graph": ["not-onnx", join(varint(1, 8), bytes(2, "producer"))],
  };
  for (const [what, [code, content]] of Object.entries(cases)) {
    it(`refuses ${what} and names it`, async () => {
      const path = folder.write("model.onnx", content);
      expect(await userError(code, () => readModel(path))).to.include(path);
    });
  }

  it("refuses a file that is not there, a folder, and a device", async () => {
    expect(await userError("model-missing", () => readModel(folder.path("no.onnx")))).to.include("no.onnx");
    mkdirSync(folder.path("folder.onnx"));
    await userError("model-is-folder", () => readModel(folder.path("folder.onnx")));
    await userError("model-is-no-file", () => readModel("/dev/null"));
  });

  it("says so of every prefix of a model", () => {
    for (let length = 1; length < sound.length; length++) {
      try {
        decodeModel(sound.slice(0, length));
      } catch (error) {
        expect(error).to.be.instanceOf(UserError);
      }
    }
  });

  it("throws nothing but UserErrors, whatever the bytes", () => {
    const changed = fc.tuple(fc.nat(sound.length - 1), fc.nat(255)).map(([at, byte]) => sound.with(at, byte));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), changed), (source) => {
        try {
          modelToBytes(decodeModel(source));
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("hostile models", () => {
  it("may nest bodies thirty deep", () => {
    expect(decodeModel(nested(30)).graph.nodes).to.have.length(1);
    expect(Uint8Array.from(modelToBytes(decodeModel(nested(30))))).to.deep.equal(nested(30));
  });

  it("are refused where they nest deeper than protobuf allows", async () => {
    for (const depth of [40, 2000])
      expect(await userError("not-onnx", () => decodeModel(nested(depth)))).to.include("depth");
  });

  it("are refused for shapes that cannot be", async () => {
    const shapes = [
      [-1],
      [2n ** 62n],
      [2n ** 31n, 2n ** 31n],
      [2n ** 62n, 0],
      Array.from({ length: 200 }, () => 2),
    ];
    for (const dims of shapes) {
      const source = constant(...dims.map((dim) => varint(1, dim)));
      expect(await userError("damaged-model", () => decodeModel(source)))
        .to.include("tensor w")
        .and.include("shape");
    }
  });

  it("get no memory for elements that they do not hold", async () => {
    const huge = [varint(1, 2 ** 26), varint(1, 2 ** 26)];
    for (const data of [bytes(9, "abcd"), bytes(4, "abcd"), float32(4, 1)]) {
      const { initializer } = decodeModel(constant(...huge, data)).graph.value("w");
      expect(await userError("tensor-size", () => initializer && rawBytes(initializer))).to.include(
        "got 4 bytes",
      );
    }
  });

  it("are refused where a list of numbers ends within a number", async () => {
    await userError("damaged-model", () => decodeModel(constant(bytes(4, "abcde"))));
    const int64 = modelWith(
      message(5, varint(1, 1), varint(2, 7), bytes(7, Uint8Array.of(0x80)), bytes(8, "w")),
    );
    const { initializer } = decodeModel(int64).graph.value("w");
    await userError("damaged-model", () => initializer && rawBytes(initializer));
  });

  it("are refused where a version is out of range", async () => {
    await userError("damaged-model", () => decodeModel(join(modelWith(), varint(1, 2n ** 60n))));
  });

  it("cannot reach prototypes through names", () => {
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
    const entries = names.map((name) => message(16, bytes(1, name), bytes(2, "v")));
    const attributes = names.map((name) => message(5, bytes(1, name), varint(3, 1), varint(20, 2)));
    const nodes = names.map((name) =>
      message(1, bytes(1, name), bytes(2, `${name}_out`), bytes(4, name), ...attributes),
    );
    const source = modelWith(...nodes, ...entries);
    const { graph } = decodeModel(source);
    expect([...graph.metadata.keys()]).to.deep.equal(names);
    expect(graph.nodes[0]?.int("__proto__")).to.equal(1);
    expect(Uint8Array.from(modelToBytes(decodeModel(source)))).to.deep.equal(source);
    expect(Object.hasOwn(Object.prototype, "v")).to.equal(false);
  });

  const tiny: Readonly<Record<string, Uint8Array>> = {
    nodes: message(1),
    "constants of one name": message(5, bytes(8, "w")),
    "outputs of one name": message(12, bytes(1, "y")),
    "lines of value_info on one value": message(13, bytes(1, "y")),
    "inputs of one node": message(1, ...Array.from({ length: 3 }, () => bytes(1, "x"))),
  };
  for (const [what, part] of Object.entries(tiny)) {
    it(`take no more than their share of time: 20,000 ${what}`, function () {
      this.timeout(4000);
      const source = modelWith(...Array.from({ length: 20_000 }, () => part));
      expect(Uint8Array.from(modelToBytes(decodeModel(source)))).to.deep.equal(source);
    });
  }
});
