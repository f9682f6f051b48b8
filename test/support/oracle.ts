import { expect } from "chai";
import { costTable, isParameter, storedConstants } from "../../src/analysis/cost.js";
import { Random } from "../../src/base/random.js";
import {
  type Budget,
  ChannelAnalysis,
  type ChannelRules,
  CostModel,
  channelGroups,
  checkSliced,
  type PrunePlan,
  planGroups,
  pruningOrders,
  type SelectionOptions,
} from "../../src/channels/index.js";
import { criteria } from "../../src/importance/index.js";
import { type Model, type Tensor, verifyGraph } from "../../src/ir/index.js";
import { constantTensor, type DimsOf } from "../../src/ops/index.js";
import {
  pruneModel,
  RewriteRefused,
  type SlicedModel,
  silencedModel,
  sliceModel,
} from "../../src/rewrite/index.js";
import { type Feeds, inputPorts, relativeDifference } from "../../src/runtime/index.js";
import { expectHonest } from "./honest.js";
import { feedsFor, type Observed, observe, runPlain } from "./observe.js";

/**
 * The largest |difference| of two outputs over the largest |output|. Both models do the same float32 products and sums,
 * the sliced one without the terms that are zero and therefore in another order: a sum of n terms moves by some
 * sqrt(n) roundings of 6e-8, which is near 1e-6 here. Anything wrong with a channel shows as more than 1e-2.
 */
export const TOLERANCE = 1e-4;

/** A model cut in one way, with all that was said beforehand about the result. */
export interface Cut {
  readonly original: Model;
  readonly analysis: ChannelAnalysis;
  readonly removed: Uint8Array;
  readonly sliced: SlicedModel;
  readonly plan: PrunePlan;
  /** What the closing check had to say on the way; operators may refuse a cut, but those that do not must be right. */
  readonly misaligned: readonly string[];
}

/** A model with the dimensions that one run of it showed. */
export interface Measured {
  readonly model: Model;
  readonly feeds: Feeds;
  readonly dims: DimsOf;
  readonly rules: Partial<ChannelRules>;
}

export async function measured(model: Model, seed = 1, rules: Partial<ChannelRules> = {}): Promise<Measured> {
  const feeds = feedsFor(model, seed);
  const { dims } = await observe(model, feeds);
  return { model, feeds, dims, rules };
}

/** Says which units go; the constraints between units are its own business. */
export type Choice = (analysis: ChannelAnalysis) => Uint8Array;

/** For every group a random order of its units and a random number of steps. */
export function atRandom(seed: number): Choice {
  return (analysis) => {
    const random = new Random(seed);
    const removed = new Uint8Array(analysis.unitCount);
    const scores = Float64Array.from(removed, () => random.uniform());
    for (const { steps } of pruningOrders(analysis, scores)) {
      for (const { units } of steps.slice(0, random.below(steps.length + 1)))
        for (const unit of units) removed[unit] = 1;
    }
    return removed;
  };
}

/** All that may go at once: the narrowest network. */
export const asMuchAsPossible: Choice = (analysis) => {
  const removed = new Uint8Array(analysis.unitCount);
  for (const { steps } of pruningOrders(analysis, removed)) {
    for (const { units } of steps) for (const unit of units) removed[unit] = 1;
  }
  return removed;
};

/** The units that channels `positions` on one axis of the constant `tensor` belong to. */
export function channelsOf(tensor: string, axis: number, positions: readonly number[]): Choice {
  return (analysis) => {
    const removed = new Uint8Array(analysis.unitCount);
    for (const holder of analysis.holders) {
      if (holder.constant.name !== tensor) continue;
      const labels = holder.blocks.get(String(axis))?.labels;
      for (const at of positions) {
        const unit = labels ? analysis.unitOf(labels[at] as number) : -1;
        expect(unit, `channel ${at} of ${tensor} can go`).to.be.at.least(0);
        removed[unit] = 1;
      }
    }
    return removed;
  };
}

/** Cuts what `choose` says, without what operators refuse to express: as pruneModel does, for any set of units. */
export function cutUnits({ model, dims, rules }: Measured, choose: Choice): Cut {
  const refused = new Set<string>();
  const misaligned: string[] = [];
  for (;;) {
    const analysis = new ChannelAnalysis(model, dims, { ...rules, refused });
    const removed = choose(analysis);
    const known = refused.size;
    try {
      const sliced = sliceModel(model, analysis, removed);
      const [problem] = checkSliced(analysis, sliced.model, removed, sliced.originals, sliced.dims);
      if (!problem) {
        const plan = planOf(analysis, removed, sliced);
        return { original: model, analysis, removed, sliced, plan, misaligned };
      }
      misaligned.push(problem.message);
      refused.add(problem.output);
    } catch (error) {
      if (!(error instanceof RewriteRefused)) throw error;
      for (const { output } of error.refusals) refused.add(output);
    }
    if (refused.size === known) throw new Error(`refused again: ${[...refused]}; ${misaligned}`);
  }
}

