import { attribute, elementsOf, type Node, type Value } from "../ir/index.js";
import { constantBehind } from "./constant.js";
import {
  type ChannelLink,
  type DimsOf,
  defineOp,
  knownDims,
  type Operand,
  type OpWindow,
  type SliceContext,
} from "./define.js";
import { freezeFrom, makes, rides } from "./relations.js";

interface ConvOperands {
  readonly x: Operand;
  readonly w: Operand;
  readonly bias: Operand | undefined;
  readonly y: Operand;
  readonly groups: number;
}

/** At which inputs a convolution has its operands. */
export interface ConvInputs {
  readonly x: number;
  readonly w: number;
  readonly bias?: number;
}

const plain = { x: 0, w: 1, bias: 2 } satisfies ConvInputs;

/** Operands with axes checked against each other; undefined after having declared a barrier. */
function operandsOf(
  node: Node,
  link: ChannelLink,
  transposed: boolean,
  at: ConvInputs,
): ConvOperands | undefined {
  const [x, w, y] = [link.input(at.x), link.input(at.w), link.output(0)];
  const groups = node.int("group") ?? 1;
  const fits = x && w && y && (transposed ? agree(y, w, x, groups) : agree(x, w, y, groups));
  if (fits) return { x, w, bias: link.input(at.bias ?? -1), y, groups };
  link.barrier("unknown-shape");
  return undefined;
}

/** Whether the filters w lead from x's channels to y's in so many groups; a file may say anything. */
function agree(x: Operand, w: Operand, y: Operand, groups: number): boolean {
  const [filters = 0, perGroup = 0] = w.dims;
  const rank = w.dims.length;
  if (rank < 2 || x.dims.length !== rank || y.dims.length !== rank || groups < 1) return false;
  return y.dims[1] === filters && x.dims[1] === perGroup * groups && filters % groups === 0;
}

/** What all convolutions share: samples pass, places and kernel positions stay. */
function linkCommon(link: ChannelLink, { x, w, bias, y }: ConvOperands): void {
  link.pass(x, 0, y, 0);
  freezeFrom(link, x, 2, "spatial-axis");
  freezeFrom(link, w, 2, "spatial-axis");
  rides(link, bias, 0, y, 1);
}

/** Groups that lost all their inputs are gone; a depthwise convolution has one for every input. */
export function groupFollowsChannels(node: Node, slice: SliceContext): void {
  const groups = node.int("group") ?? 1;
  if (groups === 1) return;
  const perGroup = (slice.inputBefore(0)?.[1] ?? groups) / groups;
  const left = new Set(slice.keptInput(0, 1).map((channel) => Math.floor(channel / perGroup)));
  if (left.size !== groups) slice.setAttribute(attribute.int("group", left.size));
}

/** x's channels by group. */
function byGroup(link: ChannelLink, x: Operand, groups: number): Operand {
  const [batch = 1, channels = 1, ...places] = x.dims;
  const cut = link.scratch([batch, groups, channels / groups, ...places]);
  link.reshape(x, cut);
  return cut;
}

/** What convolutions of every kind say about their channels; w is [M, C / group, k...]. */
export function linkConv(node: Node, link: ChannelLink, at: ConvInputs = plain): void {
  const operands = operandsOf(node, link, false, at);
  if (!operands) return;
  const { x, w, y, groups } = operands;
  linkCommon(link, operands);
  if (isDepthwise(link, operands)) {
    link.repeatEach(x, 1, y, 1, (y.dims[1] ?? 0) / groups);
    rides(link, w, 0, y, 1);
  } else if (isDense(link, x, w)) {
    link.contract(x, 1, w, 1);
    makes(link, w, 0, y, 1);
  } else if (link.grouped === "groups") {
    makes(link, w, 0, y, 1);
    link.freeze(w, 1, "collapsed");
    const [to, from] = [byGroup(link, y, groups), byGroup(link, x, groups)];
    for (const cut of [to, from]) link.mix(cut, [2], "collapsed");
    link.ride(to, 1, from, 1);
  } else {
    link.contractBlocks(x, 1, w, 1, 0, groups);
    link.balance(x, 1, groups);
    makes(link, w, 0, y, 1);
    link.balance(y, 1, groups);
  }
}

/** https://onnx.ai/onnx/operators/onnx__Conv.html */
const conv = defineOp({
  type: "Conv",
  since: [1, 11, 22],
  inputs: ["X", "W", "B?"],
  outputs: ["Y"],
  kind: "convolution",
  channels: (node, link) => linkConv(node, link),
  afterSlice: groupFollowsChannels,
  window: (node) => convWindow(node, node.input(1)),
  macs: (node, dims) => convMacs(node, node.input(1), dims),
});

