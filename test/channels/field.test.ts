import { expect } from "chai";
import fc from "fast-check";
import {
  concatGrids,
  type Field,
  pairsAlong,
  permuteField,
  reduceField,
  spreadField,
  takeFromGrid,
} from "../../src/channels/field.js";
import { reshapeFields } from "../../src/channels/reshape-fields.js";
import { elementsOf } from "../../src/ir/index.js";

/** The label of every element of a tensor of `dims`, row-major: the slow, certain way to say what a field means. */
function onElements(field: Field, dims: readonly number[]): number[] {
  return positions(dims).map((position) => {
    const at = field.axes.reduce((sum, axis) => sum * (dims[axis] as number) + (position[axis] as number), 0);
    return field.labels[at] as number;
  });
}

function positions(dims: readonly number[]): number[][] {
  return dims.reduce<number[][]>(
    (all, size) => all.flatMap((head) => Array.from({ length: size }, (_, i) => [...head, i])),
    [[]],
  );
}

const isSame = (a: number, b: number) => a === b;

/** Sizes whose product stays small, with a field on some of the axes. */
const labelled = fc
  .array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 })
  .chain((dims) =>
    fc.record({
      dims: fc.constant(dims),
      axes: fc.subarray(
        dims.map((_, axis) => axis),
        { minLength: 1 },
      ),
      classes: fc.integer({ min: 1, max: 1000 }),
      seed: fc.nat(),
    }),
  )
  .map(({ dims, axes, classes, seed }) => {
    const own = axes.map((axis) => dims[axis] as number);
    const labels = Int32Array.from(
      { length: elementsOf(own) },
      (_, i) => ((i * 7919 + seed) % 10007) % classes,
    );
    const field: Field = { axes, dims: own, labels, sources: [] };
    return { dims, field };
  });

