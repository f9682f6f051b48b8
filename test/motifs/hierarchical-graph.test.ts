import { expect } from "chai";
import fc from "fast-check";
import { costTable } from "../../src/analysis/cost.js";
import { ChannelAnalysis, channelGroups } from "../../src/channels/index.js";
import type { Model, Value } from "../../src/ir/index.js";
import {
  edgeFeatures,
  findMotifs,
  HierarchicalGraph,
  type HierarchyState,
  type MotifInstance,
  motifsOf,
  nodeFeatures,
  type StateGraph,
} from "../../src/motifs/index.js";
import { networkModel, networkPlans, networkText } from "../support/network/index.js";
import { atRandom, cutUnits, measured } from "../support/oracle.js";
import { networks } from "./networks.js";

/** TOPIARY_FUZZ asks for more networks. */
const runs = Number(process.env.TOPIARY_FUZZ ?? 40);

/** A network with its analysis and the tree of its motifs. */
async function prepared(model: Model) {
  const { dims } = await measured(model);
  return { analysis: new ChannelAnalysis(model, dims), tree: findMotifs(model.graph) };
}

const small = (name: string) => (networks[name] as (style: "kept") => Model)("kept");

describe("features", () => {
  it("have names of their own and say what they are", () => {
    for (const features of [nodeFeatures, edgeFeatures]) {
      expect(new Set(features.map(({ name }) => name)).size).to.equal(features.length);
      for (const { about } of features) expect(about).to.match(/\w/);
    }
  });
});

describe("the hierarchical graph of a state", function () {
  this.timeout(60_000 + runs * 1000);

  it("has one graph for each different one, inner ones first, the network last", async () => {
    const { analysis, tree } = await prepared(small("resnet"));
    const hierarchy = new HierarchicalGraph(tree, analysis);
    const { graphs } = hierarchy.at(new Uint8Array(analysis.unitCount));
    expect(graphs.at(-1)?.motif).to.equal(tree.top.motif);
    expect(graphs.reduce((sum, { count }) => sum + count, 0)).to.equal(
      motifsOf(tree).reduce((sum, { instances }) => sum + instances.length, 0),
    );
    graphs.forEach(({ motif, nodes, edges, inner }, i) => {
      expect(nodes).to.have.length(motif.nodeCount * hierarchy.nodeFeatures.length);
      expect(edges).to.have.length(motif.edges.length * hierarchy.edgeFeatures.length);
      inner.forEach((index, edge) => {
        expect(index).to.be.below(i);
        const type = motif.edges[edge]?.type;
        expect(index < 0 ? type : graphs[index]?.motif).to.equal(type);
        if (index < 0) expect(type).to.have.property("kind");
      });
    });
  });

  it("blocks of equal widths share a graph until one of them is pruned", async () => {
    const { analysis, tree } = await prepared(small("resnet"));
    const hierarchy = new HierarchicalGraph(tree, analysis, { without: ["weights", "position"] });
    const blocks = ({ graphs }: HierarchyState) =>
      graphs.filter(({ motif }) => motif.family.name === "basic block").map(({ count }) => count);
    const removed = new Uint8Array(analysis.unitCount);
    expect(blocks(hierarchy.at(removed)).sort()).to.deep.equal([1, 1, 2, 2, 3]);
    const inner = channelGroups(analysis).find(({ producers }) => producers.length === 1);
    removed[inner?.units[0] as number] = 1;
    // Shares of the whole move everywhere; equal blocks stay equal, the pruned one stands alone.
    expect(blocks(hierarchy.at(removed)).sort()).to.deep.equal([1, 1, 1, 2, 2, 2]);
  });

  it("is the same for the same state, and another one for each pruned group", async () => {
    const { analysis, tree } = await prepared(small("mbconv"));
    const hierarchy = new HierarchicalGraph(tree, analysis);
    const none = new Uint8Array(analysis.unitCount);
    expect(bytes(hierarchy.at(none))).to.equal(bytes(new HierarchicalGraph(tree, analysis).at(none)));
    const states = channelGroups(analysis).map(({ units }) => {
      const removed = none.slice();
      removed[units[0] as number] = 1;
      return bytes(hierarchy.at(removed));
    });
    expect(new Set([bytes(hierarchy.at(none)), ...states]).size).to.equal(states.length + 1);
  });

  it("leaves out the columns of a group", async () => {
    const { analysis, tree } = await prepared(small("vgg"));
    const hierarchy = new HierarchicalGraph(tree, analysis, { without: ["weights", "cost"] });
    const groups = [...hierarchy.nodeFeatures, ...hierarchy.edgeFeatures].map(({ group }) => group);
    expect(new Set(groups)).to.deep.equal(
      new Set(["width", "coupling", "position", "structure", "sensitivity"]),
    );
  });

  it("shows measured sensitivities on what makes a group's channels", async () => {
    const { analysis, tree } = await prepared(small("vgg"));
    const [group] = channelGroups(analysis);
    const sensitivity = new Map([[group?.id ?? "", 0.25]]);
    const hierarchy = new HierarchicalGraph(tree, analysis, { sensitivity });
    const { graphs } = hierarchy.at(new Uint8Array(analysis.unitCount));
    const shown = (name: string) =>
      graphs.filter(({ motif }) => motif.id === "m1").map((graph) => edgeColumn(hierarchy, graph, name));
    expect(shown("sensitivity")).to.have.deep.members([
      [0, 0, 0],
      [0.25, 0, 0],
    ]);
    expect(shown("measured")).to.have.deep.members([
      [0, 0, 0],
      [1, 0, 0],
    ]);
  });

  it("of random networks and cuts: all numbers lie in [0, 1]", () =>
    forCuts(async ({ hierarchy, cut }) => {
      for (const { nodes, edges } of hierarchy.at(cut.removed).graphs) {
        for (const number of [...nodes, ...edges]) expect(number).to.be.within(0, 1);
      }
    }));

  it("of random networks and cuts: widths and costs are those of the sliced network", () =>
    forCuts(async ({ hierarchy, tree, cut }) => {
      const { dims, model } = cut.sliced;
      const cost = costTable(model.graph, dims);
      const macsOf = new Map([...cost.macsOf].map(([node, macs]) => [node.outputs[0]?.name, macs]));
      for (const [state, { values, parts }] of laidOut(hierarchy.at(cut.removed), tree.top)) {
        const channels = nodeColumn(hierarchy, state, "channels");
        const macs = edgeColumn(hierarchy, state, "macs");
        values.forEach((value, node) => {
          const left = channelSizes(value, model, dims);
          const width = Math.round(2 ** (16 * (channels[node] as number)) - 1);
          expect(left, value.name).to.include(width);
        });
        parts.forEach((part, edge) => {
          if ("motif" in part) return;
          const share = part.nodes.reduce((sum, node) => sum + (macsOf.get(node.outputs[0]?.name) ?? 0), 0);
          expect((macs[edge] as number) ** 2 * cost.macs).to.be.closeTo(share, 1e-4 * cost.macs + 1e-9);
        });
      }
    }));

  function forCuts(
    check: (found: {
      hierarchy: HierarchicalGraph;
      tree: ReturnType<typeof findMotifs>;
      cut: ReturnType<typeof cutUnits>;
    }) => Promise<void>,
  ): Promise<void> {
    const property = fc.asyncProperty(networkPlans(8), fc.nat(1000), async (plan, seed) => {
      const whole = await measured(networkModel(networkText(plan), seed));
      const cut = cutUnits(whole, atRandom(seed));
      const tree = findMotifs(whole.model.graph);
      await check({ hierarchy: new HierarchicalGraph(tree, cut.analysis), tree, cut });
    });
    return fc.assert(property, { numRuns: runs, seed: 20261121 });
  }
});

