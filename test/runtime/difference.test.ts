import { expect } from "chai";
import { DataType } from "../../src/ir/index.js";
import { type HostTensor, relativeDifference } from "../../src/runtime/index.js";

const floats = (...values: number[]): HostTensor => ({
  dataType: DataType.FLOAT,
  dims: [values.length],
  data: Float32Array.from(values),
});

describe("runtime/difference", () => {
  it("is the largest distance over the reference's largest magnitude", () => {
    expect(relativeDifference(floats(1, -4), floats(1.5, -3))).to.equal(0.25);
    expect(relativeDifference(floats(1.5, -3), floats(1, -4))).to.equal(1 / 3);
  });

  it("measures tiny references against a thousandth", () => {
    expect(relativeDifference(floats(0), floats(2 ** -10))).to.equal(2 ** -10 / 1e-3);
  });

  it("takes equal infinities and NaNs as equal, and one of them alone as infinitely far", () => {
    expect(relativeDifference(floats(Number.NaN, Infinity, 1), floats(Number.NaN, Infinity, 1))).to.equal(0);
    for (const [a, b] of [
      [1, Number.NaN],
      [Number.NaN, 1],
      [Infinity, 1],
      [1, -Infinity],
      [Infinity, -Infinity],
    ] as const) {
      expect(relativeDifference(floats(a), floats(b)), `${a} and ${b}`).to.equal(Infinity);
    }
  });

  it("does not let an infinity of both hide a distance", () => {
    expect(relativeDifference(floats(Infinity, 2), floats(Infinity, 1))).to.equal(0.5);
  });

  it("is infinite between other dimensions and 0 between empty tensors", () => {
    expect(relativeDifference(floats(1, 2), floats(1))).to.equal(Infinity);
    expect(relativeDifference(floats(1, 2), { ...floats(1, 2), dims: [2, 1] })).to.equal(Infinity);
    expect(relativeDifference(floats(), floats())).to.equal(0);
  });

  it("reads float16 and int64, and compares strings", () => {
    const half = (...bits: number[]): HostTensor => ({
      dataType: DataType.FLOAT16,
      dims: [bits.length],
      data: Uint16Array.from(bits),
    });
    expect(relativeDifference(half(0x4000), half(0x3c00))).to.equal(0.5);
    const long = (value: bigint): HostTensor => ({
      dataType: DataType.INT64,
      dims: [],
      data: BigInt64Array.of(value),
    });
    expect(relativeDifference(long(10n), long(9n))).to.equal(0.1);
    const text = (value: string): HostTensor => ({ dataType: DataType.STRING, dims: [1], data: [value] });
    expect(relativeDifference(text("a"), text("a"))).to.equal(0);
    expect(relativeDifference(text("a"), text("b"))).to.equal(Infinity);
  });
});
