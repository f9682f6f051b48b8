import { expect } from "chai";
import fc from "fast-check";
import { elementsOf, type Model, type Value } from "../../src/ir/index.js";
import { matchShuffle, type Shuffle } from "../../src/ops/index.js";
import { model } from "../support/graph.js";

type Dims = readonly number[];

/** Reshape, Transpose, Reshape with these dimensions. */
function chain(from: Dims, inner: Dims, perm: readonly number[], to: Dims, rest = "z = Relu(y)"): Model {
  const list = (numbers: Dims) => `{${numbers.join(", ")}}`;
  return model(`<ir_version: 10, opset_import: ["" : 21]> f (float[${from}] x) => (float[] z)
    <int64[${inner.length}] s = ${list(inner)}, int64[${to.length}] t = ${list(to)}>
    {r = Reshape(x, s) p = Transpose <perm = [${perm}]> (r) y = Reshape(p, t) ${rest}}`);
}

function match(graph: Model, sizes: Readonly<Record<string, Dims>>): Shuffle | undefined {
  const first = graph.graph.nodes[0];
  if (!first) throw new Error("an empty graph");
  return matchShuffle(first, ({ name }: Value) => sizes[name]);
}

/** Where each element of the result comes from, worked out element by element. */
function movedElements(inner: Dims, perm: readonly number[]): number[] {
  const result: number[] = [];
  const outDims = perm.map((axis) => inner[axis] ?? 1);
  for (let i = 0; i < elementsOf(inner); i++) {
    const index = new Array<number>(inner.length).fill(0);
    let rest = i;
    for (let k = perm.length - 1; k >= 0; k--) {
      index[perm[k] ?? 0] = rest % (outDims[k] ?? 1);
      rest = Math.floor(rest / (outDims[k] ?? 1));
    }
    result.push(index.reduce((at, each, axis) => at * (inner[axis] ?? 1) + each, 0));
  }
  return result;
}

describe("channel shuffles", () => {
  it("finds ShuffleNet's", () => {
    const [x, r] = [
      [2, 6, 4, 4],
      [2, 2, 3, 4, 4],
    ];
    const graph = chain(x, r, [0, 2, 1, 3, 4], x);
    const shuffle = match(graph, { x, r, y: x });
    expect(shuffle).to.include({ axis: 1, input: graph.graph.value("x"), output: graph.graph.value("y") });
    expect(shuffle?.nodes).to.deep.equal(graph.graph.nodes.slice(0, 3));
    expect(shuffle?.permutation).to.deep.equal([0, 3, 1, 4, 2, 5]);
  });

  it("says what happens to every element, or nothing", () => {
    const size = fc.integer({ min: 1, max: 3 });
    const cases = fc
      .tuple(fc.array(size, { minLength: 1, maxLength: 5 }), fc.nat(), fc.nat(), fc.nat())
      .map(([inner, a, b, c]) => {
        const perm = inner.map((_, axis) => axis);
        const [i, j] = [a % perm.length, b % perm.length];
        [perm[i], perm[j]] = [perm[j] ?? 0, perm[i] ?? 0];
        const start = c % inner.length;
        // Some of the axes joined: the tensor before the cut.
        const from = [
          ...inner.slice(0, start),
          elementsOf(inner.slice(start, start + 2)),
          ...inner.slice(start + 2),
        ];
        return { inner, perm, from };
      });
    let found = 0;
    fc.assert(
      fc.property(cases, ({ inner, perm, from }) => {
        const shuffle = match(chain(from, inner, perm, from), { x: from, r: inner, y: from });
        const moved = movedElements(inner, perm);
        if (!shuffle) return;
        found++;
        const behind = elementsOf(from.slice(shuffle.axis + 1));
        const width = from[shuffle.axis] ?? 1;
        const expected = moved.map((_, i) => {
          const at = Math.floor(i / behind) % width;
          return i + ((shuffle.permutation[at] ?? 0) - at) * behind;
        });
        expect(expected).to.deep.equal(moved);
      }),
      { numRuns: 500 },
    );
    expect(found).to.be.above(20);
  });

  const [x, r] = [
    [2, 6, 4],
    [2, 2, 3, 4],
  ];

  it("leaves alone what others read, what is an output, and what changes the shape", () => {
    const perm = [0, 2, 1, 3];
    expect(
      match(chain(x, r, perm, x, "u = Relu(p) v = ReduceSum(u) z = Add(y, v)"), { x, r, y: x }),
    ).to.equal(undefined);
    const exposed = chain(x, r, perm, x);
    exposed.graph.addOutput(exposed.graph.value("p"));
    expect(match(exposed, { x, r, y: x })).to.equal(undefined);
    expect(match(chain(x, r, perm, [2, 2, 12]), { x, r, y: [2, 2, 12] })).to.equal(undefined);
    expect(match(chain(x, r, perm, x), { x, y: x })).to.equal(undefined);
  });

  it("leaves alone what moves places into channels, and what moves nothing", () => {
    expect(match(chain(x, r, [0, 1, 3, 2], x), { x, r, y: x })).to.equal(undefined);
    expect(match(chain(x, r, [0, 1, 2, 3], x), { x, r, y: x })).to.equal(undefined);
  });
});