/** https://onnx.ai/onnx/operators/onnx__ConvTranspose.html: w is [C, M / group, k...]. */
const convTranspose = defineOp({
  type: "ConvTranspose",
  since: [1, 11, 22],
  inputs: ["X", "W", "B?"],
  outputs: ["Y"],
  kind: "convolution",
  channels(node, link) {
    const operands = operandsOf(node, link, true, plain);
    if (!operands) return;
    const { x, w, y, groups } = operands;
    linkCommon(link, operands);
    if (isDepthwiseTransposed(link, operands)) {
      const times = (y.dims[1] ?? 0) / groups;
      link.repeatEach(x, 1, y, 1, times);
      if (w.isConstant) link.ride(w, 0, x, 1);
      else link.repeatEach(w, 0, y, 1, times);
      if (times > 1) link.freeze(w, 1, "not-rewritable");
      return;
    }
    link.contract(x, 1, w, 0);
    if (isDense(link, y, w)) {
      makes(link, w, 1, y, 1);
      return;
    }
    const [batch = 1, channels = 1, ...places] = y.dims;
    const grouped = link.scratch([batch, groups, channels / groups, ...places]);
    if (link.grouped === "groups") {
      link.freeze(w, 1, "collapsed");
      link.pass(byGroup(link, x, groups), 1, grouped, 1);
      link.reshape(grouped, y);
      return;
    }
    link.balance(x, 1, groups);
    // All groups share axis 1 of the weight, so output j goes from every group or from none.
    makes(link, w, 1, grouped, 2);
    link.reshape(grouped, y);
  },
  afterSlice: groupFollowsChannels,
  window: (node) => windowOf(node, node.input(1), true, ([inputs]) => inputs === (node.int("group") ?? 1)),
  macs: (node, dims) => products(node.input(0), node.input(1), dims),
});

/** One group before any cut: the weight has an axis for the channels of one. */
function isDense(link: ChannelLink, channels: Operand, w: Operand): boolean {
  return link.originalDims(channels)[1] === link.originalDims(w)[1];
}

/**
 * As many groups as input channels, at least two of them before any cut: one that is left still is its own. Where single
 * channels are to go, the outputs of one input are a group like others.
 */
function isDepthwise(link: ChannelLink, { x, w, y }: ConvOperands): boolean {
  const [inputs = 1, outputs = 1] = [x, y].map((operand) => link.originalDims(operand)[1] ?? 1);
  const isMultiple = link.grouped === "channels" && outputs > inputs;
  return link.originalDims(w)[1] === 1 && inputs > 1 && !isMultiple;
}

/** The same; here the number of groups is that of output channels over those of one group. */
function isDepthwiseTransposed(link: ChannelLink, { x, w, y }: ConvOperands): boolean {
  const [channels = 1, outputs, perGroup = 1] = [x, y, w].map(
    (operand) => link.originalDims(operand)[1] ?? 1,
  );
  return channels > 1 && outputs === channels * perGroup;
}

/** The window of a convolution with this weight. */
export function convWindow(node: Node, weight: Value | undefined): OpWindow {
  return windowOf(node, weight, false, ([, perGroup]) => perGroup === 1);
}

/** `isDepthwise` is asked about the weight's dimensions of a convolution in groups. */
function windowOf(
  node: Node,
  filters: Value | undefined,
  transposed: boolean,
  isDepthwise: (weight: readonly number[]) => boolean,
): OpWindow {
  const weight = constantBehind(filters)?.dims;
  const groups = node.int("group") ?? 1;
  const kernel = node.ints("kernel_shape") ?? weight?.slice(2) ?? [];
  const depthwise = groups > 1 && weight !== undefined && isDepthwise(weight);
  return { kernel, strides: node.ints("strides") ?? kernel.map(() => 1), groups, depthwise, transposed };
}

/** Every element of the output sums over one filter. */
export function convMacs(node: Node, weight: Value | undefined, dims: DimsOf): number {
  return products(node.output(0), weight, dims);
}

/** Elements of `size` times the products that each takes part in. */
function products(size: Value | undefined, weight: Value | undefined, dims: DimsOf): number {
  return elementsOf(knownDims(size, dims)) * elementsOf(knownDims(weight, dims).slice(1));
}

export const convOps = [conv, convTranspose];
