import type { ChannelAnalysis } from "./analysis.js";
import type { ChannelGroup } from "./groups.js";
import type { Holder, LabelBlock, Role } from "./holders.js";
import type { ChannelRules } from "./rules.js";

/** One cut of the plan: positions that leave one axis of a constant, or that a reader no longer sees. */
export interface PlanSlice {
  /** The constant's name in the pruned model. */
  readonly tensor?: string;
  readonly axis: number;
  readonly removed: readonly number[];
  readonly role: Role;
  /** The cut holds for this block of another axis only (grouped weights). */
  readonly within?: { readonly axis: number; readonly start: number; readonly end: number };
  readonly silence?: boolean;
  /** The stored value that means zero, where that is not 0. */
  readonly fill?: number;
  /** Where a shared constant had to become several: its name in the original and who reads it there. */
  readonly source?: string;
  readonly reader?: string;
  /** Instead of `tensor`: an activation that `reader` sums over without a weight. */
  readonly value?: string;
  readonly rank?: number;
  readonly size?: number;
}

export interface PlanGroup {
  readonly id: string;
  /** Number of units. */
  readonly size: number;
  /** Indices among the group's units. */
  readonly removed: readonly number[];
  /** The removed share. */
  readonly ratio: number;
}

/** What a model costs, in terms that an independent check counts too. */
export interface PlanCost {
  /** Multiply-accumulates for one sample of Conv, ConvTranspose, Gemm and MatMul. */
  readonly macs: number;
  /** Those of quantised, fused and attention operators; absent where there are none. */
  readonly otherMacs?: number;
  readonly params: number;
  readonly bytes: number;
}

/** What to remove from a model, replayable on any model with the same graph. Schema: schemas/plan.schema.json */
export interface PrunePlan {
  readonly format: "topiary-plan/1";
  readonly model: { readonly sha256: string; readonly name: string };
  readonly groups: readonly PlanGroup[];
  readonly slices: readonly PlanSlice[];
  /** Rules of the analysis that were not the default ones. */
  readonly rules?: Partial<ChannelRules>;
  /** First outputs of the nodes whose statistics are taken over what is left; there the plan is not exact. */
  readonly recomputed?: readonly string[];
  readonly before: PlanCost;
  readonly after: PlanCost;
}

export function planGroups(groups: readonly ChannelGroup[], removed: Uint8Array): PlanGroup[] {
  return groups.map(({ id, units }) => {
    const gone = positionsGone(units, removed);
    return {
      id,
      size: units.length,
      removed: gone,
      ratio: units.length === 0 ? 0 : gone.length / units.length,
    };
  });
}

/** A constant's cut for the readers that agree on it. */
export interface HolderCut {
  readonly holder: Holder;
  readonly cuts: readonly BlockCut[];
}

export interface BlockCut {
  readonly block: LabelBlock;
  /** Positions gone from the last of the block's axes; for each block of the first where it has two. */
  readonly removed: readonly (readonly number[])[];
}

/** Where the units of an axis are removed, counted from `start`; -1 is none. */
function positionsGone(units: Int32Array, removed: Uint8Array, start = 0, end = units.length): number[] {
  const gone: number[] = [];
  for (let at = start; at < end; at++) {
    const unit = units[at] as number;
    if (unit >= 0 && removed[unit] === 1) gone.push(at - start);
  }
  return gone;
}

/** What a removal takes from one holder; undefined where nothing. */
export function cutOf(analysis: ChannelAnalysis, holder: Holder, removed: Uint8Array): HolderCut | undefined {
  const cuts: BlockCut[] = [];
  for (const block of holder.blocks.values()) {
    const units = analysis.unitsOf(block.labels);
    const width = block.dims.at(-1) as number;
    const rows = block.axes.length === 2 ? (block.dims[0] as number) / block.blockCount : 0;
    const lists: number[][] = [];
    for (let b = 0; b < block.blockCount; b++) {
      const start = b * rows * width;
      lists.push(positionsGone(units, removed, start, start + width));
    }
    if (lists.some((list) => list.length > 0)) cuts.push({ block, removed: lists });
  }
  return cuts.length > 0 ? { holder, cuts } : undefined;
}

/** Equal for holders that lose the same positions. */
export function cutKey({ cuts }: HolderCut): string {
  return cuts
    .map(({ block, removed }) => `${block.axes}:${removed.map((list) => list.join()).join("/")}`)
    .join(";");
}

/** The plan's entries for one constant's cut, under the name that it has in the pruned model. */
export function slicesOf({ holder, cuts }: HolderCut, tensor: string): PlanSlice[] {
  const original = holder.constant.name;
  const reader = holder.reader?.outputs.find((value) => value)?.name ?? "";
  const fill = holder.zero;
  const copy = tensor === original ? {} : { source: original, reader };
  return cuts.flatMap(({ block, removed }) =>
    removed.map((list, b) => ({
      tensor,
      axis: block.axes.at(-1) as number,
      removed: list,
      role: block.role,
      ...(block.axes.length === 2 ? { within: withinOf(block, b) } : {}),
      ...(fill ? { fill } : {}),
      ...copy,
    })),
  );
}

function withinOf(block: LabelBlock, index: number): NonNullable<PlanSlice["within"]> {
  const rows = (block.dims[0] as number) / block.blockCount;
  return { axis: block.axes[0] as number, start: index * rows, end: (index + 1) * rows };
}

/** The nodes, by first output, that take their statistics over fewer channels than before. */
export function recomputedBy(
  analysis: ChannelAnalysis,
  removed: Uint8Array,
): { readonly recomputed?: readonly string[] } {
  const names = new Set<string>();
  for (const { node, labels } of analysis.labelling.recomputed) {
    if (!analysis.unitsOf(labels).some((unit) => unit >= 0 && removed[unit] === 1)) continue;
    names.add(node.outputs.find((value) => value)?.name ?? "");
  }
  return names.size > 0 ? { recomputed: [...names] } : {};
}
