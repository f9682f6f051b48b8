import { expect } from "chai";
import { type GraphObservation, type GraphSpace, multiStageGnn } from "../../src/agent/index.js";
import { observationFeeds } from "../../src/agent/network/observation-feed.js";
import { Random } from "../../src/base/random.js";
import { numbersIn } from "../../src/runtime/index.js";
import { distance, encode } from "./encode.js";
import { indices, numbers, randomObservation, twoLevels } from "./tasks.js";

const random = new Random(7);
const observations = Array.from({ length: 5 }, () => randomObservation(random));

const firstSites = { graphs: indices(0, 0, 1), nodes: indices(0, 1, 0), features: numbers(0, 0, 0) };

/** One level whose graphs bring their own edges. */
const ownEdges: GraphSpace = {
  nodeFeatures: 2,
  edgeFeatures: 1,
  globals: 0,
  structures: [{ id: "own", level: 1, nodes: 6, edges: 7, capacity: 1, holds: [] }],
};

function ownGraph(nodes: number, sources: number[], targets: number[]): GraphObservation {
  const topology = { sources: indices(...sources), targets: indices(...targets) };
  const values = Float32Array.from({ length: nodes * 2 }, () => random.normal());
  const edges = new Float32Array(sources.length).fill(0.5);
  return {
    graphs: [
      { structure: 0, nodes: values, edges, inner: new Int32Array(sources.length).fill(-1), topology },
    ],
  };
}

