import type { Node } from "../ir/index.js";
import { constantBehind } from "./constant.js";
import {
  axisOf,
  type ChannelLink,
  defineOp,
  type IntegerTensor,
  type OpDefinition,
  type Operand,
  type SliceContext,
} from "./define.js";
import { computed, mapped } from "./integer-tensor.js";
import { range, sums } from "./relations.js";

/** The axes that a reduction takes together: attribute or input 1; all of them where none are given. */
export function reducedAxes(
  node: Node,
  input: readonly number[] | undefined,
  rank: number,
): Set<number> | undefined {
  if (node.input(1) && !input) return undefined;
  const axes = node.ints("axes") ?? input ?? [];
  if (axes.length > 0) return new Set(axes.map((axis) => axisOf(axis, rank)));
  return new Set(node.int("noop_with_empty_axes") === 1 ? [] : range(rank));
}

/** Axes that are not reduced pass, to an earlier place where the reduced ones vanish. */
function passRest(link: ChannelLink, x: Operand, y: Operand, reduced: ReadonlySet<number>): void {
  let to = 0;
  const keeps = y.dims.length === x.dims.length;
  x.dims.forEach((_, axis) => {
    if (!reduced.has(axis)) link.pass(x, axis, y, keeps ? axis : to++);
  });
}

type Combine = (link: ChannelLink, x: Operand, axes: readonly number[], node: Node) => void;

const mixes: Combine = (link, x, axes) => link.mix(x, axes);

/** The largest or smallest of what is left may be another one. */
const chooses: Combine = (link, x, axes) => link.statistics(x, axes, "other");

/** A mean that a normalisation takes is one of what is left, or stays; another one keeps its divisor. */
const averages: Combine = (link, x, axes, node) => {
  if (isNormalizing(node)) link.statistics(x, axes, "layer-norm");
  else sums(link, x, axes);
};

/** Whether a mean is one of a layer normalisation in parts: subtracted from what it is the mean of, or one of squares. */
function isNormalizing(mean: Node): boolean {
  const [x, y] = [mean.input(0), mean.output(0)];
  if (!x || !y) return false;
  const readers = y.uses().map(({ node }) => node);
  const centres = readers.some((node) => node.opType === "Sub" && node.input(0) === x);
  const maker = x.producer;
  const isSquare =
    maker !== undefined &&
    ((maker.opType === "Mul" && maker.input(0) === maker.input(1)) ||
      (maker.opType === "Pow" && constantBehind(maker.input(1))?.elements === 1));
  return centres || isSquare;
}

/** The mean of fewer channels over as many as before. */
function keepDivisor(node: Node, slice: SliceContext): void {
  const [before, after] = [slice.inputBefore(0), slice.inputAfter(0)];
  const axes = before && reducedAxes(node, slice.integers(1), before.length);
  if (!before || !after || !axes || isNormalizing(node)) return;
  const share = [...axes].reduce((product, axis) => product * ((after[axis] ?? 1) / (before[axis] ?? 1)), 1);
  if (share !== 1) slice.scaleOutput(share);
}

function reduction(
  type: string,
  since: readonly number[],
  combine: Combine = mixes,
  fold?: (values: readonly number[]) => number,
): OpDefinition {
  return defineOp({
    type,
    since,
    inputs: ["data", "axes?"],
    outputs: ["reduced"],
    kind: "reduction",
    channels(node, link) {
      const [x, y] = [link.input(0), link.output(0)];
      if (!x || !y) return link.barrier("unknown-shape");
      const axes = reducedAxes(node, link.integers(link.input(1)), x.dims.length);
      if (!axes) return link.barrier("dynamic-index");
      combine(link, x, [...axes], node);
      passRest(link, x, y, axes);
    },
    ...(fold && { evaluate: (node, [data, axes]) => reducedVector(node, data, axes, fold) }),
  });
}

