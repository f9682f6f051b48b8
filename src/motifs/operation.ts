import { batchOf, isParameter } from "../analysis/cost.js";
import { type ChannelAnalysis, KeptChannels, type LabelBlock, unitPosition } from "../channels/index.js";
import { sliceNorms } from "../importance/index.js";
import { elementsOf, type Node, type Value } from "../ir/index.js";
import { constantTensor, lookupOp } from "../ops/index.js";
import { type EdgeColumns, operationKinds } from "./features.js";
import type { PrimitiveCall } from "./primitive.js";

/** A constant as one node reads it. */
interface Read {
  readonly node: Node;
  readonly value: Value;
}

/** Multiply-accumulates for one sample, and parameters. */
export interface OperationCost {
  readonly macs: number;
  readonly params: number;
}

/** The L2 norms of the weights of each output channel, with the unit of each; -1 where it stays. */
interface ChannelNorms {
  readonly norms: Float64Array;
  readonly units: Int32Array;
}

/** An operation with what pruning does not change about it. */
export interface Operation {
  readonly call: PrimitiveCall;
  readonly multiplying: readonly Node[];
  readonly parameters: readonly Read[];
  readonly weights: ChannelNorms | undefined;
  /** What it costs in the unpruned network. */
  readonly unpruned: OperationCost;
}

/**
 * All operations of a network. Every parameter counts once, for the first operation that reads it, also where
 * operators on constants stand between them.
 */
export function operationsIn(
  calls: readonly PrimitiveCall[],
  analysis: ChannelAnalysis,
  withWeights: boolean,
): readonly Operation[] {
  const onData = new Set(calls.flatMap(({ nodes }) => nodes));
  const counted = new Set<Value>();
  const whole = new KeptChannels(analysis, new Uint8Array(analysis.unitCount));
  return calls.map((call) => {
    const reads = call.nodes.flatMap((node) => constantReads(node, onData));
    const parameters = reads.filter(({ value }) => {
      const tensor = constantTensor(value);
      if (!tensor || counted.has(value) || !isParameter(tensor)) return false;
      counted.add(value);
      return true;
    });
    const multiplying = call.nodes.filter((node) => isCountable(node, analysis));
    const unpruned = costNow({ multiplying, parameters }, whole);
    const weights = withWeights ? channelNorms(reads, analysis) : undefined;
    return { call, multiplying, parameters, weights, unpruned };
  });
}

/** What the operation costs with what is left of its operands. */
export function costNow(
  { multiplying, parameters }: Pick<Operation, "multiplying" | "parameters">,
  kept: KeptChannels,
): OperationCost {
  const { graph, dims } = kept.analysis;
  let macs = 0;
  for (const node of multiplying) macs += lookupOp(node)?.macs?.(node, kept.dimsAt(node)) ?? 0;
  let params = 0;
  for (const { node, value } of parameters) {
    const left = kept.dims(node, value) ?? constantTensor(value)?.dims ?? [];
    params += elementsOf(left);
  }
  return { macs: macs / batchOf(graph, dims), params };
}

/** Columns that depend on the operation alone, not on the feature maps that an edge leads between. */
export type OperationColumns = Omit<EdgeColumns, "channelsIn" | "channelsOut">;

/** The columns of an operation that costs `now` in a network that costs `all`. */
export function operationColumns(
  operation: Operation,
  now: OperationCost,
  all: OperationCost,
  removed: Uint8Array,
  sensitivity: number | undefined,
): OperationColumns {
  const { unpruned } = operation;
  const share = (part: number, whole: number) => (whole > 0 ? Math.sqrt(part / whole) : 0);
  const left = (part: number, before: number) => (before > 0 ? part / before : 1);
  return {
    ...structureColumns(operation.call),
    ...weightColumns(operation, removed),
    macs: share(now.macs, all.macs),
    params: share(now.params, all.params),
    macsKept: left(now.macs, unpruned.macs),
    paramsKept: left(now.params, unpruned.params),
    sensitivity: sensitivity ?? 0,
    measured: Number(sensitivity !== undefined),
  };
}

