import { expect } from "chai";
import { countNaN } from "../../src/analysis/weights.js";
import { DataType, Tensor, viewBytes } from "../../src/ir/index.js";

const tensor = (values: readonly number[]) => Tensor.float32("w", [values.length], values);

describe("countNaN", () => {
  it("finds NaN at every place, and the first of several", () => {
    for (let at = 0; at < 7; at++) {
      const values = [1, 2, 3, 4, 5, 6, 7];
      values[at] = Number.NaN;
      expect(countNaN(tensor(values))).to.deep.equal({ count: 1, first: at });
    }
    expect(countNaN(tensor([0, Number.NaN, 1, Number.NaN]))).to.deep.equal({ count: 2, first: 1 });
  });

  it("takes infinities and the largest numbers for what they are", () => {
    expect(countNaN(tensor([Infinity, -Infinity, Infinity, 1, -Infinity]))).to.equal(undefined);
    expect(countNaN(tensor([3.4e38, 3.4e38, 3.4e38, 3.4e38, 3.4e38]))).to.equal(undefined);
    expect(countNaN(tensor([Infinity, Number.NaN, -Infinity]))).to.deep.equal({ count: 1, first: 1 });
  });

  it("counts over all pieces of misaligned weights", () => {
    const values = new Float32Array(200_003).fill(1);
    values[65_536] = values[200_002] = Number.NaN;
    const shifted = new Uint8Array(values.byteLength + 1);
    shifted.set(viewBytes(values), 1);
    const pieces = Tensor.raw("w", DataType.FLOAT, [200_003], shifted.subarray(1));
    expect(countNaN(pieces)).to.deep.equal({ count: 2, first: 65_536 });
  });
});
