import { expect } from "chai";
import { DataType, float16ToNumber } from "../../src/ir/index.js";
import { numberToFloat16 } from "../../src/runtime/host-tensor.js";
import { type Port, randomFeeds } from "../../src/runtime/index.js";
import { userError } from "../support/user-error.js";

const ports = (...types: DataType[]): Port[] =>
  types.map((dataType, i) => ({ name: `x${i}`, dataType, dims: [] }));

function data(type: DataType, dims: readonly number[], seed = 0): ArrayLike<number | bigint | string> {
  const tensor = randomFeeds(ports(type), new Map([["x0", dims]]), seed).get("x0");
  expect(tensor?.dims).to.deep.equal(dims);
  expect(tensor?.dataType).to.equal(type);
  return tensor?.data ?? [];
}

describe("runtime/feeds", () => {
  it("draws standard normal floats, the same for the same seed", () => {
    const values = data(DataType.FLOAT, [100, 100]) as Float32Array;
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    // Five standard errors of 10,000 draws.
    expect(Math.abs(mean)).to.be.below(0.05);
    expect(Math.abs(variance - 1)).to.be.below(0.071);
    expect(data(DataType.FLOAT, [100, 100])).to.deep.equal(values);
    expect(data(DataType.FLOAT, [100, 100], 1)).not.to.deep.equal(values);
  });

  it("draws whole numbers from 0 to 3 and sets booleans", () => {
    for (const type of [DataType.INT32, DataType.UINT8, DataType.INT64]) {
      expect([...new Set(Array.from(data(type, [200]), Number))].sort(), `type ${type}`).to.deep.equal([
        0, 1, 2, 3,
      ]);
    }
    expect(data(DataType.INT64, [2])).to.be.instanceOf(BigInt64Array);
    expect(data(DataType.BOOL, [3])).to.deep.equal(Uint8Array.of(1, 1, 1));
    expect(data(DataType.STRING, [2])).to.deep.equal(["", ""]);
  });

  it("draws float16 as bit patterns of what float32 gets", () => {
    const bits = data(DataType.FLOAT16, [50]) as Uint16Array;
    expect(bits).to.be.instanceOf(Uint16Array);
    const floats = data(DataType.FLOAT, [50]) as Float32Array;
    for (const [i, half] of bits.entries()) {
      expect(Math.abs(float16ToNumber(half) - (floats[i] ?? 0))).to.be.at.most(
        2 ** -11 * Math.abs(floats[i] ?? 0),
      );
    }
  });

  it("repeats its numbers where that is asked for", () => {
    const x = randomFeeds(ports(DataType.FLOAT), new Map([["x0", [7]]]), 0, 3).get("x0");
    const [a = 0, b = 0, c = 0] = data(DataType.FLOAT, [3]) as Float32Array;
    expect(x?.data).to.deep.equal(Float32Array.of(a, b, c, a, b, c, a));
  });

  it("refuses what is no tensor, has no array, or is too large, before allocating", async () => {
    const feed = (type: DataType, dims: number[] | undefined) => () =>
      randomFeeds(ports(type), new Map(dims ? [["x0", dims]] : []), 0);
    expect(await userError("input-type", feed(DataType.UNDEFINED, undefined))).to.include("x0");
    expect(await userError("tensor-type", feed(DataType.BFLOAT16, [2]))).to.include("bfloat16");
    expect(await userError("input-too-large", feed(DataType.FLOAT, [1e6, 1e6]))).to.include(
      "1000000×1000000",
    );
  });
});

describe("runtime/host-tensor", () => {
  it("rounds every float16 to itself", () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = float16ToNumber(bits);
      if (!Number.isNaN(value)) expect(numberToFloat16(value)).to.equal(bits);
    }
    expect(float16ToNumber(numberToFloat16(Number.NaN))).to.be.NaN;
  });

  it("rounds to nearest, ties to even, beyond the largest to infinity", () => {
    expect(numberToFloat16(1 + 2 ** -11)).to.equal(0x3c00);
    expect(numberToFloat16(1 + 3 * 2 ** -11)).to.equal(0x3c02);
    expect(numberToFloat16(1 + 2 ** -11 + 2 ** -20)).to.equal(0x3c01);
    expect(numberToFloat16(2 ** -25)).to.equal(0);
    expect(numberToFloat16(2 ** -25 + 2 ** -40)).to.equal(1);
    expect(numberToFloat16(65519)).to.equal(0x7bff);
    expect(numberToFloat16(65520)).to.equal(0x7c00);
    expect(numberToFloat16(-1e9)).to.equal(0xfc00);
  });
});
