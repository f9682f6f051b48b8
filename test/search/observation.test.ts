import { expect } from "chai";
import { multiStageGnn } from "../../src/agent/index.js";
import { ChannelAnalysis } from "../../src/channels/index.js";
import type { Model } from "../../src/ir/index.js";
import { findMotifs, HierarchicalGraph } from "../../src/motifs/index.js";
import { readModel } from "../../src/onnx/index.js";
import { HierarchyObserver } from "../../src/search/index.js";
import { distance, encode } from "../agent/encode.js";
import { networks } from "../motifs/networks.js";
import { measured } from "../support/oracle.js";
import { shared } from "../support/shared.js";

async function prepared(model: Model) {
  const { dims } = await measured(model);
  const analysis = new ChannelAnalysis(model, dims);
  const tree = findMotifs(model.graph);
  const hierarchy = new HierarchicalGraph(tree, analysis);
  const observer = new HierarchyObserver(tree, hierarchy);
  const observe = (removed: Iterable<number>) => {
    const marks = new Uint8Array(analysis.unitCount);
    for (const unit of removed) marks[unit] = 1;
    return observer.observe(hierarchy.at(marks));
  };
  return { tree, hierarchy, observer, observe };
}

/** A hundred times what float32 rounding moves. */
const MOVED = 1e-5;

const resnet = () => (networks.resnet as (style: "kept") => Model)("kept");

/** Embeddings of the whole network, and of it with a third of one group's channels gone, group by group. */
async function embeddings(model: Model, groupCount = Number.POSITIVE_INFINITY) {
  const { hierarchy, observer, observe } = await prepared(model);
  const cut = hierarchy.groups
    .slice(0, groupCount)
    .map(({ units }) => observe(units.slice(0, Math.ceil(units.length / 3))));
  const { graph } = await encode(multiStageGnn(), observer.space, [observe([]), observe([]), ...cut]);
  return graph;
}

describe("what an agent sees of a network", function () {
  this.timeout(120_000);

  it("has each different graph once, and room for every instance", async () => {
    const { hierarchy, observer, observe, tree } = await prepared(resnet());
    const { graphs } = observe([]);
    expect(graphs).to.have.length(hierarchy.at(new Uint8Array(1000)).graphs.length);
    const top = observer.space.structures.at(-1);
    expect(top?.id).to.equal(tree.top.motif.id);
    expect(top?.capacity).to.equal(1);
    observer.space.structures.forEach(({ holds }, index) => {
      for (const inner of holds) expect(inner).to.be.below(index);
    });
    graphs.forEach(({ structure, inner }) => {
      const { holds = [] } = observer.space.structures[structure] ?? {};
      for (const each of inner) if (each >= 0) expect(holds).to.include(graphs[each]?.structure);
    });
  });

  it("has a site for each channel group, on a feature map that is in the group", async () => {
    const { hierarchy, tree, observer, observe } = await prepared(resnet());
    const state = hierarchy.at(new Uint8Array(1000));
    const { sites } = observe([]);
    expect(sites?.nodes).to.have.length(hierarchy.groups.length);
    expect(observer.space.sites?.count).to.equal(hierarchy.groups.length);
    hierarchy.groups.forEach((_, group) => {
      const graph = sites?.graphs[group] ?? -1;
      const values = [...state.graphOf].flatMap(([instance, at]) =>
        at === graph ? [instance.values[sites?.nodes[group] ?? -1]] : [],
      );
      expect(values.map((value) => value && hierarchy.groupOf(value))).to.include(group);
    });
    expect(tree.values.length).to.be.above(0);
  });

  it("moves in its embedding when one group of a block is pruned", async () => {
    const [whole, again, ...cut] = await embeddings(resnet());
    expect(distance(whole, again)).to.equal(0);
    for (const row of cut) expect(distance(whole, row)).to.be.above(MOVED);
  });

  it("moves for each block of ResNet-56", async function () {
    const [whole, again, ...cut] = await embeddings(readModel(shared(this, "models/cifar10/resnet56.onnx")));
    expect(cut).to.have.length(28);
    expect(distance(whole, again)).to.equal(0);
    for (const row of cut) expect(distance(whole, row)).to.be.above(MOVED);
  });
});
