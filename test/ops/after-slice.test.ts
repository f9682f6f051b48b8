import { expect } from "chai";
import fc from "fast-check";
import { attribute } from "../../src/ir/index.js";
import { cutPositions } from "../../src/ops/slice.js";
import { afterSlice } from "./recorded-slice.js";

/** What 2^63 - 1, the usual "up to the end", is as a double. */
const FAR = 2 ** 63;
const subset = (size: number) =>
  fc
    .uniqueArray(fc.nat({ max: Math.max(0, size - 1) }), { minLength: 1, maxLength: size })
    .map((list) => list.sort((a, b) => a - b));

describe("Slice after slicing", () => {
  const bound = fc.oneof(fc.integer({ min: -14, max: 14 }), fc.constantFrom(FAR, -FAR));
  const step = fc.constantFrom(1, 1, 2, 3, -1, -2);

  it("reads exactly the kept channels that it read before", () => {
    const cuts = fc
      .integer({ min: 1, max: 12 })
      .chain((size) => fc.tuple(fc.constant(size), subset(size), bound, bound, step));
    fc.assert(
      fc.property(cuts, ([size, kept, start, end, by]) => {
        const before = cutPositions({ axis: 0, start, end, step: by }, size);
        const wanted = before.filter((at) => kept.includes(at));
        fc.pre(wanted.length > 0);
        const outcome = afterSlice({
          op: "Slice",
          inputs: [[size]],
          outputs: [[before.length]],
          kept: { "i0.0": kept, "o0.0": before.flatMap((at, i) => (kept.includes(at) ? [i] : [])) },
          holds: { 1: [start], 2: [end], 3: [0], 4: [by] },
        });
        const [from = start] = outcome.integers.get(1) ?? [];
        const [to = end] = outcome.integers.get(2) ?? [];
        const [stride = by] = outcome.integers.get(4) ?? [];
        const ranks =
          outcome.replaced?.constants ??
          cutPositions({ axis: 0, start: from, end: to, step: stride }, kept.length);
        expect(ranks.map((rank) => kept[rank])).to.deep.equal(wanted);
        for (const values of outcome.integers.values()) expect(Math.abs(values[0] ?? 0)).to.be.below(2 ** 31);
      }),
    );
  });

  it("keeps an end beyond the axis where that still holds, and steps where they stay even", () => {
    const whole = { op: "Slice", inputs: [[2, 8]], outputs: [[2, 6]] };
    const kept = { "i0.1": [0, 2, 4, 6], "o0.1": [0, 2, 4] };
    const open = afterSlice({ ...whole, kept, holds: { 1: [2], 2: [FAR], 3: [1] } });
    expect(open.integers).to.deep.equal(
      new Map([
        [1, [1]],
        [2, [4]],
      ]),
    );
    const untouched = afterSlice({ ...whole, kept: {}, holds: { 1: [2], 2: [FAR], 3: [1] } });
    expect(untouched.integers.size).to.equal(0);
  });

  it("becomes a Gather where no step fits", () => {
    const outcome = afterSlice({
      op: "Slice",
      inputs: [[8]],
      outputs: [[4]],
      kept: { "i0.0": [0, 1, 2, 4, 5, 6], "o0.0": [0, 1, 2, 3] },
      holds: { 1: [0], 2: [8], 3: [0], 4: [2] },
    });
    expect(outcome.replaced).to.deep.equal({ opType: "Gather", constants: [0, 2, 3, 5] });
  });

  it("writes attributes before opset 10", () => {
    const outcome = afterSlice({
      op: "Slice",
      opset: 9,
      attributes: [attribute.ints("starts", [3]), attribute.ints("ends", [-1]), attribute.ints("axes", [1])],
      inputs: [[2, 8]],
      outputs: [[2, 4]],
      kept: { "i0.1": [0, 3, 4, 7], "o0.1": [0, 1] },
    });
    expect(outcome.attributes).to.deep.equal(
      new Map([
        ["starts", [1]],
        ["ends", [3]],
      ]),
    );
  });
});

