import { expect } from "chai";
import { readNpy } from "../../src/data/npy.js";
import { userError } from "../support/user-error.js";
import { bytesOf, npy } from "./numpy-files.js";

describe("data/npy", () => {
  const types: readonly [descr: string, array: ArrayBufferView, values: readonly (number | bigint)[]][] = [
    ["|b1", Uint8Array.of(0, 1), [0, 1]],
    ["|u1", Uint8Array.of(0, 255), [0, 255]],
    ["|i1", Int8Array.of(-128, 127), [-128, 127]],
    ["<u2", Uint16Array.of(1, 65535), [1, 65535]],
    ["<i2", Int16Array.of(-2, 3), [-2, 3]],
    ["<u4", Uint32Array.of(2 ** 32 - 1, 5), [2 ** 32 - 1, 5]],
    ["<i4", Int32Array.of(-7, 8), [-7, 8]],
    ["<u8", BigUint64Array.of(2n ** 64n - 1n, 0n), [2n ** 64n - 1n, 0n]],
    ["<i8", BigInt64Array.of(-1n, 9n), [-1n, 9n]],
    ["<f2", Uint16Array.of(0x3c00, 0xc500, 0x0001, 0x7bff, 0x8000), [1, -5, 2 ** -24, 65504, -0]],
    ["<f4", Float32Array.of(0.5, -3), [0.5, -3]],
    ["<f8", Float64Array.of(Math.PI, 1e300), [Math.PI, 1e300]],
  ];
  for (const [descr, array, values] of types) {
    it(`reads ${descr}, aligned or not, in each format and byte order`, () => {
      const bytes = bytesOf(array);
      const width = bytes.length / values.length;
      const swapped = Uint8Array.from(bytes, (_, i) => bytes[i - (i % width) + width - 1 - (i % width)] ?? 0);
      for (const version of [1, 2, 3]) {
        const file = npy(descr, [values.length], bytes, { version });
        const moved = Buffer.concat([Buffer.alloc(1), file]).subarray(1);
        const big = npy(descr.replace("<", ">"), [values.length], swapped, { version });
        for (const given of [file, moved, big]) {
          const array = readNpy(given, "x");
          expect(array.shape).to.deep.equal([values.length]);
          expect([...array.values]).to.deep.equal(values);
        }
      }
    });
  }

  it("reads infinities and NaN of float16", () => {
    const { values } = readNpy(npy("<f2", [3], bytesOf(Uint16Array.of(0x7c00, 0xfc00, 0x7e00))), "x");
    expect([...values]).to.deep.equal([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]);
  });

  it("turns Fortran order into C order", () => {
    // numpy.asfortranarray(numpy.arange(24).reshape(2, 3, 4)) in memory.
    const stored = [0, 12, 4, 16, 8, 20, 1, 13, 5, 17, 9, 21, 2, 14, 6, 18, 10, 22, 3, 15, 7, 19, 11, 23];
    const { shape, values } = readNpy(npy("|u1", [2, 3, 4], Uint8Array.from(stored), { fortran: true }), "x");
    expect(shape).to.deep.equal([2, 3, 4]);
    expect([...values]).to.deep.equal(Array.from({ length: 24 }, (_, i) => i));
  });

  it("reads a scalar and an empty array", () => {
    expect([...readNpy(npy("<f4", [], bytesOf(Float32Array.of(2))), "x").values]).to.deep.equal([2]);
    expect(readNpy(npy("<f4", [0, 3], new Uint8Array()), "x")).to.deep.equal({
      shape: [0, 3],
      values: new Float32Array(),
    });
  });

  it("refuses what is none, in one line", async () => {
    const file = npy("<f4", [2], bytesOf(Float32Array.of(1, 2)));
    const read = (bytes: Buffer) => () => readNpy(bytes, "x of data.npz");
    expect(await userError("npy-header", read(Buffer.from("hello, world!")))).to.match(
      /^x of data\.npz is no \.npy array/,
    );
    expect(await userError("npy-header", read(file.subarray(0, 40)))).to.include(
      "header ends at byte 128 of 40",
    );
    expect(await userError("data-wrong-size", read(file.subarray(0, -1)))).to.include(
      "7 bytes of elements, its shape [2] of <f4 needs 8",
    );
    expect(
      await userError("data-wrong-size", read(npy("<f4", [2 ** 40, 2 ** 30], new Uint8Array(8)))),
    ).to.include("needs");
    expect(await userError("npy-type", read(npy("<U3", [1], new Uint8Array(12))))).to.include(
      "elements of type <U3",
    );
    expect(await userError("npy-type", read(npy("|O", [1], new Uint8Array(8))))).to.include(
      "expected one of b1, u1",
    );
    const structured = Buffer.from(file.toString("latin1").replace("'<f4'", "[('a')]"), "latin1");
    expect(await userError("npy-header", read(structured))).to.include(
      "structured and object arrays are not read",
    );
    const future = Buffer.from(file);
    future[6] = 4;
    expect(await userError("npy-header", read(future))).to.include("format 4, expected 1 to 3");
  });
});
