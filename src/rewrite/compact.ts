import { costTable, type ModelCost } from "../analysis/cost.js";
import { invariant } from "../base/errors.js";
import { ChannelAnalysis, type ChannelGroup, channelGroups, pruningOrders } from "../channels/index.js";
import { cloneModel, type Graph, type Model, type Value } from "../ir/index.js";
import { constantTensor, type DimsOf } from "../ops/index.js";
import { type DeathCause, deadUnits, type MeasuredRanges } from "./dead.js";
import { foldConstants } from "./fold-constant.js";
import { refuseNaN } from "./nan.js";
import { MOST_ATTEMPTS, sliceChecked } from "./prune.js";
import type { Refusal } from "./refusal.js";

/** What a group of channels loses because nobody misses it. */
export interface CompactedGroup {
  readonly id: string;
  /** The constants that make the channels. */
  readonly producers: readonly string[];
  /** Units before. */
  readonly units: number;
  /** Units that are dead; `kept` of them stay, so that constraints hold and no layer runs empty. */
  readonly dead: number;
  readonly kept: number;
  readonly causes: Readonly<Record<DeathCause, number>>;
}

export interface CompactedModel {
  readonly model: Model;
  /** Groups with dead units, in graph order. */
  readonly groups: readonly CompactedGroup[];
  /** Labels of the layers whose bias took a constant. */
  readonly folded: readonly string[];
  readonly removed: number;
  readonly before: ModelCost;
  readonly after: ModelCost;
}

/**
 * Removes channels that change no output, as long as all numbers are finite: those that no weight reads, those that are
 * always zero, and those that are always the same number, which goes into the biases of their readers. `ranges` are
 * measured by one run (`readAxes` says of which axes); without them only channels that no weight reads are found. Throws
 * a UserError where a weight is NaN.
 */
export function compactModel(model: Model, dims: DimsOf, ranges: MeasuredRanges): CompactedModel {
  refuseNaN(model);
  const analysis = new ChannelAnalysis(model, dims);
  const { causes, reads } = deadUnits(analysis, ranges);
  const folded = cloneModel(model);
  const layers = foldConstants(folded, reads);
  const foldedDims = dimsByName(model.graph, dims);
  const refused = new Map<string, Refusal>();
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const own = new ChannelAnalysis(folded, foldedDims, { refused });
    const removed = wholeSteps(own, deadUnits(own, ranges).causes);
    const sliced = sliceChecked(folded, own, removed, refused);
    if (!sliced) continue;
    const count = removed.reduce((sum, flag) => sum + flag, 0);
    // Refusals number units anew; what they kept is then said in all, not group by group.
    const isGone = refused.size === 0 ? (unit: number) => removed[unit] === 1 : () => true;
    return {
      model: sliced.model,
      groups: channelGroups(analysis).flatMap((group) => compacted(group, causes, isGone, analysis)),
      folded: [...layers].map((node) => node.label),
      removed: count,
      before: costTable(model.graph, dims),
      after: costTable(sliced.model.graph, sliced.dims),
    };
  }
  invariant(false, "operators keep refusing the cut");
}

/** 1 for every unit of the pruning steps that take nothing but dead units. */
function wholeSteps(analysis: ChannelAnalysis, dead: ReadonlyMap<number, DeathCause>): Uint8Array {
  const scores = Float64Array.from({ length: analysis.unitCount }, (_, unit) => (dead.has(unit) ? 0 : 1));
  const removed = new Uint8Array(analysis.unitCount);
  for (const { steps } of pruningOrders(analysis, scores)) {
    for (const { units } of steps)
      if (units.every((unit) => dead.has(unit))) for (const unit of units) removed[unit] = 1;
  }
  return removed;
}

function compacted(
  { id, producers, units }: ChannelGroup,
  causes: ReadonlyMap<number, DeathCause>,
  isGone: (unit: number) => boolean,
  analysis: ChannelAnalysis,
): CompactedGroup[] {
  const dead = [...units].filter((unit) => causes.has(unit));
  if (dead.length === 0) return [];
  const counts: Record<DeathCause, number> = { "never read": 0, "always zero": 0, constant: 0 };
  for (const unit of dead) {
    const cause = causes.get(unit);
    if (cause) counts[cause]++;
  }
  const names = producers.map(
    ({ holder }) => analysis.labelling.holders.get(holder)?.constant.name ?? holder,
  );
  const kept = dead.filter((unit) => !isGone(unit)).length;
  return [
    { id, producers: [...new Set(names)], units: units.length, dead: dead.length, kept, causes: counts },
  ];
}

/** Dimensions of a copy's values; what folding put between has those of the value that it stands for. */
function dimsByName(graph: Graph, dims: DimsOf): DimsOf {
  return (value: Value) => {
    const tensor = constantTensor(value);
    if (tensor) return tensor.dims;
    const original = graph.find(value.name);
    if (original) return dims(original);
    const [use] = value.uses();
    const outer = use?.node.output(0);
    const twin = outer && graph.find(outer.name);
    return twin && dims(twin);
  };
}