function planOf(analysis: ChannelAnalysis, removed: Uint8Array, { slices }: SlicedModel): PrunePlan {
  const costs = new CostModel(analysis);
  return {
    format: "topiary-plan/1",
    model: { name: "", sha256: "" },
    groups: planGroups(channelGroups(analysis), removed),
    slices,
    before: costs.plannedBefore,
    after: costs.running(removed).planned,
  };
}

/** What pruneModel does under a budget. */
export function cutToBudget(
  { model, dims, rules }: Measured,
  budget: Budget,
  options: SelectionOptions & { readonly seed?: number } = {},
): Cut {
  const criterion = criteria.get(options.seed === undefined ? "l2" : "random");
  expect(criterion).not.to.equal(undefined);
  const pruned = pruneModel(model, dims, {
    ...rules,
    ...options,
    budget,
    criterion: criterion as NonNullable<typeof criterion>,
    bestEffort: true,
  });
  const { analysis, plan, selection } = pruned;
  const { removed } = selection;
  const sliced = { ...sliceModel(model, analysis, removed), model: pruned.model };
  return { original: model, analysis, removed, sliced, plan, misaligned: [] };
}

/**
 * A cut must be exact: the closing check had nothing to say, the sliced model is sound, computes what the original computes when nobody reads the removed
 * channels, holds the kept values bit for bit, and has the dimensions and the cost that were predicted.
 */
export async function expectExact({ model, feeds }: Measured, cut: Cut): Promise<Observed> {
  const { original, sliced, plan, misaligned } = cut;
  expect(misaligned, "said by the closing check").to.deep.equal([]);
  expect(verifyGraph(sliced.model.graph)).to.deep.equal([]);
  expectHonest(original, sliced.model, plan.slices);
  const after = await observe(sliced.model, feeds);
  const silenced = silencedModel(original, plan);
  expectSameOutputs(await runPlain(silenced, feeds), after.outputs);
  if (hasOpenBatch(model)) {
    const more = feedsFor(model, 2, 3);
    expectSameOutputs(await runPlain(silenced, more), await runPlain(sliced.model, more));
  }
  expectPredictedDims(sliced, after.dims);
  expectPredictedCost(cut, after.dims);
  return after;
}

/** Constants that slicing adds (a scale that was computed from a count of channels) are no parameters of the original. */
function expectPredictedCost({ original, sliced, plan }: Cut, dims: DimsOf): void {
  const { macs, params, bytes } = costTable(sliced.model.graph, dims);
  const added = storedConstants(sliced.model.graph)
    .filter(({ value: { name } }) => !original.graph.find(name) && !sliced.originals.has(name))
    .map(({ tensor }) => tensor)
    .filter(isParameter);
  const sum = (size: (tensor: Tensor) => number) => added.reduce((total, each) => total + size(each), 0);
  const { otherMacs = 0, ...said } = plan.after;
  const own = {
    macs: macs - otherMacs,
    params: params - sum((tensor) => tensor.elements),
    bytes: bytes - sum((tensor) => tensor.byteLength),
  };
  expect(own, "cost").to.deep.equal(said);
}

/** Whether the number of samples is up to whoever runs the model. */
function hasOpenBatch({ graph }: Model): boolean {
  return inputPorts(graph).some(({ dims }) => typeof dims[0] === "string");
}

export function expectSameOutputs(wanted: Observed["outputs"], got: Observed["outputs"]): void {
  expect(got.map(({ name }) => name)).to.deep.equal(wanted.map(({ name }) => name));
  wanted.forEach((output, i) => {
    const other = got[i] as (typeof got)[number];
    expect(other.dims, output.name).to.deep.equal(output.dims);
    expect(other.dataType, output.name).to.equal(output.dataType);
    expect(relativeDifference(output, other), `difference of ${output.name}`).to.be.at.most(TOLERANCE);
  });
}

/** What slicing says about sizes, in its answer and in the file, is what a run shows. */
function expectPredictedDims({ model, dims }: SlicedModel, shown: DimsOf): void {
  for (const node of model.graph.nodes) {
    for (const value of node.outputs) {
      if (!value || constantTensor(value)) continue;
      expect(dims(value), `predicted dimensions of ${value.name}`).to.deep.equal(shown(value));
      const type = value.info?.type;
      if (type?.kind !== "tensor" || !type.shape) continue;
      type.shape.forEach(({ size }, axis) => {
        if (typeof size === "number")
          expect(size, `${value.name} axis ${axis} in the file`).to.equal(shown(value)?.[axis]);
      });
    }
  }
}
