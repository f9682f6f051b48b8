import { expect } from "chai";
import { invariant } from "../../src/base/errors.js";
import {
  type Budget,
  ChannelAnalysis,
  type ChannelGroup,
  channelGroups,
  pruningActions,
  type SelectionOptions,
} from "../../src/channels/index.js";
import { criterionNamed } from "../../src/importance/index.js";
import type { Model } from "../../src/ir/index.js";
import { type PrunedModel, pruneModel } from "../../src/rewrite/index.js";
import { inferShapes } from "../../src/runtime/index.js";
import { type BuiltNetwork, buildNetwork, type Form, networks } from "../../tools/networks/list.js";
import { randomWeights, type WeightSource, zeroWeights } from "../../tools/networks/net.js";
import { analysed } from "../support/sample.js";
import { userError } from "../support/user-error.js";
import { net } from "./patterns/pattern.js";

/** Groups in all, and numbers that the paper's agent chooses: the same for CIFAR and ImageNet. */
const spaces = [
  ["resnet20", 10, 10],
  ["resnet32", 16, 16],
  ["resnet44", 22, 22],
  ["resnet56", 28, 28],
  ["resnet110", 55, 55],
  ["resnet18", 12, 12],
  ["resnet50", 37, 37],
  ["mobilenet_v1", 14, 13],
  ["mobilenet_v2", 25, 17],
  ["shufflenet_v1", 17, 16],
  ["shufflenet_v2", 37, 16],
] as const;

function network(name: string, form: Form, weights: WeightSource): BuiltNetwork {
  const body = networks.get(name)?.[form];
  invariant(body, () => `${name} for ${form}`);
  return buildNetwork(body, form, weights);
}

function groupsOf({ model, dims }: BuiltNetwork): { all: readonly ChannelGroup[]; paper: ChannelGroup[][] } {
  const analysis = new ChannelAnalysis(model, dims);
  const all = channelGroups(analysis);
  expect(pruningActions(analysis, all, "exact")).to.deep.equal(all.map((group) => [group]));
  return { all, paper: pruningActions(analysis, all, "paper").map((groups) => [...groups]) };
}

const sizes = (groups: readonly ChannelGroup[]) => groups.map(({ size }) => size);

describe("what a policy chooses about", () => {
  for (const [name, exact, paper] of spaces) {
    for (const form of ["cifar", "imagenet"] as const) {
      if (!networks.get(name)?.[form]) continue;
      it(`${name} for ${form}: ${paper} numbers, ${exact} of exact groups`, () => {
        const found = groupsOf(network(name, form, zeroWeights));
        expect([found.all.length, found.paper.length]).to.deep.equal([exact, paper]);
      });
    }
  }

  it("VGG-16: thirteen convolutions, not the hidden linear layers that ImageNet's form has", () => {
    const [cifar, imagenet] = (["cifar", "imagenet"] as const).map((form) =>
      groupsOf(network("vgg16", form, zeroWeights)),
    );
    expect([cifar?.all.length, cifar?.paper.length]).to.deep.equal([13, 13]);
    expect([imagenet?.all.length, imagenet?.paper.length]).to.deep.equal([15, 13]);
    expect(imagenet?.all.slice(13).map(({ size }) => size)).to.deep.equal([4096, 4096]);
  });

  it("ResNet: what additions tie is one group through all stages", () => {
    const { paper } = groupsOf(network("resnet20", "cifar", zeroWeights));
    expect(paper[0]?.[0]?.producers.length).to.equal(10);
    expect(sizes(paper.flat())).to.deep.equal([64, 16, 16, 16, 32, 32, 32, 64, 64, 64]);
  });

  it("MobileNet-v1: the pointwise convolutions; the first one stays", () => {
    const { all, paper } = groupsOf(network("mobilenet_v1", "cifar", zeroWeights));
    expect(paper.flat()).to.deep.equal(all.slice(1));
  });

  it("MobileNet-v2: sixteen expansions, and one number for the seven linear bottlenecks", () => {
    const { paper } = groupsOf(network("mobilenet_v2", "imagenet", zeroWeights));
    expect(paper.slice(0, -1).map(sizes)).to.deep.equal(
      [96, 144, 144, 192, 192, 192, 384, 384, 384, 384, 576, 576, 576, 960, 960, 960].map((size) => [size]),
    );
    expect(sizes(paper.at(-1) ?? [])).to.deep.equal([16, 24, 32, 64, 96, 160, 320]);
  });

  it("ShuffleNet: inside of the blocks, whose output widths stay", async () => {
    for (const [name, widths] of [
      ["shufflenet_v1", [60, 120, 240]],
      ["shufflenet_v2", [58, 116, 232]],
    ] as const) {
      const whole = network(name, "cifar", randomWeights(1));
      const { paper } = groupsOf(whole);
      expect(new Set(sizes(paper.flat()))).to.deep.equal(new Set(widths));
      const before = await widthsInto(whole, "Concat");
      expect(Math.min(...before)).to.be.above(20);
      expect(await widthsInto(pruned(whole, { kind: "ratio", remove: 0.5 }), "Concat")).to.deep.equal(before);
    }
  }).timeout(60_000);
});

