import { expect } from "chai";
import { bytesOf, DataType, rawBytes, Tensor } from "../../src/ir/index.js";
import { decodeModel, modelToBytes } from "../../src/onnx/index.js";
import { modelWith, reencoded, understood } from "../support/onnx-files.js";
import { base128, bytes, message, varint } from "../support/protobuf.js";

/** A tensor w in a graph. */
const constant = (type: number, dims: readonly number[], ...data: Uint8Array[]) =>
  modelWith(message(5, ...dims.map((dim) => varint(1, dim)), varint(2, type), bytes(8, "w"), ...data));

const tensorIn = (source: Uint8Array) => {
  const { initializer } = decodeModel(source).graph.value("w");
  if (!initializer) throw new Error("no tensor w");
  return initializer;
};

const little = (width: 4 | 8, ...patterns: readonly bigint[]) =>
  Uint8Array.from(
    patterns.flatMap((pattern) =>
      Array.from({ length: width }, (_, i) => Number((pattern >> BigInt(8 * i)) & 255n)),
    ),
  );
const packed = (...values: readonly bigint[]) =>
  Uint8Array.from(values.flatMap((value) => base128(BigInt.asUintN(64, value))));

/** -0, a signalling NaN with a payload, a quiet one with a sign and a payload, the smallest subnormal, infinity. */
const floats = [0x80000000n, 0x7fa00001n, 0xffc12345n, 1n, 0x7f800000n];
const doubles = [1n << 63n, 0x7ff4000000000001n, 0xfff8000000012345n, 1n, 0x7ff0000000000000n];

/** Typed fields: data type, dims, field number, content of the field, and the same elements in raw form. */
const typed: readonly (readonly [keyof typeof DataType, number[], number, Uint8Array, Uint8Array])[] = [
  ["FLOAT", [5], 4, little(4, ...floats), little(4, ...floats)],
  ["COMPLEX64", [2], 4, little(4, ...floats.slice(1)), little(4, ...floats.slice(1))],
  ["DOUBLE", [5], 10, little(8, ...doubles), little(8, ...doubles)],
  ["COMPLEX128", [2], 10, little(8, ...doubles.slice(1)), little(8, ...doubles.slice(1))],
  ["INT32", [3], 5, packed(-1n, 2147483647n, -2147483648n), little(4, 0xffffffffn, 0x7fffffffn, 0x80000000n)],
  ["INT16", [2], 5, packed(-2n, 32767n), Uint8Array.of(0xfe, 0xff, 0xff, 0x7f)],
  ["INT8", [3], 5, packed(-128n, 127n, -1n), Uint8Array.of(0x80, 0x7f, 0xff)],
  ["UINT16", [2], 5, packed(65535n, 1n), Uint8Array.of(0xff, 0xff, 1, 0)],
  ["UINT8", [2], 5, packed(255n, 0n), Uint8Array.of(255, 0)],
  ["BOOL", [2], 5, packed(1n, 0n), Uint8Array.of(1, 0)],
  ["FLOAT16", [2], 5, packed(0x7d01n, 0x8000n), Uint8Array.of(0x01, 0x7d, 0x00, 0x80)],
  ["BFLOAT16", [2], 5, packed(0x7f81n, 0x8000n), Uint8Array.of(0x81, 0x7f, 0x00, 0x80)],
  ["FLOAT8E4M3FN", [2], 5, packed(0x7fn, 0x80n), Uint8Array.of(0x7f, 0x80)],
  ["FLOAT8E4M3FNUZ", [2], 5, packed(0x80n, 1n), Uint8Array.of(0x80, 1)],
  ["FLOAT8E5M2", [2], 5, packed(0xfen, 0x80n), Uint8Array.of(0xfe, 0x80)],
  ["FLOAT8E5M2FNUZ", [2], 5, packed(0x80n, 0x7fn), Uint8Array.of(0x80, 0x7f)],
  ["FLOAT8E8M0", [2], 5, packed(0xffn, 0n), Uint8Array.of(0xff, 0)],
  ["INT4", [3], 5, packed(0x87n, 0x0fn), Uint8Array.of(0x87, 0x0f)],
  ["UINT4", [3], 5, packed(0xf1n, 0x02n), Uint8Array.of(0xf1, 0x02)],
  ["FLOAT4E2M1", [3], 5, packed(0x87n, 0x08n), Uint8Array.of(0x87, 0x08)],
  ["INT2", [5], 5, packed(0xe4n, 0x02n), Uint8Array.of(0xe4, 0x02)],
  ["UINT2", [5], 5, packed(0xe4n, 0x03n), Uint8Array.of(0xe4, 0x03)],
  [
    "INT64",
    [3],
    7,
    packed(-1n, 2n ** 60n + 3n, -(2n ** 63n)),
    little(8, 2n ** 64n - 1n, 2n ** 60n + 3n, 2n ** 63n),
  ],
  ["UINT64", [2], 11, packed(2n ** 64n - 1n, 2n ** 63n), little(8, 2n ** 64n - 1n, 2n ** 63n)],
  ["UINT32", [2], 11, packed(2n ** 32n - 1n, 7n), little(4, 2n ** 32n - 1n, 7n)],
];

