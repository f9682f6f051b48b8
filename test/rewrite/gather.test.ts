import { expect } from "chai";
import fc from "fast-check";
import { InvariantError } from "../../src/base/errors.js";
import {
  bitsOf,
  bytesOf,
  DataType,
  elementsOf,
  Graph,
  Model,
  rawBytes,
  rawSource,
  Tensor,
} from "../../src/ir/index.js";
import { encodeModel, modelToBytes, readModel, writeModel } from "../../src/onnx/index.js";
import { type AxisCut, cutTensor } from "../../src/rewrite/gather.js";
import { TemporaryFolder } from "../support/temporary.js";

const types = Object.values(DataType).filter((type) => bitsOf(type) !== undefined);

/** The bits of every element, first to last. */
function elements(tensor: Tensor): string[] {
  const bits = bitsOf(tensor.dataType) ?? 0;
  const stream = [...rawBytes(tensor)].map((byte) =>
    [...byte.toString(2).padStart(8, "0")].reverse().join(""),
  );
  const all = stream.join("");
  return Array.from({ length: tensor.elements }, (_, i) => all.slice(i * bits, (i + 1) * bits));
}

function coordinates(index: number, dims: readonly number[]): number[] {
  return dims.map((size, axis) => Math.floor(index / elementsOf(dims.slice(axis + 1))) % size);
}

/** What is left when each element is asked on its own. */
function leftOf(tensor: Tensor, cuts: readonly AxisCut[]): string[] {
  return elements(tensor).filter((_, index) => {
    const position = coordinates(index, tensor.dims);
    return cuts.every(({ axis, kept, blocks }) => {
      if (!blocks) return kept.includes(position[axis] as number);
      const rows = (tensor.dims[0] as number) / blocks.kept.length;
      const own = blocks.kept[Math.floor((position[0] as number) / rows)];
      return own?.includes(position[axis] as number);
    });
  });
}

function randomTensor(dataType: number, dims: readonly number[], seed: number): Tensor {
  const length = bytesOf(dataType, elementsOf(dims)) ?? 0;
  const bytes = Uint8Array.from({ length }, (_, i) => ((i + 1) * 2654435761 + seed * 40503) >>> 13);
  // Unused bits of the last byte are zero, as files have them.
  const used = (elementsOf(dims) * (bitsOf(dataType) ?? 8)) % 8;
  if (used > 0) bytes[length - 1] = (bytes[length - 1] as number) & ((1 << used) - 1);
  // At an odd address, where views of wider elements do not fit.
  const shifted = new Uint8Array(length + 1).subarray(1);
  shifted.set(bytes);
  return Tensor.raw("t", dataType, dims, shifted);
}

const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });

