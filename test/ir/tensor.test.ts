import { expect } from "chai";
import { DataType, numbersOf, Tensor } from "../../src/ir/index.js";

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
});