/** All elements of a scalar or vector taken together. */
function reducedVector(
  node: Node,
  data: IntegerTensor | undefined,
  axes: IntegerTensor | undefined,
  fold: (values: readonly number[]) => number,
): IntegerTensor | undefined {
  if (!data || data.dims.length > 1 || data.values.length === 0) return undefined;
  const reduced = reducedAxes(node, axes?.values, data.dims.length);
  if (reduced?.size !== data.dims.length) return undefined;
  const dims = node.int("keepdims") === 0 ? [] : data.dims.map(() => 1);
  return mapped(computed([fold(data.values)], dims, data.elementType), (value) => value);
}

/** The result is a position on the axis, or an order of positions: none of them may go. */
function positional(
  type: string,
  since: readonly number[],
  inputs: readonly string[],
  outputs: readonly string[],
  defaultAxis: number,
): OpDefinition {
  return defineOp({
    type,
    since,
    inputs,
    outputs,
    kind: "reduction",
    channels(node, link) {
      const x = link.input(0);
      if (!x) return link.barrier("unknown-shape");
      const axis = axisOf(node.int("axis") ?? defaultAxis, x.dims.length);
      if ((x.dims[axis] ?? 1) > 1) link.freeze(x, axis, "mixes-channels");
      for (const y of link.outputs()) passRest(link, x, y, new Set([axis]));
    },
  });
}

/** https://onnx.ai/onnx/operators/onnx__CumSum.html: each element sums those before it on the axis. */
function cumulative(type: string, since: readonly number[]): OpDefinition {
  return defineOp({
    type,
    since,
    inputs: ["x", "axis"],
    outputs: ["y"],
    kind: "reduction",
    channels(_, link) {
      const [x, y] = [link.input(0), link.output(0)];
      const [axis] = link.integers(link.input(1)) ?? [];
      if (!x || !y || axis === undefined) return link.barrier("dynamic-index");
      link.same(x, y);
      link.mix(x, [axisOf(axis, x.dims.length)]);
    },
  });
}

/** https://onnx.ai/onnx/operators/onnx__Det.html: of square matrices, one for each place of the axes in front. */
const det = defineOp({
  type: "Det",
  since: [11, 22],
  inputs: ["X"],
  outputs: ["Y"],
  kind: "reduction",
  channels(_, link) {
    const [x, y] = [link.input(0), link.output(0)];
    if (!x || !y || x.dims.length < 2) return link.barrier("unknown-shape");
    const axes = [x.dims.length - 2, x.dims.length - 1];
    link.mix(x, axes);
    passRest(link, x, y, new Set(axes));
  },
});

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
const product = (values: readonly number[]) => values.reduce((result, value) => result * value, 1);

export const reductionOps: readonly OpDefinition[] = [
  reduction("ReduceL1", [1, 11, 13, 18], sums),
  reduction("ReduceL2", [1, 11, 13, 18], sums),
  reduction("ReduceLogSum", [1, 11, 13, 18, 28], sums),
  reduction("ReduceLogSumExp", [1, 11, 13, 18, 28], chooses),
  reduction("ReduceMax", [1, 11, 12, 13, 18, 20], chooses, (values) => Math.max(...values)),
  { ...reduction("ReduceMean", [1, 11, 13, 18], averages), afterSlice: keepDivisor },
  reduction("ReduceMin", [1, 11, 12, 13, 18, 20], chooses, (values) => Math.min(...values)),
  reduction("ReduceProd", [1, 11, 13, 18], mixes, product),
  reduction("ReduceSum", [1, 11, 13], sums, total),
  reduction("ReduceSumSquare", [1, 11, 13, 18], sums),
  positional("ArgMax", [1, 11, 12, 13], ["data"], ["reduced"], 0),
  positional("ArgMin", [1, 11, 12, 13], ["data"], ["reduced"], 0),
  positional("TopK", [1, 10, 11, 24], ["X", "K"], ["Values", "Indices"], -1),
  det,
  cumulative("CumSum", [11, 14]),
  cumulative("CumProd", [26]),
];
