import { expect } from "chai";
import fc from "fast-check";
import { Random } from "../../src/base/random.js";
import { canonical, Numbering, type TypedGraph } from "../../src/motifs/canonical.js";

describe("canonical order", () => {
  it("of a graph under other numbers is the same", () => {
    fc.assert(
      fc.property(graphs, fc.nat(), (graph, seed) => {
        const colours = new Numbering();
        const [a, b] = [canonical(graph, colours), canonical(renumbered(graph, seed), colours)];
        // Nodes that look alike may change places, so that keys can differ where twins are told apart by others.
        if (new Set(describeNodes(graph)).size === graph.nodeCount) expect(b.key).to.equal(a.key);
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  it("spells the graph out: the key and the order rebuild it", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const { key, nodes, edges } = canonical(graph, new Numbering());
        expect([...nodes].sort((a, b) => a - b)).to.deep.equal(
          Array.from({ length: graph.nodeCount }, (_, i) => i),
        );
        const place = new Map(nodes.map((node, i) => [node, i]));
        const spelled = edges.map((edge) => {
          const { source, target, type } = graph.edges[edge] as TypedGraph["edges"][number];
          return `${place.get(source)}-${type}-${place.get(target)}`;
        });
        expect(key).to.equal(`${graph.nodeCount}: ${spelled.join(" ")}`);
      }),
      { numRuns: 200, seed: 2 },
    );
  });

  it("tells types of edges apart, and ways that meet from ways that do not", () => {
    const colours = new Numbering();
    const key = (...edges: [number, number, number][]) =>
      canonical(
        { nodeCount: 4, edges: edges.map(([source, target, type]) => ({ source, target, type })) },
        colours,
      ).key;
    const diamond = key([0, 1, 5], [0, 2, 6], [1, 3, 5], [2, 3, 6]);
    expect(key([0, 1, 6], [0, 2, 5], [1, 3, 6], [2, 3, 5])).to.equal(diamond);
    expect(key([0, 1, 5], [0, 2, 6], [1, 3, 6], [2, 3, 5])).not.to.equal(diamond);
    expect(key([0, 1, 5], [0, 1, 6], [1, 3, 5], [2, 3, 6])).not.to.equal(diamond);
  });
});

/** Acyclic multigraphs with edges of two types. */
const graphs: fc.Arbitrary<TypedGraph> = fc
  .record({
    nodeCount: fc.integer({ min: 2, max: 8 }),
    picks: fc.array(fc.tuple(fc.nat(7), fc.nat(7), fc.nat(1)), { minLength: 1, maxLength: 12 }),
  })
  .map(({ nodeCount, picks }) => ({
    nodeCount,
    edges: picks.flatMap(([a, b, type]) => {
      const [source, target] = [a % nodeCount, b % nodeCount];
      return source < target ? [{ source, target, type }] : [];
    }),
  }));

/** The same graph under numbers that still rise along every edge. */
function renumbered({ nodeCount, edges }: TypedGraph, seed: number): TypedGraph {
  const random = new Random(seed);
  const left = new Set(Array.from({ length: nodeCount }, (_, i) => i));
  const place = new Map<number, number>();
  while (left.size > 0) {
    const free = [...left].filter((node) =>
      edges.every(({ source, target }) => target !== node || !left.has(source)),
    );
    const next = free[random.below(free.length)] as number;
    place.set(next, place.size);
    left.delete(next);
  }
  const moved = edges.map(({ source, target, type }) => ({
    source: place.get(source) as number,
    target: place.get(target) as number,
    type,
  }));
  return { nodeCount, edges: moved.sort(() => random.uniform() - 0.5) };
}

/** What tells a node apart: all ways to it and all ways from it. */
function describeNodes({ nodeCount, edges }: TypedGraph): string[] {
  const to = (node: number): string =>
    `(${edges
      .filter(({ target }) => target === node)
      .map((edge) => edge.type + to(edge.source))
      .sort()})`;
  const from = (node: number): string =>
    `(${edges
      .filter(({ source }) => source === node)
      .map((edge) => edge.type + from(edge.target))
      .sort()})`;
  return Array.from({ length: nodeCount }, (_, node) => `${to(node)} ${from(node)}`);
}
