import { expect } from "chai";
import { DataType, numbersOf, rawBytes, Tensor } from "../../src/ir/index.js";
import { userError } from "../support/user-error.js";

describe("tensors", () => {
  for (const [kind, bytes] of [
    ["array", new Uint8Array(13)],
    ["Buffer", Buffer.alloc(13)],
  ] as const) {
    it(`gives the numbers in bytes at any alignment, in a part of a ${kind}`, () => {
      bytes.set(new Uint8Array(Float32Array.of(1.5, -2, 0.25).buffer), 1);
      const tensor = Tensor.raw("t", DataType.FLOAT, [3], bytes.subarray(1));
      expect(Array.from(numbersOf(tensor))).to.deep.equal([1.5, -2, 0.25]);
    });
  }

  it("has other floats with all else as it was, and as many as its dimensions say", () => {
    const [docString, metadata] = ["d", new Map([["k", "v"]])];
    const { name, dataType, dims, content } = Tensor.int64("t", [2], [1, 2]);
    const tensor = new Tensor({ name, dataType, dims, content, docString, metadata, staysExternal: true });
    const other = tensor.withFloats([0.5, 2]);
    expect(other).to.deep.include({ name, dims, docString, metadata, staysExternal: true });
    expect([other.dataType, Array.from(numbersOf(other))]).to.deep.equal([DataType.FLOAT, [0.5, 2]]);
    expect(() => tensor.withFloats([1, 2, 3])).to.throw("12 bytes for float[2], expected 8");
  });

  it("refuses elements that are stored in another type's field", async () => {
    const content = { kind: "field", field: "floatData", values: [0.5] } as const;
    const tensor = new Tensor({ name: "t", dataType: DataType.INT64, dims: [1], content });
    const message = await userError("tensor-field", () => rawBytes(tensor));
    expect(message).to.include("tensor t of type int64 has its elements in floatData, expected int64Data");
  });
});