describe("Pad after slicing", () => {
  it("keeps as many blanks on each side as were kept, cutting off what is cut off", () => {
    const pads = fc.tuple(
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: -3, max: 3 }),
      fc.integer({ min: -3, max: 3 }),
    );
    const cuts = pads
      .filter(([size, lo, hi]) => size + Math.min(lo, 0) + Math.min(hi, 0) > 0)
      .chain((pad) => {
        const total = pad[0] + pad[1] + pad[2];
        return fc.tuple(
          fc.constant(pad),
          subset(pad[0]),
          fc.array(fc.boolean(), { minLength: total, maxLength: total }),
        );
      });
    fc.assert(
      fc.property(cuts, ([[size, lo, hi], kept, keepsBlank]) => {
        const isKept = (i: number) => {
          const at = i - lo;
          return at >= 0 && at < size ? kept.includes(at) : (keepsBlank[i] ?? false);
        };
        const output = Array.from({ length: size + lo + hi }, (_, i) => i).filter(isKept);
        fc.pre(output.some((i) => i >= lo && i < lo + size));
        const outcome = afterSlice({
          op: "Pad",
          inputs: [[2, size]],
          outputs: [[2, size + lo + hi]],
          kept: { "i0.1": kept, "o0.1": output },
          holds: { 1: [0, lo, 0, hi] },
        });
        const [, before = 0, , after = 0] = outcome.integers.get(1) ?? [0, lo, 0, hi];
        const padded = [
          ...new Array(Math.max(before, 0)).fill(-1),
          ...kept.slice(Math.max(-before, 0)),
          ...new Array(Math.max(after, 0)).fill(-1),
        ];
        const result = after < 0 ? padded.slice(0, after) : padded;
        expect(result).to.deep.equal(output.map((i) => (i >= lo && i < lo + size ? i - lo : -1)));
      }),
    );
  });

  it("refuses to keep nothing but blanks", () => {
    const outcome = afterSlice({
      op: "Pad",
      attributes: [attribute.ints("pads", [2, 0])],
      inputs: [[2]],
      outputs: [[4]],
      kept: { "i0.0": [], "o0.0": [0, 1] },
    });
    expect(outcome.refused).to.equal("a Pad would keep nothing of its input");
  });
});

describe("Split after slicing", () => {
  const cut = {
    op: "Split",
    inputs: [[2, 8]],
    outputs: [
      [2, 4],
      [2, 4],
    ],
    attributes: [attribute.int("axis", 1)],
  };
  const uneven = { "i0.1": [0, 4, 5, 6], "o0.1": [0], "o1.1": [0, 1, 2] };

  it("says its sizes where they are not equal any more: attribute, input, or both made new", () => {
    expect(afterSlice({ ...cut, kept: uneven, opset: 11 }).attributes).to.deep.equal(
      new Map([["split", [1, 3]]]),
    );
    expect(afterSlice({ ...cut, kept: uneven, opset: 13 }).replaced).to.deep.equal({
      opType: "Split",
      constants: [1, 3],
    });
    expect(afterSlice({ ...cut, kept: uneven, holds: { 1: [4, 4] } }).integers).to.deep.equal(
      new Map([[1, [1, 3]]]),
    );
  });

  it("stays as it is where the parts stay equal", () => {
    const even = { "i0.1": [0, 1, 4, 7], "o0.1": [0, 1], "o1.1": [0, 3] };
    expect(afterSlice({ ...cut, kept: even, opset: 13 })).to.deep.include({
      replaced: undefined,
      attributes: new Map(),
    });
  });

  it("refuses a part without channels", () => {
    const empty = { "i0.1": [4, 5], "o0.1": [], "o1.1": [0, 1] };
    expect(afterSlice({ ...cut, kept: empty }).refused).to.equal(
      "a part of a Split would lose all its channels",
    );
  });
});

describe("Reshape after slicing", () => {
  const halved = { "i0.1": [0, 2, 4, 6], "o0.1": Array.from({ length: 16 }, (_, i) => i) };
  const flat = { op: "Reshape", inputs: [[2, 8, 4]], outputs: [[2, 32]], kept: halved };

  it("keeps 0 and -1 where they still mean the right thing", () => {
    expect(afterSlice({ ...flat, holds: { 1: [0, -1] } }).integers.size).to.equal(0);
    expect(afterSlice({ ...flat, holds: { 1: [-1, 32] } }).integers.get(1)).to.deep.equal([-1, 16]);
    expect(afterSlice({ ...flat, holds: { 1: [0, 32] } }).integers.get(1)).to.deep.equal([0, 16]);
  });

  it("changes nothing where shape arithmetic has already followed", () => {
    expect(afterSlice({ ...flat, holds: { 1: [2, 32] }, computes: { 1: [2, 16] } }).integers.size).to.equal(
      0,
    );
  });

  it("refuses where a computed size does not follow", () => {
    const outcome = afterSlice({ ...flat, holds: { 1: [2, 32] }, computes: { 1: [2, 32] } });
    expect(outcome.refused).to.include("computed from data");
  });

  it("replaces a zero that copies the wrong axis", () => {
    const moved = {
      op: "Reshape",
      inputs: [[4, 8]],
      outputs: [[8, 4]],
      kept: { "i0.1": [0, 1], "o0.0": [0, 1] },
    };
    expect(afterSlice({ ...moved, holds: { 1: [8, -1] } }).integers.get(1)).to.deep.equal([2, -1]);
  });
});

