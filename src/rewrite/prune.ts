import { type ModelCost, uncountedNodes } from "../analysis/cost.js";
import { invariant, UserError } from "../base/errors.js";
import {
  type Budget,
  ChannelAnalysis,
  type ChannelGroup,
  type ChannelRules,
  CostModel,
  checkBudget,
  checkSliced,
  countBarriers,
  leastReachable,
  type PrunePlan,
  planGroups,
  pruningOrders,
  recomputedBy,
  type Selection,
  type SelectionOptions,
  type Sharing,
  selectChannels,
  sharedOrders,
  unlessDefault,
} from "../channels/index.js";
import type { Criterion } from "../importance/index.js";
import type { Model, Node } from "../ir/index.js";
import type { DimsOf } from "../ops/index.js";
import { refuseNaN } from "./nan.js";
import { type Refusal, RewriteRefused } from "./refusal.js";
import { type SlicedModel, sliceModel } from "./slice.js";
import { stampPlan } from "./stamp.js";

export interface PruneOptions extends SelectionOptions, Partial<ChannelRules> {
  readonly budget: Budget;
  readonly criterion: Criterion;
  readonly seed?: number | undefined;
  /** Fewest channels that any layer keeps. */
  readonly minChannels?: number | undefined;
  /** Names of nodes or tensors whose channels stay. */
  readonly isFrozen?: ((name: string) => boolean) | undefined;
  /** Groups for which it says false lose nothing. */
  readonly mayCut?: ((group: ChannelGroup) => boolean) | undefined;
  /** Which groups go, and which of them together; "exact" by default. */
  readonly sharing?: Sharing | undefined;
  /** Takes the nearest reachable result where the budget cannot be met. */
  readonly bestEffort?: boolean | undefined;
  /** What the plan says about the original: name and SHA-256 of its file. */
  readonly source?: { readonly name: string; readonly sha256: string } | undefined;
  /** Written into the pruned model's metadata beside the plan's hash. */
  readonly version?: string | undefined;
}

/** How often an operator may refuse a cut before that counts as a bug of ours. */
export const MOST_ATTEMPTS = 50;

export interface PrunedModel {
  readonly model: Model;
  readonly plan: PrunePlan;
  readonly analysis: ChannelAnalysis;
  readonly groups: readonly ChannelGroup[];
  readonly selection: Selection;
  readonly before: ModelCost;
  readonly after: ModelCost;
  /** Share of the MACs that exact pruning could remove at most. */
  readonly removable: number;
  /** Nodes that are missing in all counts of MACs, because their sizes are not known. */
  readonly uncounted: readonly Node[];
  /** Operators that could not express a cut; their channels stayed. */
  readonly refusals: readonly Refusal[];
  readonly seconds: { readonly analyse: number; readonly choose: number; readonly slice: number };
}

/**
 * Chooses channels by a criterion under a budget, cuts them out, and checks that every operand of the result lines up.
 * `dims` gives the dimensions of the model's values with dynamic axes pinned. Throws a UserError where the budget
 * cannot be met (unless `bestEffort`) and where a weight is NaN.
 */
export function pruneModel(model: Model, dims: DimsOf, options: PruneOptions): PrunedModel {
  checkBudget(options.budget);
  const uncounted = uncountedNodes(model.graph, dims);
  refuseUncounted(options.budget, uncounted);
  const refused = new Map<string, Refusal>();
  const seconds = { analyse: 0, choose: 0, slice: 0 };
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const start = performance.now();
    const analysis = new ChannelAnalysis(model, dims, { ...options, refused });
    const costs = new CostModel(analysis);
    refuseEmpty(options.budget, costs.before);
    const analysed = performance.now();
    const scores = options.criterion(analysis, options.seed ?? 0);
    // Behind the criterion, which looks at most weights anyway.
    if (attempt === 0) refuseNaN(model);
    const orders = pruningOrders(analysis, scores, options.minChannels).map((order) =>
      options.mayCut?.(order.group) === false ? { ...order, steps: [] } : order,
    );
    const choices = sharedOrders(analysis, orders, options.sharing ?? "exact", options);
    const selection = selectChannels(costs, choices, options.budget, options);
    const floor = leastReachable(costs, orders);
    if (!selection.met && !options.bestEffort)
      throw unreachable(options.budget, costs.before, selection.cost, floor, analysis);
    const chosen = performance.now();
    const sliced = sliceChecked(model, analysis, selection.removed, refused);
    seconds.analyse += (analysed - start) / 1000;
    seconds.choose += (chosen - analysed) / 1000;
    seconds.slice += (performance.now() - chosen) / 1000;
    if (!sliced) continue;
    const groups = orders.map(({ group }) => group);
    const plan = planOf(costs, groups, selection, sliced, options.source ?? { name: model.graph.name ?? "" });
    stampPlan(sliced.model, plan, options.version);
    const removable = costs.before.macs > 0 ? 1 - floor.macs / costs.before.macs : 0;
    return {
      model: sliced.model,
      plan,
      analysis,
      groups,
      selection,
      before: costs.before,
      after: selection.cost,
      removable,
      uncounted,
      refusals: [...refused.values()],
      seconds,
    };
  }
  invariant(false, "operators keep refusing the cut");
}

