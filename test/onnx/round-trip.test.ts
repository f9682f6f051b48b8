import { expect } from "chai";
import { cloneModel } from "../../src/ir/index.js";
import { decodeModel, modelToBytes } from "../../src/onnx/index.js";
import { modelWith, reencoded } from "../support/onnx-files.js";
import { bytes, file, float32, join, message, varint } from "../support/protobuf.js";

/** A field that no version of the format has. */
const unknown = join(varint(999, 7), bytes(1000, "future"));
const entry = (key: string, value: string) => join(bytes(1, key), bytes(2, value));
const tensorType = (...fields: Uint8Array[]) => message(1, varint(1, 1), ...fields);
/** A ValueInfoProto that only names. */
const named = (name: string) => bytes(1, name);

const files: Readonly<Record<string, Uint8Array>> = {
  "unknown fields of every message": file(
    message(
      7,
      message(
        1,
        bytes(1, "x"),
        bytes(2, "y"),
        bytes(4, "Foo"),
        message(5, bytes(1, "a"), varint(3, 1), varint(20, 2), unknown),
        unknown,
      ),
      message(5, varint(1, 1), varint(2, 1), bytes(8, "w"), bytes(9, "abcd"), unknown),
      message(
        11,
        named("x"),
        message(
          2,
          message(1, varint(1, 1), message(2, message(1, varint(1, 3), unknown), unknown), unknown),
          unknown,
        ),
        unknown,
      ),
      message(16, entry("key", "value"), unknown),
      unknown,
    ),
    message(8, bytes(1, ""), varint(2, 21), unknown),
    message(25, bytes(1, "f"), unknown),
    unknown,
  ),
  "fields given though zero": file(
    varint(1, 0),
    bytes(2, ""),
    varint(5, 0),
    message(
      7,
      message(
        1,
        bytes(3, ""),
        bytes(4, ""),
        message(5, bytes(1, "a"), float32(2, 0), varint(20, 1)),
        bytes(6, ""),
        bytes(7, ""),
      ),
      bytes(2, ""),
      message(5, varint(2, 0), bytes(8, "w"), bytes(9, ""), bytes(12, ""), varint(14, 0)),
      message(
        11,
        named("x"),
        message(
          2,
          message(
            1,
            varint(1, 0),
            message(2, message(1, varint(1, 0)), message(1, bytes(2, "")), message(1)),
          ),
          bytes(6, ""),
        ),
      ),
    ),
    message(8, varint(2, 0)),
  ),
  "fields left out": file(
    message(7, message(1), message(5, bytes(8, "w")), message(11, named("x"), message(2, message(1)))),
    message(8),
  ),
  "attributes without type, as of IR version 1": modelWith(
    message(
      1,
      bytes(4, "Foo"),
      message(5, bytes(1, "i"), varint(3, 4)),
      message(5, bytes(1, "f"), float32(2, -0)),
      message(5, bytes(1, "is"), varint(8, 1), varint(8, -1)),
    ),
  ),
  "attributes without value, as proto3 writers leave out zeros": modelWith(
    message(
      1,
      bytes(4, "Foo"),
      message(5, bytes(1, "i"), varint(20, 2)),
      message(5, bytes(1, "f"), varint(20, 1)),
      message(5, bytes(1, "s"), varint(20, 3)),
      message(5, bytes(1, "t"), varint(20, 4)),
    ),
  ),
  "an attribute with two values": modelWith(
    message(1, bytes(4, "Foo"), message(5, bytes(1, "a"), float32(2, 1), varint(3, 5), varint(20, 2))),
  ),
  "attributes of a type from the future": modelWith(
    message(1, bytes(4, "Foo"), message(5, bytes(1, "a"), bytes(50, "new"), varint(20, 0))),
  ),
  "metadata with equal keys, absent keys and unknown fields": modelWith(
    message(16, entry("k", "1")),
    message(16, entry("k", "2")),
    message(16, bytes(2, "no key")),
    message(16, entry("u", "1"), unknown),
  ),
  "value_info of inputs, outputs and twice": modelWith(
    message(1, bytes(1, "x"), bytes(2, "y"), bytes(2, "z"), bytes(4, "Foo")),
    message(11, named("x"), message(2, tensorType())),
    message(12, named("x"), bytes(3, "the input itself")),
    message(12, named("y")),
    message(12, named("y"), bytes(3, "again")),
    message(13, named("z"), bytes(3, "first")),
    message(13, named("x"), bytes(3, "an input")),
    message(13, named("unused")),
    message(13, named("z"), bytes(3, "second")),
    message(13, named("y"), bytes(3, "an output")),
  ),
  "constants of equal names": modelWith(
    message(5, varint(2, 2), bytes(8, "a"), bytes(9, "1")),
    message(5, varint(2, 2), bytes(8, "b"), bytes(9, "2")),
    message(5, varint(2, 2), bytes(8, "a"), bytes(9, "3")),
    message(5, varint(2, 2), bytes(8, "c"), bytes(9, "4")),
  ),
  "raw_data beside a typed field": modelWith(
    message(
      5,
      varint(1, 1),
      varint(2, 1),
      bytes(4, Uint8Array.of(1, 2, 3, 4)),
      bytes(8, "w"),
      bytes(9, "abcd"),
    ),
  ),
  "names that are not UTF-8": modelWith(
    message(
      1,
      bytes(1, Uint8Array.of(0xff)),
      bytes(1, Uint8Array.of(0xfe)),
      bytes(2, Uint8Array.of(0x41, 0xc3)),
      bytes(4, "Foo"),
    ),
  ),
  "types of every kind": modelWith(
    message(11, named("sequence"), message(2, message(4, message(1, tensorType())))),
    message(11, named("map"), message(2, message(5, varint(1, 7), message(2, tensorType())))),
    message(11, named("opaque"), message(2, message(7, bytes(1, "d"), bytes(2, "n")))),
    message(11, named("sparse"), message(2, message(8, varint(1, 1), message(2)))),
    message(11, named("optional"), message(2, message(9, message(1, tensorType())), bytes(6, "denotation"))),
    message(11, named("none"), message(2)),
    message(11, named("future"), message(2, message(77, varint(1, 1)))),
  ),
  "training info, device configurations and quantization annotations": file(
    message(
      7,
      message(
        1,
        bytes(1, "x"),
        bytes(4, "Foo"),
        message(10, bytes(1, "gpus"), message(2, bytes(1, "x"), varint(2, 1)), varint(3, 2)),
      ),
      message(14, bytes(1, "x"), message(2, entry("SCALE_TENSOR", "s"))),
    ),
    message(
      20,
      message(1, message(5, varint(1, 2), varint(2, 1), bytes(4, "abcdefgh"), bytes(8, "w"))),
      message(3, entry("a", "b")),
    ),
    message(26, bytes(1, "gpus"), varint(2, 2), bytes(3, "cuda:0"), bytes(3, "cuda:1")),
  ),
};

