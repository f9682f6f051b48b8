import { expect } from "chai";
import fc from "fast-check";
import protobuf from "protobufjs";
import { PackedRun, WireReader } from "../../src/onnx/wire-reader.js";
import { decodeText, encodeEscaped } from "../../src/onnx/wire-text.js";
import { WireWriter } from "../../src/onnx/wire-writer.js";

/** A tree of messages with short and long bytes. */
interface Tree {
  readonly bytes: readonly number[];
  readonly inner: readonly Tree[];
}

const lengths = fc.array(fc.constantFrom(0, 1, 127, 128, 2047, 2048, 2049, 20000), { maxLength: 4 });
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6 },
    fc.record({ bytes: lengths, inner: fc.constant([]) }),
    fc.record({ bytes: lengths, inner: fc.array(tie("tree"), { maxLength: 3 }) }),
  ),
}));

function write(writer: protobuf.Writer, { bytes, inner }: Tree): void {
  for (const length of bytes) writer.uint32(10).bytes(new Uint8Array(length).fill(length % 251));
  for (const each of inner) {
    writer.uint32(18).fork();
    write(writer, each);
    writer.ldelim();
  }
}

describe("wire writer", () => {
  it("writes what protobufjs writes", () => {
    fc.assert(
      fc.property(tree, (value) => {
        const ours = new WireWriter();
        const theirs = new protobuf.Writer();
        write(ours, value);
        write(theirs, value);
        expect(Buffer.concat([...ours.chunks()]).equals(theirs.finish())).to.equal(true);
        expect(ours.length).to.equal(theirs.finish().length);
      }),
    );
  });

  it("hands long bytes through without copying them", () => {
    const weights = new Uint8Array(5000);
    const writer = new WireWriter();
    writer.uint32(18).fork().uint32(10).bytes(weights).ldelim();
    expect([...writer.chunks()].includes(weights)).to.equal(true);
  });

  it("fetches streamed bytes only when its chunks are read", () => {
    let fetched = 0;
    const stream = { length: 3, chunks: () => [Uint8Array.of(1, 2), Uint8Array.of(++fetched + 2)] };
    const writer = new WireWriter();
    writer.uint32(10);
    writer.bytes(stream);
    expect([writer.length, fetched]).to.deep.equal([5, 0]);
    expect([...Buffer.concat([...writer.chunks()])]).to.deep.equal([10, 3, 1, 2, 3]);
  });

  it("packs runs and single numbers together", () => {
    const writer = new WireWriter();
    writer.int32s([1, new PackedRun(Uint8Array.of(0x80, 0x01, 3)), 2]);
    expect([...Buffer.concat([...writer.chunks()])]).to.deep.equal([5, 1, 0x80, 0x01, 3, 2]);
  });
});

describe("wire reader", () => {
  it("keeps a packed run as a view", () => {
    const file = new protobuf.Writer().floats([1, 2, 3]).finish();
    const [run] = new WireReader(file).floats() as unknown[];
    expect(run).to.be.instanceOf(PackedRun);
    if (run instanceof PackedRun)
      expect([run.bytes.buffer, run.bytes.length]).to.deep.equal([file.buffer, 12]);
  });

  it("refuses a run that ends behind the file", () => {
    expect(() => new WireReader(Uint8Array.of(9, 1, 2)).floats()).to.throw(RangeError);
  });
});

describe("text that is not UTF-8", () => {
  const back = (text: string) => Buffer.from(encodeEscaped(text) ?? Buffer.from(text));

  it("survives, whatever the bytes", () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 3 }),
      fc.constantFrom("é", "€", "😀", "\uFFFD", "a").map((text) => Uint8Array.from(Buffer.from(text))),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const bytes = Buffer.concat(pieces);
        expect(back(decodeText(bytes, 0, bytes.length)).equals(bytes)).to.equal(true);
      }),
    );
  });

  it("is only escaped where it is wrong", () => {
    const bytes = Buffer.from([0x41, 0xff, 0xc3, 0xa9, 0xed, 0xa0, 0x80]);
    expect(decodeText(bytes, 0, bytes.length)).to.equal("A\udcffé\udced\udca0\udc80");
    expect(encodeEscaped("plain 😀 text")).to.equal(undefined);
  });
});
