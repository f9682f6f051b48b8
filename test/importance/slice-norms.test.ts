import { expect } from "chai";
import { countNaN } from "../../src/analysis/weights.js";
import { sliceNorms } from "../../src/importance/index.js";
import { blockNorms } from "../../src/importance/slice-norms.js";
import { DataType, Tensor, viewBytes } from "../../src/ir/index.js";

const labels = new Int32Array(0);

function block(axes: readonly number[], blockCount = 1) {
  return {
    holder: "w",
    axes,
    dims: [],
    labels,
    role: "producer",
    makesChannels: true,
    blockCount,
  } as const;
}

/** As the formula says it: element after element. */
function plain(values: Float32Array, dims: readonly number[], axis: number, blocks: number, p: 1 | 2) {
  const size = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
  const [width, inner] = [dims[axis] as number, size(dims.slice(axis + 1))];
  const sums = new Array<number>(width * blocks).fill(0);
  const rows = size(dims.slice(0, axis)) / blocks;
  values.forEach((value, i) => {
    const at = Math.floor(Math.floor(i / (inner * width)) / rows) * width + (Math.floor(i / inner) % width);
    sums[at] = (sums[at] as number) + Math.abs(value) ** p;
  });
  return sums.map((sum) => sum ** (1 / p));
}

describe("sliceNorms", () => {
  const dims = [6, 50, 3, 3] as const;
  const values = Float32Array.from({ length: 6 * 50 * 9 }, (_, i) => Math.sin(i * i));
  const weight = Tensor.float32("w", dims, values);

  it("is the norm of every slice along every axis", () => {
    for (const p of [1, 2] as const) {
      for (const axis of dims.keys()) {
        const norms = sliceNorms(weight, block([axis]), p);
        const expected = plain(values, dims, axis, 1, p);
        expect(norms.length).to.equal(dims[axis]);
        norms.forEach((norm, i) => {
          expect(norm, `p ${p} axis ${axis} slice ${i}`).to.be.closeTo(expected[i] as number, 1e-9);
        });
      }
    }
  });

  it("counts each block of the first axis on its own", () => {
    for (const axis of [1, 3]) {
      const expected = plain(values, dims, axis, 2, 2);
      const norms = sliceNorms(weight, block([0, axis], 2), 2);
      expect(norms.length).to.equal(2 * (dims[axis] as number));
      norms.forEach((norm, i) => {
        expect(norm, `axis ${axis} slice ${i}`).to.be.closeTo(expected[i] as number, 1e-9);
      });
    }
  });

  it("gives the same bits however the file aligns and chunks the weights", () => {
    const long = [3, 5, 70_001];
    const many = Float32Array.from({ length: 3 * 5 * 70_001 }, (_, i) => Math.sin(i * 0.7) * 2);
    const shifted = new Uint8Array(many.byteLength + 1);
    shifted.set(viewBytes(many), 1);
    const whole = Tensor.float32("w", long, many);
    const pieces = Tensor.raw("w", DataType.FLOAT, long, shifted.subarray(1));
    for (const p of [1, 2] as const)
      for (const axis of long.keys())
        expect(sliceNorms(pieces, block([axis]), p)).to.deep.equal(sliceNorms(whole, block([axis]), p));
  });
});

describe("blockNorms", () => {
  const shapes = [
    [6, 50, 3, 3],
    [7, 5, 2, 1],
    [4, 9],
    [3, 8, 1, 1],
    [1, 6, 5],
    [90, 300, 3, 3],
    [2, 70_001],
    [3, 0, 4],
  ] as const;

  for (const dims of shapes) {
    it(`sees rows and columns of [${dims}] in one pass, the same bits as one after the other`, () => {
      const size = dims.reduce((a: number, b) => a * b, 1);
      const values = Float32Array.from({ length: size }, (_, i) => Math.sin(i * 0.7) * 2);
      const shifted = new Uint8Array(values.byteLength + 1);
      shifted.set(viewBytes(values), 1);
      const tensors = [
        Tensor.float32("w", dims, values),
        Tensor.raw("w", DataType.FLOAT, dims, shifted.subarray(1)),
      ];
      const last = dims.length === 3 ? 2 : 1;
      const pairs = [
        [block([0]), block([1])],
        [block([1]), block([0])],
        [block([last - 1]), block([last])],
        [block([0]), block([0, 1], dims[0] % 3 === 0 ? 3 : 1)],
      ];
      for (const tensor of tensors) {
        for (const blocks of pairs) {
          for (const p of [1, 2] as const) {
            const expected = blocks.map((each) => sliceNorms(tensor, each, p));
            expect(blockNorms(tensor, blocks, p)).to.deep.equal(expected);
          }
        }
      }
    });
  }

  it("takes blocks that do not cross one by one", () => {
    const weight = Tensor.float32(
      "w",
      [4, 3, 2],
      Float32Array.from({ length: 24 }, (_, i) => i),
    );
    const blocks = [block([0]), block([0, 1], 2), block([2])];
    expect(blockNorms(weight, blocks, 2)).to.deep.equal(blocks.map((each) => sliceNorms(weight, each, 2)));
  });

  it("leaves a NaN to be found, and spares the look where all are numbers", () => {
    const values = Float32Array.from({ length: 12 }, (_, i) => i);
    const sound = Tensor.float32("w", [3, 4], values);
    blockNorms(sound, [block([0]), block([1])], 2);
    // Nobody may change a tensor; here it shows that nobody looks again.
    values[5] = Number.NaN;
    expect(countNaN(sound)).to.equal(undefined);
    const damaged = Tensor.float32("w", [3, 4], values);
    blockNorms(damaged, [block([0]), block([1])], 2);
    expect(countNaN(damaged)).to.deep.equal({ count: 1, first: 5 });
  });
});