describe("data types", () => {
  const unsized = new Set<number>([DataType.UNDEFINED, DataType.STRING]);
  for (const [name, type] of Object.entries(DataType)) {
    if (unsized.has(type)) continue;

    it(`keeps every bit of ${name} in raw data`, () => {
      const content = Uint8Array.from({ length: bytesOf(type, 32) ?? 0 }, (_, i) => (i * 83 + 129) & 255);
      const source = constant(type, [32], bytes(9, content));
      expect(reencoded(source)).to.deep.equal(source);
      expect(rawBytes(tensorIn(source))).to.deep.equal(content);
    });
  }

  for (const [name, dims, field, stored, raw] of typed) {
    it(`keeps every bit of ${name} in a typed field`, () => {
      const source = constant(DataType[name], dims, bytes(field, stored));
      expect(reencoded(source)).to.deep.equal(source);
      expect(tensorIn(source).content.kind).to.equal("field");
      expect(rawBytes(tensorIn(source))).to.deep.equal(raw);
    });
  }

  it("covers every type that has a raw form", () => {
    const covered = new Set([...typed.map(([name]) => DataType[name] as number), ...unsized]);
    expect(Object.values(DataType).filter((type) => !covered.has(type))).to.deep.equal([]);
  });

  it("writes typed fields that were made in memory", () => {
    const { field, values } = { field: "int64Data", values: [5n, -6n] } as const;
    const model = decodeModel(modelWith());
    const made = new Tensor({
      name: "w",
      dataType: DataType.INT64,
      dims: [2],
      content: { kind: "field", field, values },
    });
    model.graph.setInitializer("w", made);
    const source = constant(DataType.INT64, [2], bytes(7, packed(5n, -6n)));
    expect(Uint8Array.from(modelToBytes(model))).to.deep.equal(source);
  });

  it("takes the field that belongs to the type where two are filled", () => {
    const source = constant(DataType.INT64, [1], bytes(4, "abcd"), bytes(7, packed(7n)));
    expect(rawBytes(tensorIn(source))).to.deep.equal(little(8, 7n));
    expect(reencoded(source)).to.deep.equal(source);
  });

  it("keeps strings byte by byte", () => {
    const source = constant(DataType.STRING, [2], bytes(6, Uint8Array.of(0xff, 0)), bytes(6, ""));
    expect(reencoded(source)).to.deep.equal(source);
    expect(tensorIn(source).content).to.deep.equal({
      kind: "strings",
      values: [Uint8Array.of(0xff, 0), new Uint8Array(0)],
    });
  });

  it("keeps a type newer than the table", () => {
    const source = constant(99, [4], bytes(9, "????"));
    expect(reencoded(source)).to.deep.equal(source);
  });

  it("keeps the bits of floats in attributes", () => {
    const quiet = Uint8Array.of(0x15, 0x45, 0x23, 0xc1, 0xff); // field 2, NaN with payload
    const source = modelWith(message(1, bytes(4, "Foo"), message(5, bytes(1, "a"), quiet, varint(20, 1))));
    expect(reencoded(source)).to.deep.equal(source);
  });

  it("gives weights as views onto the file", () => {
    const source = constant(DataType.FLOAT, [1000], bytes(9, new Uint8Array(4000).fill(1)));
    const { content } = tensorIn(source);
    expect(content.kind === "raw" && content.bytes.buffer).to.equal(source.buffer);
  });

  it("understands itself as onnx-proto does", () => {
    const source = constant(DataType.FLOAT16, [2], bytes(5, packed(0x7d01n, 0x8000n)));
    expect(understood(reencoded(source))).to.deep.equal(understood(source));
  });
});