type WeightColumns = Pick<EdgeColumns, "normSpread" | "normLeast" | "normScale">;

const NO_WEIGHTS: WeightColumns = { normSpread: 0, normLeast: 0, normScale: 0 };

function weightColumns({ weights }: Operation, removed: Uint8Array): WeightColumns {
  if (!weights) return NO_WEIGHTS;
  let [count, sum, squares, least] = [0, 0, 0, Infinity];
  weights.norms.forEach((norm, i) => {
    const unit = weights.units[i] as number;
    if (unit >= 0 && removed[unit] === 1) return;
    count++;
    sum += norm;
    squares += norm * norm;
    least = Math.min(least, norm);
  });
  if (count === 0 || !(sum > 0)) return NO_WEIGHTS;
  const mean = sum / count;
  const deviation = Math.sqrt(Math.max(0, squares / count - mean * mean));
  return {
    normSpread: deviation / (mean + deviation),
    normLeast: least / mean,
    normScale: mean / (1 + mean),
  };
}

type KindColumns = Record<(typeof operationKinds)[number], number>;

function structureColumns({ primitive }: PrimitiveCall) {
  const { kind } = primitive;
  const kinds = Object.fromEntries(
    operationKinds.map((each) => [each, Number(each === kind)]),
  ) as KindColumns;
  const { kernel = [], strides = [], groups = 1, depthwise = false } = primitive.window ?? {};
  const size = kernel.length > 0 ? elementsOf(kernel) ** (1 / kernel.length) : 0;
  return {
    ...kinds,
    activated: Number(primitive.isActivated),
    kernel: Math.log2(1 + size) / 6,
    stride: Math.log2(Math.max(1, ...strides)) / 4,
    depthwise: Number(depthwise),
    grouped: Number(groups > 1 && !depthwise),
  };
}

function isCountable(node: Node, analysis: ChannelAnalysis): boolean {
  if (!lookupOp(node)?.macs) return false;
  return [...node.inputs, ...node.outputs].every((value) => !value || analysis.dims(value));
}

/** The constants that a node reads, also through nodes that work on constants alone. */
function constantReads(node: Node, onData: ReadonlySet<Node>): Read[] {
  const reads: Read[] = [];
  const seen = new Set([node]);
  const open = [node];
  for (let at = open.pop(); at; at = open.pop()) {
    for (const value of at.inputs) {
      if (!value) continue;
      const { producer } = value;
      if (constantTensor(value)) reads.push({ node: at, value });
      else if (producer && !onData.has(producer) && !seen.has(producer)) {
        seen.add(producer);
        open.push(producer);
      }
    }
  }
  return reads;
}

/** Of the weight that makes the output channels, else of a depthwise convolution's. */
function channelNorms(reads: readonly Read[], analysis: ChannelAnalysis): ChannelNorms | undefined {
  const weights = reads.flatMap(({ node, value }) => {
    const tensor = constantTensor(value);
    if (!tensor || tensor.dims.length < 2 || !isParameter(tensor)) return [];
    const { blocks } = analysis.labelling.holders.of(value, node, node.inputs.indexOf(value));
    return [...blocks.values()].map((block) => ({ block, tensor }));
  });
  const found =
    weights.find(({ block }) => block.makesChannels) ??
    weights.find(({ block, tensor }) => block.role === "channelwise" && tensor.dims.length > 2);
  if (!found) return undefined;
  const norms = sliceNorms(found.tensor, found.block, 2);
  return { norms, units: unitsOf(found.block, norms.length, analysis) };
}

function unitsOf(block: LabelBlock, count: number, analysis: ChannelAnalysis): Int32Array {
  const units = analysis.unitsOf(block.labels);
  return Int32Array.from({ length: count }, (_, i) => units[unitPosition(block, i)] as number);
}
