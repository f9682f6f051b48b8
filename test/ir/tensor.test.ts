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

  it("refuses elements that are stored in another type's field", async () => {
    const content = { kind: "field", field: "floatData", values: [0.5] } as const;
    const tensor = new Tensor({ name: "t", dataType: DataType.INT64, dims: [1], content });
    const message = await userError("tensor-field", () => rawBytes(tensor));
    expect(message).to.include("tensor t of type int64 has its elements in floatData, expected int64Data");
  });
});