describe("pruning with --sharing paper", () => {
  it("removes the same share of all linear bottlenecks, whatever their channels score", () => {
    const whole = network("mobilenet_v2", "cifar", randomWeights(2));
    const tied =
      groupsOf(whole)
        .paper.at(-1)
        ?.map(({ id }) => id) ?? [];
    const result = pruned(whole, { kind: "macs", keep: 0.6 }, { ranking: "global" });
    expect(result.selection.met).to.equal(true);
    const own = result.plan.groups.filter(({ id }) => tied.includes(id));
    const shares = own.map(({ ratio }) => ratio);
    expect(own).to.have.length(7);
    expect(Math.min(...shares)).to.be.above(0);
    // No group is off by a channel or more.
    const most = Math.max(...shares);
    for (const { ratio, size } of own) expect(ratio).to.be.within(most - 1 / size, most);
  }).timeout(60_000);

  it("rounds every one of several widths that share a number", () => {
    const whole = network("mobilenet_v2", "cifar", randomWeights(2));
    const tied =
      groupsOf(whole)
        .paper.at(-1)
        ?.map(({ id }) => id) ?? [];
    const result = pruned(whole, { kind: "macs", keep: 0.6 }, { roundTo: 8 });
    const kept = result.plan.groups
      .filter(({ id }) => tied.includes(id))
      .map(({ size, removed }) => size - removed.length);
    expect(kept.filter((width) => width % 8 !== 0)).to.deep.equal([]);
    expect(Math.max(...kept)).to.be.below(320);
  }).timeout(60_000);

  it("says that it is in the way where a budget is out of reach", async () => {
    const { model, dims } = await linearOnly();
    const options = { budget: { kind: "macs", keep: 0.5 }, criterion: criterionNamed("l2") } as const;
    expect(pruneModel(model, dims, options).selection.met).to.equal(true);
    const message = await userError("unreachable", () =>
      pruneModel(model, dims, { ...options, sharing: "paper" }),
    );
    expect(message).to.contain("100.0 % at least").and.to.contain("--sharing");
  });
});

function pruned({ model, dims }: BuiltNetwork, budget: Budget, options: SelectionOptions = {}): PrunedModel {
  const criterion = criterionNamed("random");
  return pruneModel(model, dims, { ...options, budget, criterion, sharing: "paper" });
}

/** Two layers without a convolution. */
async function linearOnly() {
  const { analysis, model } = await analysed(
    net({
      constants: "float[8, 12] w, float[12, 5] v",
      inputs: "float[1, 8] x",
      outputs: "float[1, 5] z",
      nodes: "h = MatMul(x, w) r = Relu(h) z = MatMul(r, v)",
    }),
  );
  return { model, dims: analysis.dims };
}

/** Channels of all that the nodes of a type read. */
async function widthsInto({ model }: { readonly model: Model }, opType: string): Promise<number[]> {
  const { of: dims } = await inferShapes(model, { batch: 1 });
  const nodes = model.graph.nodes.filter((node) => node.opType === opType);
  return nodes.flatMap(({ inputs }) => inputs.map((value) => (value && dims(value)?.[1]) ?? 0));
}