describe("cutting tensors", () => {
  it("keeps elements of every type bit for bit, in order", () => {
    const drawn = fc.tuple(
      fc.constantFrom(...types),
      sizes,
      fc.nat(),
      fc.array(fc.nat(31), { minLength: 4 }),
    );
    fc.assert(
      fc.property(drawn, ([type, dims, seed, masks]) => {
        const tensor = randomTensor(type, dims, seed);
        const cuts = dims.map((size, axis): AxisCut => {
          const mask = masks[axis] as number;
          return { axis, kept: Array.from({ length: size }, (_, at) => at).filter((at) => (mask >> at) & 1) };
        });
        const cut = cutTensor(tensor, cuts);
        expect(elements(cut)).to.deep.equal(leftOf(tensor, cuts));
        expect(cut.dims).to.deep.equal(cuts.map(({ kept }) => kept.length));
        expect([cut.name, cut.dataType]).to.deep.equal(["t", type]);
      }),
      { numRuns: 500 },
    );
  });

  it("keeps long stretches and short ones alike", () => {
    for (const inner of [1, 3, 4, 16, 17, 40]) {
      for (const type of [DataType.FLOAT, DataType.INT8, DataType.FLOAT16]) {
        const tensor = randomTensor(type, [3, 7, inner], inner);
        const cuts = [{ axis: 1, kept: [0, 1, 4, 6] }];
        expect(elements(cutTensor(tensor, cuts))).to.deep.equal(leftOf(tensor, cuts));
      }
    }
  });

  it("takes other positions from every block, together with a cut of the rows", () => {
    const drawn = fc.record({
      type: fc.constantFrom(DataType.FLOAT, DataType.INT4, DataType.FLOAT16, DataType.DOUBLE),
      groups: fc.integer({ min: 1, max: 3 }),
      rows: fc.integer({ min: 1, max: 3 }),
      columns: fc.integer({ min: 2, max: 4 }),
      kernel: fc.integer({ min: 1, max: 3 }),
      gone: fc.array(fc.nat(3), { minLength: 3, maxLength: 3 }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(drawn, ({ type, groups, rows, columns, kernel, gone, seed }) => {
        const tensor = randomTensor(type, [groups * rows, columns, kernel], seed);
        const lists = Array.from({ length: groups }, (_, g) =>
          Array.from({ length: columns }, (_, at) => at).filter((at) => at !== (gone[g] as number) % columns),
        );
        const blocked = { axis: 1, kept: [], blocks: { axis: 0, kept: lists } };
        const everyOther = {
          axis: 0,
          kept: Array.from({ length: groups * rows }, (_, i) => i).filter((i) => i % 2 === 0),
        };
        for (const cuts of [[blocked], [everyOther, blocked], [blocked, everyOther]]) {
          expect(elements(cutTensor(tensor, cuts))).to.deep.equal(leftOf(tensor, cuts));
        }
      }),
    );
  });

  it("reads typed fields as well as raw data", () => {
    const tensor = new Tensor({
      name: "t",
      dataType: DataType.FLOAT16,
      dims: [2, 2],
      content: { kind: "field", field: "int32Data", values: [1, 2, 3, 4] },
    });
    const cut = cutTensor(tensor, [{ axis: 1, kept: [1] }]);
    expect([...rawBytes(cut)]).to.deep.equal([2, 0, 4, 0]);
  });

  it("cannot cut strings", () => {
    const tensor = new Tensor({
      name: "t",
      dataType: DataType.STRING,
      dims: [2],
      content: { kind: "strings", values: [new Uint8Array(1), new Uint8Array(2)] },
    });
    expect(() => cutTensor(tensor, [{ axis: 0, kept: [1] }])).to.throw(
      InvariantError,
      "t: elements of this type",
    );
  });

  describe("of a large tensor", () => {
    const folder = new TemporaryFolder();
    const everyThird = (size: number) =>
      Array.from({ length: size }, (_, at) => at).filter((at) => at % 3 > 0);
    const shapes = [
      { dims: [90, 300, 3, 3], cuts: [0, 1] },
      { dims: [90, 300, 3, 3], cuts: [0] },
      { dims: [300, 701], cuts: [1] },
      { dims: [1, 600, 400], cuts: [1, 2] },
      { dims: [3, 70_001], cuts: [1] },
      { dims: [120, 40, 60], cuts: [0, 1, 2] },
      { dims: [90_000, 2], cuts: [0] },
    ];
    for (const { dims, cuts: axes } of shapes) {
      for (const type of [DataType.FLOAT, DataType.FLOAT16, DataType.INT8]) {
        it(`happens while it is read: [${dims}] along ${axes}, type ${type}`, () => {
          const tensor = randomTensor(type, dims, 5);
          const cuts = axes.map((axis) => ({ axis, kept: everyThird(dims[axis] as number) }));
          const cut = cutTensor(tensor, cuts);
          const whole = rawBytes(cut);
          expect(whole.length).to.equal(bytesOf(type, elementsOf(cut.dims)));
          const width = (bitsOf(type) ?? 8) / 8;
          const before = rawBytes(tensor);
          const original = leftIndices(dims, cuts);
          expect(original.length * width).to.equal(whole.length);
          original.forEach((at, i) => {
            for (let byte = 0; byte < width; byte++)
              if (before[at * width + byte] !== whole[i * width + byte])
                expect.fail(`element ${i} is another`);
          });
          const source = rawSource(cut);
          for (const [from, length] of [
            [0, 1],
            [1, 77_777],
            [whole.length - 5, 5],
            [whole.length >> 1, 3],
          ] as const) {
            const part = new Uint8Array(Math.min(length, whole.length - from));
            source.read(from, part);
            expect(Buffer.compare(part, whole.subarray(from, from + part.length))).to.equal(0);
          }
        });
      }
    }

    it("can be cut again, written, and is read anew each time", () => {
      const tensor = randomTensor(DataType.FLOAT, [90, 300, 3, 3], 1);
      const once = cutTensor(tensor, [{ axis: 0, kept: everyThird(90) }]);
      const twice = cutTensor(once, [{ axis: 1, kept: everyThird(300) }]);
      const both = [0, 1].map((axis) => ({ axis, kept: everyThird(axis === 0 ? 90 : 300) }));
      const expected = rawBytes(cutTensor(tensor, both));
      expect(Buffer.compare(rawBytes(twice), expected)).to.equal(0);
      expect(rawBytes(twice)).to.not.equal(rawBytes(twice));
      const graph = new Graph({ name: "g" });
      graph.setInitializer("t", twice);
      const model = new Model({ irVersion: 10, graph });
      const bytes = modelToBytes(model);
      const joined = Buffer.concat([...encodeModel(model).chunks()]);
      expect(Buffer.compare(bytes, joined)).to.equal(0);
      for (const externalData of ["never", "always"] as const) {
        const path = folder.path(`${externalData}.onnx`);
        writeModel(model, path, { externalData });
        const read = readModel(path).graph.find("t")?.initializer;
        expect(read && Buffer.compare(rawBytes(read), expected)).to.equal(0);
      }
    });
  });
});

/** The flat indices that cuts leave. */
function leftIndices(dims: readonly number[], cuts: readonly AxisCut[]): number[] {
  let indices = [0];
  dims.forEach((size, axis) => {
    const kept = cuts.find((cut) => cut.axis === axis)?.kept ?? [...new Array(size).keys()];
    indices = indices.flatMap((at) => kept.map((position) => at * size + position));
  });
  return indices;
}
