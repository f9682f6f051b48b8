import { expect } from "chai";
import fc from "fast-check";
import { Graph, Node } from "../../src/ir/index.js";
import type { Flow } from "../../src/motifs/flow.js";
import { structureTree } from "../../src/motifs/structure-tree.js";

/** Number of random graphs; TOPIARY_FUZZ asks for more. */
const runs = Number(process.env.TOPIARY_FUZZ ?? 300);

describe("structure tree", () => {
  it("a row of vertices is one chain", () => {
    const { chains, vertices } = structureTree(
      flow(4, [
        [0, 1],
        [1, 2],
        [2, 3],
      ]),
    );
    expect(chains).to.deep.equal([{ parent: 0, edges: [0, 1, 2], regions: [1, 2] }]);
    expect(vertices).to.deep.equal([[0, 3], [1], [2]]);
  });

  it("two ways between two vertices are a region with two chains inside", () => {
    // 0 → 1 → (2, 3) → 4 → 5
    const tree = structureTree(
      flow(6, [
        [0, 1],
        [1, 2],
        [1, 3],
        [2, 4],
        [3, 4],
        [4, 5],
      ]),
    );
    expect(tree.chains).to.deep.equal([
      { parent: 0, edges: [0, 5], regions: [1] },
      { parent: 1, edges: [1, 3], regions: [2] },
      { parent: 1, edges: [2, 4], regions: [3] },
    ]);
    expect(tree.vertices).to.deep.equal([[0, 5], [1, 4], [2], [3]]);
    expect(tree.inside).to.deep.equal([[0], [1, 2], [], []]);
  });

  it("a way straight across is a loose edge", () => {
    const tree = structureTree(
      flow(5, [
        [0, 1],
        [1, 2],
        [1, 3],
        [2, 3],
        [3, 4],
      ]),
    );
    expect(tree.loose).to.deep.equal([[], [2], []]);
  });

  it("of random graphs: two edges follow each other in a chain where every way through one leads through the other", () => {
    fc.assert(
      fc.property(graphs, (random) => {
        const { chains } = structureTree(random);
        const chained = new Map<number, number>();
        chains.forEach(({ edges }, chain) => {
          for (const edge of edges) chained.set(edge, chain);
        });
        const ways = allWays(random);
        random.from.forEach((_, a) => {
          random.from.forEach((_, b) => {
            if (a >= b) return;
            const together = ways.every((way) => way.has(a) === way.has(b));
            const same = chained.get(a) !== undefined && chained.get(a) === chained.get(b);
            expect(same, `edges ${a} and ${b}`).to.equal(together);
          });
        });
      }),
      { numRuns: runs, seed: 1 },
    );
  });

  it("of random graphs: every vertex is in one region, which lies inside those around it", () => {
    fc.assert(
      fc.property(graphs, (random) => {
        const { chains, vertices, inside } = structureTree(random);
        const seen = vertices.flat().sort((a, b) => a - b);
        expect(seen).to.deep.equal(Array.from(random.nodes.keys()));
        chains.forEach(({ parent, regions }, chain) => {
          expect(inside[parent]).to.include(chain);
          for (const region of regions) expect(region).to.be.above(parent);
        });
      }),
      { numRuns: runs, seed: 2 },
    );
  });
});

/** Vertex 0 is the source, the last one the sink; odd ones count as operators. */
function flow(size: number, edges: readonly (readonly [number, number])[]): Flow {
  const sorted = [...edges].sort((a, b) => a[0] - b[0]);
  const graph = new Graph();
  const node = new Node(graph, { opType: "Relu", inputs: [], outputs: [] });
  return {
    nodes: Array.from({ length: size }, (_, i) => (i % 2 === 1 ? node : undefined)),
    values: Array.from({ length: size }, () => undefined),
    from: Int32Array.from(sorted, ([from]) => from),
    to: Int32Array.from(sorted, ([, to]) => to),
  };
}

/** Acyclic graphs of up to 9 vertices, each of which lies on a way from the first to the last. */
const graphs: fc.Arbitrary<Flow> = fc
  .record({
    size: fc.integer({ min: 3, max: 9 }),
    picks: fc.array(fc.tuple(fc.nat(100), fc.nat(100)), { maxLength: 8 }),
    before: fc.array(fc.nat(100), { minLength: 9, maxLength: 9 }),
    behind: fc.array(fc.nat(100), { minLength: 9, maxLength: 9 }),
  })
  .map(({ size, picks, before, behind }) => {
    const edges: [number, number][] = [];
    const last = size - 1;
    for (let v = 1; v <= last; v++) edges.push([(before[v] as number) % v, v]);
    const left = (v: number) => !edges.some(([from]) => from === v);
    for (let v = last - 1; v >= 0; v--)
      if (left(v)) edges.push([v, v + 1 + ((behind[v] as number) % (last - v))]);
    for (const [a, b] of picks) if (a % size < b % size) edges.push([a % size, b % size]);
    return flow(size, edges);
  });

/** The edges of every way from source to sink. */
function allWays({ nodes, from, to }: Flow): Set<number>[] {
  const ways: Set<number>[] = [];
  const walk = (vertex: number, edges: readonly number[]) => {
    if (vertex === nodes.length - 1) ways.push(new Set(edges));
    from.forEach((tail, edge) => {
      if (tail === vertex) walk(to[edge] as number, [...edges, edge]);
    });
  };
  walk(0, []);
  return ways;
}