function planOf(
  { analysis, plannedBefore }: CostModel,
  groups: readonly ChannelGroup[],
  { removed, planned }: Selection,
  { slices }: SlicedModel,
  { name, sha256 = "" }: { readonly name: string; readonly sha256?: string },
): PrunePlan {
  return {
    format: "topiary-plan/1",
    model: { name, sha256 },
    groups: planGroups(groups, removed),
    slices,
    ...unlessDefault(analysis.labelling.rules),
    ...recomputedBy(analysis, removed),
    before: plannedBefore,
    after: planned,
  };
}

/** The sliced model, or undefined after noting in `refused` whose channels have to stay. */
export function sliceChecked(
  model: Model,
  analysis: ChannelAnalysis,
  removed: Uint8Array,
  refused: Map<string, Refusal>,
): SlicedModel | undefined {
  try {
    const sliced = sliceModel(model, analysis, removed);
    const problems = checkSliced(analysis, sliced.model, removed, sliced.originals, sliced.dims);
    if (problems.length === 0) return sliced;
    const [first] = problems.filter(({ output }) => !refused.has(output));
    invariant(first, () => `the sliced graph does not line up: ${problems[0]?.message}`);
    refused.set(first.output, { output: first.output, opType: "", reason: first.message });
  } catch (error) {
    if (!(error instanceof RewriteRefused)) throw error;
    const fresh = error.refusals.filter(({ output }) => !refused.has(output));
    invariant(fresh.length > 0, () => `refused twice: ${error.message}`);
    for (const refusal of fresh) refused.set(refusal.output, refusal);
  }
  return undefined;
}

function refuseEmpty({ kind }: Budget, before: ModelCost): void {
  if (kind === "ratio" || before[kind] > 0) return;
  throw new UserError(
    "nothing-to-prune",
    `--${kind}: this model has no ${kind} that topiary can count, so no share of them can be kept; see topiary inspect`,
  );
}

function refuseUncounted({ kind }: Budget, uncounted: readonly Node[]): void {
  if (kind !== "macs" || uncounted.length === 0) return;
  const names = uncounted.slice(0, 3).map((node) => node.label);
  const more = uncounted.length > 3 ? `, and ${uncounted.length - 3} more` : "";
  throw new UserError(
    "macs-unknown",
    `--macs: nobody knows the sizes at ${names.join(", ")}${more}, so no share of the multiply-accumulates can be promised; topiary inspect says why; give --params or --ratio instead`,
  );
}

/** `least` is what the options allow, `floor` what exact pruning could do without them. */
function unreachable(
  budget: Budget,
  before: ModelCost,
  least: ModelCost,
  floor: ModelCost,
  analysis: ChannelAnalysis,
): UserError {
  invariant(budget.kind !== "ratio", "a ratio is always met");
  const { kind, keep } = budget;
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const limited = floor[kind] <= keep * before[kind];
  const inTheWay = limited
    ? "--max-ratio, --round-to or --sharing"
    : `${barrierText(analysis)}; see topiary groups`;
  return new UserError(
    "unreachable",
    `--${kind} ${keep}: exact pruning reaches ${percent(least[kind] / before[kind])} at least, not ${percent(keep)}; in the way: ${inTheWay}, or take the nearest with --best-effort`,
  );
}

/** The most frequent reasons for which channels stay. */
function barrierText({ barriers }: ChannelAnalysis): string {
  const reasons = countBarriers(barriers).slice(0, 4);
  return reasons.map(({ code, count }) => `${code} (${count})`).join(", ") || "every layer keeps a channel";
}