/** Factors that two shapes are both made of, by joining neighbours. */
const shapes = fc
  .array(
    fc.record({
      size: fc.integer({ min: 1, max: 4 }),
      startsFrom: fc.boolean(),
      startsTo: fc.boolean(),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((factors) => {
    const join = (starts: (i: number) => boolean) =>
      factors.reduce<number[]>((dims, { size }, i) => {
        if (i === 0 || starts(i)) dims.push(size);
        else dims[dims.length - 1] = (dims.at(-1) as number) * size;
        return dims;
      }, []);
    return {
      from: join((i) => factors[i]?.startsFrom === true),
      to: join((i) => factors[i]?.startsTo === true),
    };
  });

describe("fields", () => {
  it("move with a transposition as elements do", () => {
    fc.assert(
      fc.property(labelled, fc.nat(), ({ dims, field }, seed) => {
        const perm = dims.map((_, axis) => axis).sort((a, b) => ((a + seed) % 3) - ((b + seed) % 3) || b - a);
        const to = perm.map((axis) => dims[axis] as number);
        const moved = permuteField(field, perm);
        expect(moved.axes).to.deep.equal([...moved.axes].sort((a, b) => a - b));
        expect(moved.dims).to.deep.equal(moved.axes.map((axis) => to[axis]));
        const before = onElements(field, dims);
        const expected = positions(to).map((position) => {
          const source = dims.map((_, axis) => position[perm.indexOf(axis)] as number);
          return before[source.reduce((sum, at, axis) => sum * (dims[axis] as number) + at, 0)];
        });
        expect(onElements(moved, to)).to.deep.equal(expected);
      }),
    );
  });

  it("lose axes along which nothing changes and stay the same for every element", () => {
    fc.assert(
      fc.property(labelled, ({ dims, field }) => {
        const reduced = reduceField(field, isSame);
        expect(onElements(reduced, dims)).to.deep.equal(onElements(field, dims));
        if (reduced.axes.length === 1) return;
        for (const axis of reduced.axes) {
          const { first, rest } = pairsAlong(reduced, axis);
          expect(first, `axis ${axis} says something`).not.to.deep.equal(rest);
        }
      }),
    );
  });

  it("pair every label along an axis with the first of its row", () => {
    const field: Field = { axes: [0, 2], dims: [2, 3], labels: Int32Array.of(1, 2, 3, 4, 5, 6), sources: [] };
    expect(pairsAlong(field, 2)).to.deep.equal({
      first: Int32Array.of(1, 1, 4, 4),
      rest: Int32Array.of(2, 3, 5, 6),
    });
    expect(pairsAlong(field, 0)).to.deep.equal({
      first: Int32Array.of(1, 2, 3),
      rest: Int32Array.of(4, 5, 6),
    });
  });

  it("repeat along further axes", () => {
    fc.assert(
      fc.property(labelled, ({ dims, field }) => {
        const all = dims.map((_, axis) => axis);
        const spread = spreadField(field, all, dims);
        expect([...spread]).to.deep.equal(onElements(field, dims));
      }),
    );
  });

  it("survive a reshape whose factors are common, element for element", () => {
    fc.assert(
      fc.property(shapes, fc.nat(), ({ from, to }, seed) => {
        const axis = seed % from.length;
        const size = from[axis] as number;
        const labels = Int32Array.from({ length: size }, (_, i) => 100 + i);
        const field: Field = { axes: [axis], dims: [size], labels, sources: [] };
        const { fields, torn } = reshapeFields([field], from, to, isSame);
        expect(torn).to.deep.equal([]);
        const [moved] = fields;
        if (!moved) throw new Error("the field is gone");
        expect(onElements(moved, to)).to.deep.equal(onElements(field, from));
      }),
    );
  });

  it("come back from a reshape and its inverse", () => {
    fc.assert(
      fc.property(shapes, fc.nat(), ({ from, to }, seed) => {
        const axis = seed % from.length;
        const size = from[axis] as number;
        const labels = Int32Array.from({ length: size }, (_, i) => 100 + i);
        const field: Field = { axes: [axis], dims: [size], labels, sources: [] };
        const there = reshapeFields([field], from, to, isSame).fields;
        const back = reshapeFields(there, to, from, isSame);
        expect(back.torn).to.deep.equal([]);
        expect(back.fields.map((each) => onElements(each, from))).to.deep.equal([onElements(field, from)]);
        if (size > 1) expect(back.fields[0]?.axes).to.deep.equal([axis]);
      }),
    );
  });

  it("are torn by a reshape without common factors, or right", () => {
    const pair = fc.constantFrom(
      { from: [2, 6, 5], to: [4, 15] },
      { from: [6, 4], to: [4, 6] },
      { from: [2, 3, 4], to: [4, 3, 2] },
      { from: [2, 3, 5], to: [2, 15] },
      { from: [8, 3], to: [2, 12] },
      { from: [2, 0, 4], to: [0, 8] },
    );
    fc.assert(
      fc.property(pair, fc.nat(2), ({ from, to }, pick) => {
        const axis = pick % from.length;
        const size = from[axis] as number;
        const labels = Int32Array.from({ length: size }, (_, i) => 100 + i);
        const field: Field = { axes: [axis], dims: [size], labels, sources: [] };
        const { fields, torn } = reshapeFields([field], from, to, isSame);
        expect(fields.length + torn.length).to.equal(1);
        for (const moved of fields) expect(onElements(moved, to)).to.deep.equal(onElements(field, from));
      }),
    );
    const field: Field = { axes: [0], dims: [6], labels: Int32Array.of(1, 2, 3, 4, 5, 6), sources: [] };
    expect(reshapeFields([field], [6, 4], [4, 6], isSame).torn).to.deep.equal([field]);
  });

  it("say which old axis a new one comes from", () => {
    const origin = (from: number[], to: number[]) => reshapeFields([], from, to, isSame).origin;
    expect(origin([2, 8, 4, 4], [2, 128])).to.deep.equal([0, 1]);
    expect(origin([2, 8, 16], [2, 2, 4, 4, 4])).to.deep.equal([0, 1, 1, 2, 2]);
    expect(origin([2, 8, 1, 1], [2, 8])).to.deep.equal([0, 1]);
    expect(origin([2, 8], [2, 1, 8])).to.deep.equal([0, undefined, 1]);
  });

  it("are taken and padded along one axis", () => {
    fc.assert(
      fc.property(
        labelled,
        fc.array(fc.integer({ min: -1, max: 30 }), { maxLength: 5 }),
        ({ field }, picks) => {
          const axis = field.axes.at(-1) as number;
          const size = field.dims.at(-1) as number;
          const indices = picks.map((pick) => (pick < 0 ? -1 : pick % size));
          let blank = 5000;
          const taken = takeFromGrid(field, axis, indices, (count) =>
            Int32Array.from({ length: count }, () => blank++),
          );
          const rows = field.labels.length / size;
          let next = 5000;
          const expected = Array.from({ length: rows }, (_, row) =>
            indices.map((index) => (index < 0 ? next++ : (field.labels[row * size + index] as number))),
          ).flat();
          expect([...taken.labels]).to.deep.equal(expected);
          expect(taken.dims).to.deep.equal([...field.dims.slice(0, -1), indices.length]);
        },
      ),
    );
  });

  it("stand one after another along one axis", () => {
    const parts = [Int32Array.of(1, 2, 3, 4), Int32Array.of(5, 6)];
    const dims = [
      [2, 2],
      [2, 1],
    ];
    expect([...concatGrids(parts, dims, 1, [2, 3])]).to.deep.equal([1, 2, 5, 3, 4, 6]);
    const columns = [
      [2, 2],
      [1, 2],
    ];
    expect([...concatGrids(parts, columns, 0, [3, 2])]).to.deep.equal([1, 2, 3, 4, 5, 6]);
  });
});