describe("other operators after slicing", () => {
  it("Gather: indices become ranks, at the given number of axes", () => {
    const outcome = afterSlice({
      op: "Gather",
      inputs: [[10], [2, 3]],
      outputs: [[2, 3]],
      kept: { "i0.0": [1, 3, 8, 9], "o0.0": [0, 1], "o0.1": [0, 2] },
      holds: { 1: [3, 0, -1, 8, 2, 1] },
    });
    expect(outcome.integers.get(1)).to.deep.equal([1, 3, 2, 0]);
  });

  it("Squeeze without axes: names them where a channel axis has become one long", () => {
    const cut = {
      op: "Squeeze",
      inputs: [[2, 4, 1, 1]],
      outputs: [[2, 4]],
      kept: { "i0.1": [3], "o0.1": [3] },
    };
    expect(afterSlice({ ...cut, opset: 11 }).attributes).to.deep.equal(new Map([["axes", [2, 3]]]));
    expect(afterSlice(cut).replaced).to.deep.equal({ opType: "Squeeze", constants: [2, 3] });
  });

  it("Expand: sizes of one stay", () => {
    const cut = {
      op: "Expand",
      inputs: [[2, 8, 1]],
      outputs: [[2, 8, 5]],
      kept: { "i0.1": [0], "o0.1": [0] },
    };
    expect(afterSlice({ ...cut, holds: { 1: [8, 5] } }).integers.get(1)).to.deep.equal([1, 5]);
    expect(afterSlice({ ...cut, holds: { 1: [1, 5] } }).integers.size).to.equal(0);
  });

  it("Tile: counts the repeats again", () => {
    const cut = { op: "Tile", inputs: [[2, 1]], outputs: [[2, 8]], kept: { "o0.1": [0, 3, 5] } };
    expect(afterSlice({ ...cut, holds: { 1: [1, 8] } }).integers.get(1)).to.deep.equal([1, 3]);
  });

  it("Resize: writes the sizes of the axes listed", () => {
    const cut = {
      op: "Resize",
      inputs: [[2, 8, 4, 4]],
      outputs: [[2, 8, 9, 9]],
      kept: { "i0.1": [1, 2], "o0.1": [1, 2] },
    };
    expect(afterSlice({ ...cut, holds: { 3: [2, 8, 9, 9] } }).integers.get(3)).to.deep.equal([2, 2, 9, 9]);
    const axes = [attribute.ints("axes", [2, 3])];
    expect(afterSlice({ ...cut, attributes: axes, holds: { 3: [9, 9] } }).integers.size).to.equal(0);
  });

  it("GroupNormalization: counts the groups that are left, and wants them equal", () => {
    const cut = {
      op: "GroupNormalization",
      inputs: [[2, 8]],
      outputs: [[2, 8]],
      attributes: [attribute.int("num_groups", 4)],
    };
    expect(afterSlice({ ...cut, kept: { "i0.1": [2, 3, 6, 7] } }).attributes.get("num_groups")).to.equal(2);
    expect(afterSlice({ ...cut, kept: { "i0.1": [0, 3, 5, 6] } }).attributes.get("num_groups")).to.equal(4);
    expect(afterSlice({ ...cut, kept: { "i0.1": [0, 1, 5] } }).refused).to.include("unequal");
  });

  it("Conv: a depthwise convolution loses groups, a grouped one does not", () => {
    const cut = {
      op: "Conv",
      inputs: [[1, 8, 4, 4]],
      outputs: [[1, 8, 4, 4]],
      kept: { "i0.1": [0, 5, 6, 7] },
    };
    expect(afterSlice({ ...cut, attributes: [attribute.int("group", 8)] }).attributes.get("group")).to.equal(
      4,
    );
    expect(afterSlice({ ...cut, attributes: [attribute.int("group", 2)] }).attributes.size).to.equal(0);
  });
});