describe("reading and writing a file", () => {
  for (const [what, source] of Object.entries(files)) {
    it(`gives the same bytes: ${what}`, () => {
      expect(Buffer.from(reencoded(source)).toString("hex")).to.equal(Buffer.from(source).toString("hex"));
    });

    it(`gives the same bytes after cloning: ${what}`, () => {
      expect(Buffer.from(modelToBytes(cloneModel(decodeModel(source)))).equals(source)).to.equal(true);
    });
  }

  it("reads packed fields where the schema has them unpacked, and the other way round", () => {
    const packed = modelWith(
      message(1, bytes(4, "Foo"), message(5, bytes(1, "a"), bytes(8, Uint8Array.of(1, 2)), varint(20, 7))),
      message(5, bytes(1, Uint8Array.of(1, 2)), varint(2, 1), float32(4, 1.5), float32(4, -2), bytes(8, "w")),
    );
    const { graph } = decodeModel(packed);
    expect(graph.nodes[0]?.ints("a")).to.deep.equal([1, 2]);
    const { initializer } = graph.value("w");
    expect(initializer?.dims).to.deep.equal([1, 2]);
    expect(initializer?.content).to.have.property("values").that.deep.equals(Float32Array.of(1.5, -2));
    expect(Buffer.from(reencoded(packed)).equals(reencoded(reencoded(packed)))).to.equal(true);
  });
});
