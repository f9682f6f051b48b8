import {
  type ChannelAnalysis,
  type ChannelRead,
  channelReads,
  type LabelBlock,
  unitPosition,
} from "../channels/index.js";
import { sliceNorms } from "../importance/index.js";
import type { Value } from "../ir/index.js";
import { foldTarget } from "./fold-constant.js";
import { independentUnits } from "./independent.js";

/** The least and the largest element of every index of an activation's axis, by `rangeKey`. */
export type MeasuredRanges = ReadonlyMap<
  string,
  { readonly least: Float32Array; readonly largest: Float32Array }
>;

export function rangeKey(value: Value, axis: number): string {
  return `${value.name}:${axis}`;
}

/** Why nobody misses a channel. */
export type DeathCause = "never read" | "always zero" | "constant";

/** Slices of a weight that read the same number, whatever the model's inputs are. */
export interface ConstantRead {
  readonly read: ChannelRead;
  /** That number for each slice; 0 for slices that are not to be folded. */
  readonly constants: Float64Array;
}

export interface DeadUnits {
  readonly causes: ReadonlyMap<number, DeathCause>;
  readonly reads: readonly ConstantRead[];
}

/** The axes whose ranges `deadUnits` asks for. */
export function readAxes(analysis: ChannelAnalysis): { readonly value: Value; readonly axis: number }[] {
  const axes = new Map<string, { value: Value; axis: number }>();
  for (const { value, axis } of [...channelReads(analysis), ...analysis.labelling.silenced])
    axes.set(rangeKey(value, axis), { value, axis });
  return [...axes.values()];
}

/**
 * The units that can go without any output changing. A unit is dead where every weight that reads it is zero there, or
 * reads a number that does not depend on the model's inputs (`independentUnits` proves that, one run says which number
 * it is) and that is zero or can be folded into the reader's bias.
 */
export function deadUnits(analysis: ChannelAnalysis, ranges: MeasuredRanges): DeadUnits {
  const independent = independentUnits(analysis);
  const causes = new Map<number, DeathCause>(
    Array.from({ length: analysis.unitCount }, (_, u) => [u, "never read"]),
  );
  const constantOf = (value: Value, axis: number, index: number, unit: number): number | undefined => {
    const range = independent.get(value)?.has(unit) ? ranges.get(rangeKey(value, axis)) : undefined;
    const constant = range?.least[index];
    return constant === range?.largest[index] && Number.isFinite(constant) ? constant : undefined;
  };
  const worsen = (unit: number, cause: DeathCause | undefined) => {
    const before = causes.get(unit);
    if (cause === undefined) causes.delete(unit);
    else if (before !== undefined && before !== "constant") causes.set(unit, cause);
  };
  const readsOf = readsByBlock(analysis);
  for (const holder of analysis.holders) {
    for (const block of holder.blocks.values()) {
      if (block.role !== "consumer") continue;
      const units = analysis.unitsOf(block.labels);
      sliceNorms(holder.tensor, block, 1).forEach((norm, i) => {
        const unit = units[unitPosition(block, i)] as number;
        if (unit < 0 || (norm === 0 && !holder.zero)) return;
        worsen(unit, causeOf(readsOf.get(block) ?? [], i, unit, constantOf));
      });
    }
  }
  for (const { value, axis, labels } of analysis.labelling.silenced) {
    analysis.unitsOf(labels).forEach((unit, i) => {
      if (unit >= 0) worsen(unit, constantOf(value, axis, i, unit) === 0 ? "always zero" : undefined);
    });
  }
  return { causes, reads: constantReads(analysis, causes, readsOf, constantOf) };
}

type ConstantOf = (value: Value, axis: number, index: number, unit: number) => number | undefined;

/** Reads of blocks all of whose readers are known and read the constant as it is stored. */
function readsByBlock(analysis: ChannelAnalysis): Map<LabelBlock, ChannelRead[]> {
  const reads = new Map<LabelBlock, ChannelRead[]>();
  for (const read of channelReads(analysis)) {
    const own = reads.get(read.block);
    if (own) own.push(read);
    else reads.set(read.block, [read]);
  }
  for (const [block, own] of reads) {
    const constant = own[0]?.holder.constant;
    const isDirect = own.every(({ node }) => constant && node.inputs.includes(constant));
    if (!isDirect || own.length !== constant?.useCount) reads.delete(block);
  }
  return reads;
}

function causeOf(
  reads: readonly ChannelRead[],
  index: number,
  unit: number,
  constantOf: ConstantOf,
): DeathCause | undefined {
  if (reads.length === 0) return undefined;
  const constants = reads.map(({ value, axis }) => constantOf(value, axis, index, unit));
  if (constants.every((constant) => constant === 0)) return "always zero";
  const canFold = reads.every(
    (read, k) => constants[k] === 0 || (constants[k] !== undefined && foldTarget(read)),
  );
  return canFold ? "constant" : undefined;
}

/** What has to be folded before the dead units may go. */
function constantReads(
  analysis: ChannelAnalysis,
  causes: ReadonlyMap<number, DeathCause>,
  readsOf: ReadonlyMap<LabelBlock, readonly ChannelRead[]>,
  constantOf: ConstantOf,
): ConstantRead[] {
  return [...readsOf.values()].flat().flatMap((read) => {
    const { block, holder, value, axis } = read;
    const units = analysis.unitsOf(block.labels);
    const norms = sliceNorms(holder.tensor, block, 1);
    const constants = new Float64Array(norms.length);
    norms.forEach((norm, i) => {
      const unit = units[unitPosition(block, i)] as number;
      if (norm === 0 || !causes.has(unit)) return;
      constants[i] = constantOf(value, axis, i, unit) ?? 0;
    });
    return constants.some((constant) => constant !== 0) ? [{ read, constants }] : [];
  });
}