describe("m-GNN", () => {
  for (const pooling of ["attention", "paper"] as const) {
    it(`embeds a batch of different states as it embeds them one by one (${pooling} pooling)`, async () => {
      const encoder = multiStageGnn({ hidden: 16, pooling });
      const together = await encode(encoder, twoLevels, observations);
      for (const [i, observation] of observations.entries()) {
        const alone = await encode(encoder, twoLevels, [observation]);
        expect(distance(together.graph[i], alone.graph[0])).to.be.below(1e-6);
        for (const site of [0, 1, 2])
          expect(distance(together.sites[3 * i + site], alone.sites[site])).to.be.below(1e-6);
      }
      // Fault B1 of the published code: every state of a batch had the embedding of the first.
      for (const row of together.graph.slice(1)) expect(distance(together.graph[0], row)).to.be.above(1e-3);
    });
  }

  it("sees the same state the same way twice", async () => {
    const [first] = observations as [GraphObservation];
    const { graph } = await encode(multiStageGnn(), twoLevels, [first, first]);
    expect(graph[0]).to.deep.equal(graph[1]);
    expect((await encode(multiStageGnn(), twoLevels, [first])).graph[0]).to.deep.equal(
      (await encode(multiStageGnn(), twoLevels, [first])).graph[0],
    );
  });

  it("embeds a graph that stands on several edges once, as if each edge had its own", async () => {
    const [first] = observations as [GraphObservation];
    const [a, , , , whole] = first.graphs as Required<GraphObservation>["graphs"][number][];
    if (!a || !whole) throw new Error("there are five graphs");
    const shared = { ...first, graphs: [a, { ...whole, inner: indices(0, 0, 0, -1) }], sites: firstSites };
    const copies = {
      ...first,
      graphs: [a, a, a, { ...whole, inner: indices(0, 1, 2, -1) }],
      sites: firstSites,
    };
    const { graph } = await encode(multiStageGnn(), twoLevels, [shared, copies]);
    expect(distance(graph[0], graph[1])).to.be.below(1e-6);
    // What is not used of the room for cells stays empty.
    const used = (observation: GraphObservation) => {
      const nodes = observationFeeds(twoLevels, [observation]).get("graph0.nodes");
      return nodes ? Array.from(numbersIn(nodes)).filter((value) => value !== 0).length : 0;
    };
    expect(used(copies)).to.equal(3 * used(shared));
  });

  it("notices one number anywhere in the hierarchy", async () => {
    const [first] = observations as [GraphObservation];
    const changed = first.graphs.map((_, g) => ({
      ...first,
      graphs: first.graphs.map((graph, i) => {
        const nodes = graph.nodes.slice();
        nodes[0] = (nodes[0] ?? 0) + 1;
        return i === g ? { ...graph, nodes } : graph;
      }),
    }));
    const { graph } = await encode(multiStageGnn(), twoLevels, [first, ...changed]);
    for (const row of graph.slice(1)) expect(distance(graph[0], row)).to.be.above(1e-4);
  });

  it("notices what stands on each edge, features or graph, and nothing else there", async () => {
    // Fault B13 of the published code: an edge's row was looked up in a table that was checked one too far.
    const [first] = observations as [GraphObservation];
    const changed = first.graphs.flatMap((_, g) =>
      Array.from(first.graphs[g]?.inner ?? [], (inner, edge) => ({
        isPlain: inner < 0,
        observation: {
          ...first,
          graphs: first.graphs.map((graph, i) => {
            const edges = graph.edges.slice();
            if (i === g) edges[3 * edge + 2] = (edges[3 * edge + 2] ?? 0) + 1;
            return { ...graph, edges };
          }),
        },
      })),
    );
    const all = changed.map(({ observation }) => observation);
    const { graph } = await encode(multiStageGnn(), twoLevels, [first, ...all]);
    changed.forEach(({ isPlain }, i) => {
      const moved = distance(graph[0], graph[i + 1]);
      if (isPlain) expect(moved).to.be.above(1e-4);
      else expect(moved).to.equal(0);
    });
  });

  it("notices where an edge leads", async () => {
    const [a, b] = [ownGraph(4, [0, 0, 1, 2], [1, 2, 3, 3]), ownGraph(4, [0, 0, 1, 2], [1, 2, 3, 3])];
    const nodes = a.graphs[0]?.nodes ?? numbers();
    const rewired = ownGraph(4, [0, 0, 1, 1], [1, 2, 3, 3]);
    const withNodes = (observation: GraphObservation) => ({
      graphs: observation.graphs.map((graph) => ({ ...graph, nodes })),
    });
    const { graph } = await encode(multiStageGnn(), ownEdges, [a, withNodes(b), withNodes(rewired)]);
    expect(distance(graph[0], graph[1])).to.be.below(1e-7);
    expect(distance(graph[0], graph[2])).to.be.above(1e-4);
  });

  it("embeds graphs of other sizes beside each other as it does alone", async () => {
    const graphs = [
      ownGraph(2, [0], [1]),
      ownGraph(6, [0, 1, 2, 3, 4, 0, 1], [1, 2, 3, 4, 5, 5, 4]),
      ownGraph(1, [], []),
    ];
    const together = await encode(multiStageGnn(), ownEdges, graphs);
    for (const [i, observation] of graphs.entries()) {
      const alone = await encode(multiStageGnn(), ownEdges, [observation]);
      expect(distance(together.graph[i], alone.graph[0])).to.be.below(1e-6);
    }
    const tight = {
      ...ownEdges,
      structures: [{ id: "own", level: 1, nodes: 2, edges: 1, capacity: 1, holds: [] }],
    };
    const alone = await encode(multiStageGnn(), tight, graphs.slice(0, 1));
    expect(distance(together.graph[0], alone.graph[0])).to.be.below(1e-6);
  });

  it("embeds graphs with edges of their own as it embeds those that share them", async () => {
    const observation = ownGraph(4, [0, 0, 1, 2], [1, 2, 3, 3]);
    const topology = observation.graphs[0]?.topology;
    const structure = { id: "own", level: 1, nodes: 4, edges: 4, capacity: 1, holds: [], topology };
    const own = await encode(multiStageGnn(), ownEdges, [observation]);
    const shared = await encode(multiStageGnn(), { ...ownEdges, structures: [structure] }, [observation]);
    expect(distance(own.graph[0], shared.graph[0])).to.be.below(1e-6);
  });

  it("shares weights within a level, not between levels", async () => {
    const { weights } = await encode(multiStageGnn({ rounds: 1 }), twoLevels, observations.slice(0, 1));
    const names = weights.map(({ name }) => name);
    expect(names.filter((name) => name.startsWith("encoder.level2."))).to.have.length(9);
    const sameLevel = {
      ...twoLevels,
      structures: twoLevels.structures.map((each) => ({ ...each, level: 1 })),
    };
    const one = await encode(multiStageGnn({ rounds: 1 }), sameLevel, observations.slice(0, 1));
    expect(one.weights).to.have.length(9);
  });

  it("refuses a weight per node for graphs that change their size", async () => {
    let message = "";
    await encode(multiStageGnn({ pooling: "paper" }), ownEdges, [ownGraph(1, [], [])]).catch(
      (error: Error) => {
        message = error.message;
      },
    );
    expect(message).to.include('use "attention"');
  });
});