function bytes({ graphs }: HierarchyState): string {
  return graphs
    .map(({ nodes, edges, inner }) =>
      [nodes, edges, inner].map((array) => Buffer.from(array.buffer).toString("hex")),
    )
    .join();
}

function edgeColumn(hierarchy: HierarchicalGraph, { edges }: StateGraph, name: string): number[] {
  return column(edges, hierarchy.edgeFeatures, name);
}

function nodeColumn(hierarchy: HierarchicalGraph, { nodes }: StateGraph, name: string): number[] {
  return column(nodes, hierarchy.nodeFeatures, name);
}

function column(rows: Float32Array, features: readonly { readonly name: string }[], name: string): number[] {
  const at = features.findIndex((feature) => feature.name === name);
  return [...rows.filter((_, i) => i % features.length === at)];
}

/** Every graph of a state with the instance that it belongs to. */
function laidOut({ graphs }: HierarchyState, top: MotifInstance): [StateGraph, MotifInstance][] {
  const found: [StateGraph, MotifInstance][] = [];
  const open: [StateGraph, MotifInstance][] = [[graphs.at(-1) as StateGraph, top]];
  for (let next = open.pop(); next; next = open.pop()) {
    found.push(next);
    const [state, { parts }] = next;
    parts.forEach((part, edge) => {
      if ("motif" in part) open.push([graphs[state.inner[edge] as number] as StateGraph, part]);
    });
  }
  return found;
}

/** The sizes that a value has in the sliced network; 0 where nothing is known about it. */
function channelSizes(
  value: Value,
  sliced: Model,
  dims: (value: Value) => readonly number[] | undefined,
): number[] {
  const same = sliced.graph.find(value.name);
  return [...((same && dims(same)) ?? [0]), ...(dims(value) ? [] : [0])];
}
