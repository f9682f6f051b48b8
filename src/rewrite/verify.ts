import type { PlanCost, PrunePlan } from "../channels/index.js";
import { type Model, type Value, verifyGraph } from "../ir/index.js";
import type { DimsOf } from "../ops/index.js";
import { dishonestTensors } from "./honest.js";
import { silencedModel } from "./silence.js";

/** What `verifyPruned` needs to know of models that run; src/runtime has it all. */
export interface Laboratory {
  /** Why a model does not load; undefined where it does. */
  refusal(model: Model): Promise<string | undefined>;
  /**
   * How far every output of `candidate` is from that of `reference` on the same random inputs (largest difference over
   * largest magnitude), and how far rounding alone moves the outputs of `reference`.
   */
  compare(reference: Model, candidate: Model): Promise<Comparison>;
  /** Dimensions of a model's values, and its multiply-accumulates; undefined where they cannot be counted. */
  measure(model: Model): Promise<{ readonly dims: DimsOf; readonly macs: number | undefined }>;
}

export interface Comparison {
  /** Why the candidate does not run where the reference does. */
  readonly failure: string | undefined;
  readonly outputs: readonly { readonly name: string; readonly difference: number }[];
  readonly rounding: number;
}

/** Four questions about a pruned model. */
export interface Verification {
  /** All of them are answered with yes, as far as they could be asked. */
  readonly ok: boolean;
  /** The graph is sound, its declared shapes are true, and it loads. */
  readonly valid: boolean;
  /** Every constant that the plan cuts holds exactly the kept values of the original. */
  readonly honest: boolean;
  /**
   * Its outputs equal those of the original with the removed channels silenced; null where that was not asked, because
   * the file is not sound or the plan lets statistics be taken over what is left.
   */
  readonly exact: boolean | null;
  /** How many nodes do that. */
  readonly recomputed: number;
  /** The plan's costs are those of the files; null where they cannot be counted. */
  readonly counted: boolean | null;
  /** Largest relative difference of an output, and what is still taken for rounding. */
  readonly difference: number | null;
  readonly tolerance: number | null;
  readonly problems: readonly string[];
}

/** A difference below this is rounding in any model; deep random networks amplify it, but never beyond the second. */
const TOLERANCE = 1e-4;
const LARGEST_TOLERANCE = 1e-2;
const ROUNDINGS = 20;

/** The largest relative difference that is still taken for rounding, where rounding alone moves outputs so far. */
export function toleranceFor(rounding: number): number {
  return Math.min(Math.max(TOLERANCE, ROUNDINGS * rounding), LARGEST_TOLERANCE);
}

/** MACs may differ by this share: nodes in bodies of If, Loop and Scan are not counted. */
const COUNT_TOLERANCE = 0.01;

/**
 * Checks a pruned model against its original without trusting the code that cut it: the silencing oracle. Throws a
 * UserError where the plan does not belong to the original.
 */
export async function verifyPruned(
  original: Model,
  pruned: Model,
  plan: PrunePlan,
  laboratory: Laboratory,
): Promise<Verification> {
  const silenced = silencedModel(original, plan);
  const [before, after] = [await laboratory.measure(original), await laboratory.measure(pruned)];
  const soundness = [
    ...verifyGraph(pruned.graph),
    ...staleShapes(original, pruned, before.dims, after.dims),
    ...[await laboratory.refusal(pruned)].filter((reason) => reason !== undefined),
  ];
  const honesty = dishonestTensors(original, pruned, plan);
  const valid = soundness.length === 0;
  const recomputed = plan.recomputed?.length ?? 0;
  const comparison =
    valid && recomputed === 0 ? await compared(silenced, pruned, plan, laboratory) : undefined;
  const counts = [
    ...miscount("before", plan.before, before.macs),
    ...miscount("after", plan.after, after.macs),
  ];
  const countable = before.macs !== undefined && after.macs !== undefined;
  const exact = comparison ? comparison.problems.length === 0 : null;
  const counted = countable ? counts.length === 0 : null;
  return {
    ok: valid && honesty.length === 0 && (exact === true || recomputed > 0) && counted !== false,
    valid,
    honest: honesty.length === 0,
    exact,
    recomputed,
    counted,
    difference: comparison?.difference ?? null,
    tolerance: comparison?.tolerance ?? null,
    problems: [...soundness, ...honesty, ...(comparison?.problems ?? []), ...counts],
  };
}

async function compared(
  silenced: Model,
  pruned: Model,
  plan: PrunePlan,
  laboratory: Laboratory,
): Promise<{ difference: number; tolerance: number; problems: string[] }> {
  const { outputs, rounding, failure } = await laboratory.compare(silenced, pruned);
  const tolerance = toleranceFor(rounding);
  const wrong = outputs.filter(({ difference }) => !(difference <= tolerance));
  const problems =
    failure === undefined
      ? wrong.map(({ name, difference }) => `output ${name} differs by ${difference} of its largest value`)
      : [failure];
  const nothing = !plan.slices.some(
    ({ tensor, role, silence, removed }) =>
      removed.length > 0 && (tensor === undefined || role === "consumer" || silence),
  );
  if (nothing) problems.push("the plan removes nothing that any node reads");
  return { difference: Math.max(0, ...outputs.map(({ difference }) => difference)), tolerance, problems };
}

/** Shapes that the pruned file declares and that are not true, where the original's were. */
function staleShapes(original: Model, pruned: Model, before: DimsOf, after: DimsOf): string[] {
  const problems: string[] = [];
  for (const value of pruned.graph.values) {
    const source = original.graph.find(value.name);
    if (source && !isDeclaredTrue(source, before)) continue;
    if (isDeclaredTrue(value, after)) continue;
    problems.push(`${value.name} is declared with another shape than the [${after(value)}] that it has`);
  }
  return problems;
}

function isDeclaredTrue(value: Value, dims: DimsOf): boolean {
  const type = value.info?.type;
  const actual = dims(value);
  if (type?.kind !== "tensor" || !type.shape || !actual) return true;
  const sizes = type.shape.map(({ size }) => size);
  return (
    sizes.length === actual.length &&
    sizes.every((size, axis) => typeof size !== "number" || size < 0 || size === actual[axis])
  );
}

function miscount(side: "before" | "after", plan: PlanCost, macs: number | undefined): string[] {
  const said = plan.macs + (plan.otherMacs ?? 0);
  if (macs === undefined || Math.abs(macs - said) <= COUNT_TOLERANCE * Math.max(macs, 1)) return [];
  return [`MACs ${side}: the plan says ${said}, the file has ${macs}`];
}
