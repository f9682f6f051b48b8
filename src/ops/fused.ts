import type { Node } from "../ir/index.js";
import { elementsOf } from "../ir/index.js";
import { convMacs, convWindow, groupFollowsChannels, linkConv } from "./conv.js";
import { axisOf, type ChannelLink, type DimsOf, defineOp, knownDims, type OpDefinition } from "./define.js";
import { gemmMacs, linkGemm, linkMatrices } from "./linear.js";
import { passAxes, ridesBroadcast } from "./relations.js";

/**
 * What onnxruntime's optimizer makes of several standard operators.
 * https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
 */
const domain = "com.microsoft";
const since = [1];

/** A convolution, plus another map, through an activation. */
const fusedConv = defineOp({
  type: "FusedConv",
  domain,
  since,
  inputs: ["X", "W", "B?", "Z?"],
  outputs: ["Y"],
  kind: "convolution",
  channels(node, link) {
    linkConv(node, link);
    const y = link.output(0);
    if (y) ridesBroadcast(link, link.input(3), y);
  },
  afterSlice: groupFollowsChannels,
  window: (node) => convWindow(node, node.input(1)),
  macs: (node, dims) => convMacs(node, node.input(1), dims),
});

/** A product of stacks of matrices, each transposed where the attributes say so. */
const fusedMatMul = defineOp({
  type: "FusedMatMul",
  domain,
  since,
  inputs: ["A", "B"],
  outputs: ["Y"],
  kind: "linear",
  channels(node, link) {
    const [a, b, y] = [link.input(0), link.input(1), link.output(0)];
    if (!a || !b || !y || a.dims.length < 2 || b.dims.length < 2) return link.barrier("unknown-shape");
    if (node.int("transBatchA") || node.int("transBatchB")) return link.barrier("no-rule");
    const inner = { a: node.int("transA") ? -2 : -1, b: node.int("transB") ? -1 : -2 };
    link.contract(a, inner.a, b, inner.b);
    linkMatrices(link, a, b, y, { inner });
  },
  macs: fusedMatMulMacs,
});

function fusedMatMulMacs(node: Node, dims: DimsOf): number {
  const inner = knownDims(node.input(0), dims).at(node.int("transA") ? -2 : -1) ?? 0;
  return elementsOf(knownDims(node.output(0), dims)) * inner;
}

const fusedGemm = defineOp({
  type: "FusedGemm",
  domain,
  since,
  inputs: ["A", "B", "C?"],
  outputs: ["Y"],
  kind: "linear",
  channels: (node, link) => linkGemm(node, link, { a: 0, b: 1, c: 2 }),
  macs: gemmMacs,
});

/** An activation, some of them with a bias that is added before. */
function activation(type: string, inputs: readonly string[], output = "Y"): OpDefinition {
  return defineOp({
    type,
    domain,
    since,
    inputs,
    outputs: [output],
    kind: "activation",
    channels(_, link) {
      const y = link.output(0);
      if (!y) return link.barrier("unknown-shape");
      link.elementwise(link.inputs(), y);
    },
  });
}

/** The sum of two streams (and a bias), normalized over its last axis; the sum itself is the last output. */
function skipNormalization(type: string, parameters: readonly string[], bias: number): OpDefinition {
  return defineOp({
    type,
    domain,
    since,
    inputs: ["input", "skip", ...parameters],
    outputs: ["output", "mean?", "inv_std_var?", "input_skip_bias_sum?"],
    kind: "normalization",
    channels: (_, link) => linkSkip(link, bias),
  });
}

function linkSkip(link: ChannelLink, bias: number): void {
  const [x, skip, y] = [link.input(0), link.input(1), link.output(0)];
  if (!x || !skip || !y) return link.barrier("unknown-shape");
  const added = link.input(bias);
  const sum = link.scratch(y.dims);
  link.elementwise([x, skip, ...(added ? [added] : [])], sum);
  link.same(sum, y);
  const last = axisOf(-1, y.dims.length);
  link.mix(y, [last]);
  for (let index = 2; index < bias; index++) ridesBroadcast(link, link.input(index), y);
  for (const index of [1, 2]) {
    const statistic = link.output(index);
    if (statistic) passAxes(link, y, statistic, (axis) => axis < last);
  }
  const copy = link.output(3);
  if (copy) link.same(sum, copy);
}

export const fusedOps: readonly OpDefinition[] = [
  fusedConv,
  fusedMatMul,
  fusedGemm,
  activation("Gelu", ["X"]),
  activation("QuickGelu", ["X"]),
  activation("FastGelu", ["X", "bias?"]),
  activation("BiasGelu", ["A", "B"], "C"),
  skipNormalization("SkipLayerNormalization", ["gamma", "beta?", "bias?"], 4),
  skipNormalization("SkipSimplifiedLayerNormalization", ["gamma", "bias?"], 3),
];
