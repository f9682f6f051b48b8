import { invariant } from "../base/errors.js";
import type { Attribute, Builder, DataType, Node, SymTensor, Tensor, Value } from "../ir/index.js";
import type { ShapeRule } from "./shapes/rule.js";

/**
 * One operator's knowledge. An op without an entry is a barrier: the channels that touch it stay, with a reason.
 */
export interface OpDefinition {
  /** The operator's name, as in https://onnx.ai/onnx/operators/ */
  readonly type: string;
  /** "" for the standard operators. */
  readonly domain?: string;
  /** Opset versions at which the operator's definition changed. */
  readonly since: readonly number[];
  /** Names of inputs and outputs as in the specification; "?" marks optional ones, "..." a repeated last one. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** What kind of edge the operator is in a hierarchical graph. */
  readonly kind: OpKind;
  /** The output is the input itself, also where a constant passes through on its way to its reader (Identity). */
  readonly alias?: true;
  /** What it means for the structure of a network, where its kind does not say it. */
  readonly role?: OpRole;
  /** The window that slides over the input, as far as attributes and constants say it. */
  window?(node: Node): OpWindow;
  /** Relations between the axes of inputs and outputs; never groups, never slicing. */
  channels(node: Node, link: ChannelLink): void;
  /** Only for ops whose attributes or constant inputs hold a channel count or channel index. */
  afterSlice?(node: Node, slice: SliceContext): void;
  /** Multiply-accumulates of one call (whole batch), all dimensions of its operands being known; absent means none. */
  macs?(node: Node, dims: DimsOf): number;
  /**
   * Adds nodes that compute the gradient of each input from those of the outputs (undefined: zero). Inputs without a
   * gradient (indices, shapes, limits) give undefined. Throws a UserError for attributes that it cannot handle.
   */
  gradient?(
    node: Node,
    dY: readonly (SymTensor | undefined)[],
    build: Builder,
  ): readonly (SymTensor | undefined)[];
  /** Shapes of the outputs, where they follow from attributes and inputs in a simple way; onnxruntime has the last word. */
  shapes?: ShapeRule;
  /** One output for small integer tensors (shape arithmetic), undefined where it cannot be known. */
  evaluate?(
    node: Node,
    inputs: readonly (IntegerTensor | undefined)[],
    dims: DimsOf,
    output: number,
  ): IntegerTensor | undefined;
}

export type OpKind =
  | "convolution"
  | "linear"
  | "normalization"
  | "activation"
  | "pooling"
  | "elementwise"
  | "concat"
  | "movement"
  | "reduction"
  | "attention"
  | "recurrent"
  | "shape"
  | "other";

/**
 * `sum` and `product` join what several branches computed; `inert` hands its first input on at inference; `affine` scales
 * and shifts channels by constants, as if it were part of the layer before it; `softmax` makes weights that sum to one.
 */
export type OpRole = "sum" | "product" | "inert" | "affine" | "softmax";

/** The window of a convolution or pooling. */
export interface OpWindow {
  /** Sizes along the spatial axes; empty where they are not known, or where one window covers all places. */
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  /** Conv's attribute; 1 where every output channel reads every input channel. */
  readonly groups: number;
  /** As many groups as input channels. */
  readonly depthwise: boolean;
  /** Strides apply to the output: places become more. */
  readonly transposed: boolean;
}

/** Known dimensions of a value (dynamic axes are pinned); undefined where the rank or a size is unknown. */
export type DimsOf = (value: Value) => readonly number[] | undefined;

/** A small tensor met in shape arithmetic: integers, booleans as 0 and 1, or floats on their way back to integers. */
export interface IntegerTensor {
  readonly elementType: DataType;
  readonly dims: readonly number[];
  readonly values: readonly number[];
  /** For each element the element of a constant that it is a plain copy of; undefined where it was computed. */
  readonly origins: readonly (ConstantElement | undefined)[];
  /** Whether dimensions of other values took part (Shape, Size), so that another input may change it. */
  readonly isMeasured?: boolean;
}

export interface ConstantElement {
  /** A value that holds an initializer or is the output of a Constant node. */
  readonly constant: Value;
  readonly index: number;
}

/** An input or output of the node whose rule is running. `dims` are the known, pinned sizes. */
export interface Operand {
  readonly value: Value;
  readonly dims: readonly number[];
  /** True where the value depends on constants only. */
  readonly isConstant: boolean;
}

/** Why channels must stay. The code is stable; README lists what each means. */
export type BarrierCode =
  | "graph-input"
  | "no-channels"
  | "graph-output"
  | "no-rule"
  | "unknown-shape"
  | "spatial-axis"
  | "batch-axis"
  | "mixes-channels"
  | "dynamic-index"
  | "dynamic-shape"
  | "random"
  | "captured"
  | "unaligned"
  | "reshape"
  | "padding-mode"
  | "quantised"
  | "shared-constant"
  | "frozen-by-user"
  | "not-rewritable"
  | "collapsed";

/**
 * What a rule may say about the channels that its node's operands carry. Axes may be negative. Every method is a
 * relation: calling it in any order, or twice, means the same. An output axis about which nothing is said carries no
 * channels; whatever meets it later must stay. Channels on an input's axis about which nothing is said stay.
 */
export interface ChannelLink {
  /** The imported version of the node's operator set. */
  readonly opset: number;
  /** What goes from a grouped convolution; `auto`: whole groups where each has one input, else channels. */
  readonly grouped: "auto" | "channels" | "groups";
  /** The operand at an input position; undefined where it is absent. Only inside `channels`. */
  input(index: number): Operand | undefined;
  output(index: number): Operand | undefined;
  inputs(): readonly Operand[];
  outputs(): readonly Operand[];
  /** The constant tensor that an operand is, seen through Identity; undefined where it is computed from data. */
  tensor(operand: Operand | undefined): Tensor | undefined;
  /** The integers that an operand is known to hold, also where shape arithmetic computes them. */
  integers(operand: Operand | undefined): readonly number[] | undefined;
  /**
   * The operand's dimensions before slicing, when the rule runs again to check a sliced graph; else its own. A rule that
   * chooses between cases by size must not choose differently because of the cut.
   */
  originalDims(operand: Operand): readonly number[];

  /** y is x, element for element (dimensions equal). */
  same(x: Operand, y: Operand): void;
  /** Axis yAxis of y carries the channels of axis xAxis of x, index for index (equal sizes). */
  pass(x: Operand, xAxis: number, y: Operand, yAxis: number): void;
  /** y = transpose(x): axis i of y is axis perm[i] of x. */
  permute(x: Operand, y: Operand, perm: readonly number[]): void;
  /** y has x's elements in the same row-major order under other dimensions. */
  reshape(x: Operand, y: Operand): void;
  /** y is the inputs one after another along `axis`; other axes are the same channels in all of them. */
  concat(xs: readonly Operand[], y: Operand, axis: number): void;
  /**
   * Index i of y's `axis` is index `indices[i]` of x's `axis`, or a constant where it is -1; other axes pass (x and y
   * have the same rank). Covers Slice, constant Gather, Pad, one output of Split, Tile.
   */
  take(x: Operand, y: Operand, axis: number, indices: ArrayLike<number>): void;
  /** Operands broadcast against each other element by element; y may be left out for comparisons of shape only. */
  elementwise(xs: readonly Operand[], y: Operand): void;
  /** y's axis repeats x's single element and may take any number of channels (Expand from 1). */
  spread(y: Operand, axis: number): void;
  /**
   * Axis aAxis of a and axis bAxis of b are multiplied and summed over, index by index. Where a is an output, a stored
   * weight b reads what the node computed a step before.
   */
  contract(a: Operand, aAxis: number, b: Operand, bAxis: number): void;
  /** The node sums over this axis without weights (ReduceSum): removed channels must count as zeros. */
  sum(x: Operand, axis: number): void;
  /**
   * The node takes in all of x at once (the range of its elements), or all along one `axis`: removed channels must count
   * as zeros, which change nothing there.
   */
  readAsZeros(x: Operand, axis?: number): void;
  /** Index k of w's axis stands for x's channels [k·times, (k + 1)·times), which go together or stay. */
  contractEach(x: Operand, xAxis: number, w: Operand, wAxis: number, times: number): void;
  /** w's axis makes the channels of y's axis (a weight's output axis). */
  produce(w: Operand, wAxis: number, y: Operand, yAxis: number): void;
  /**
   * w's axis is `blocks` equal blocks (the gates of a recurrent layer); index h of every block together make channel h
   * of y's axis.
   */
  produceBlocks(w: Operand, wAxis: number, y: Operand, yAxis: number, blocks: number): void;
  /** The same for a parameter that rides along: each of `blocks` equal blocks of its axis has one place for each channel. */
  rideBlocks(parameter: Operand, parameterAxis: number, x: Operand, axis: number, blocks: number): void;
  /** The value that means zero in a stored tensor, as its reader takes it (a zero point of elements of one byte). */
  zeroIs(stored: Operand, value: number): void;
  /** Stated after what moves labels to y: zeros in the constants behind y would be no zeros in y. */
  hidesZeros(y: Operand): void;
  /** A vector-like parameter rides along channels: bias, scale, statistics, slope. */
  ride(parameter: Operand, parameterAxis: number, x: Operand, axis: number): void;
  /**
   * A grouped convolution's weight: `axis` of w, inside block g of `blockAxis` (cut into `groups` equal blocks), reads
   * x's channels [g·n, (g+1)·n), where n is the size of w's `axis`.
   */
  contractBlocks(
    x: Operand,
    xAxis: number,
    w: Operand,
    axis: number,
    blockAxis: number,
    groups: number,
  ): void;
  /** x's axis is cut into `blocks` equal blocks which must lose equally many channels. */
  balance(x: Operand, axis: number, blocks: number): void;
  /** Index i of x's axis and index i·times + j of y's axis, for every j < times, are one channel (depthwise multiplier). */
  repeatEach(x: Operand, xAxis: number, y: Operand, yAxis: number, times: number): void;
  /** Statistics are taken over these axes together: channels on them cannot go one by one. */
  mix(x: Operand, axes: readonly number[], code?: BarrierCode): void;
  /**
   * The same, where the statistics of what is left would be another result, but a sensible one: on request the axes may
   * lose channels, with the new statistics.
   */
  statistics(x: Operand, axes: readonly number[], kind: StatisticsKind): void;
  /** Nothing on this axis may be removed. */
  freeze(x: Operand, axis: number, code: BarrierCode): void;
  /** Of x only the sizes or the element type count: any channels of it may go. */
  measure(x: Operand): void;
  /** Freezes every axis of every input; outputs carry no channels. */
  barrier(code: BarrierCode): void;
  /** A value of the given dimensions that exists only inside this rule, for movements in several steps. */
  scratch(dims: readonly number[]): Operand;
}

/** Statistics of layer normalisations decide the width of a residual stream; of those of others see each. */
export type StatisticsKind = "layer-norm" | "other";

/** What `afterSlice` sees: the node in the sliced graph, with the dimensions before and after. */
export interface SliceContext {
  /** The imported version of the node's operator set. */
  readonly opset: number;
  /** Dimensions of an input or output before slicing. */
  inputBefore(index: number): readonly number[] | undefined;
  outputBefore(index: number): readonly number[] | undefined;
  inputAfter(index: number): readonly number[] | undefined;
  outputAfter(index: number): readonly number[] | undefined;
  /** Original positions that stay on an axis of an input or output, in order. */
  keptInput(index: number, axis: number): readonly number[];
  keptOutput(index: number, axis: number): readonly number[];
  /** Integers that an input held before slicing. */
  integersBefore(index: number): readonly number[] | undefined;
  /** Integers that an input holds after slicing (shape arithmetic follows the new sizes by itself). */
  integers(index: number): readonly number[] | undefined;
  /** The same with the element of a constant behind each number. */
  integerTensor(index: number): IntegerTensor | undefined;
  /**
   * Whether an element of an integer input depends on constants and on axes that are cut alone, or the file fixes the
   * sizes of all graph inputs, so that it is the same in every run.
   */
  isStatic(index: number, element: number): boolean;
  /** Whether an element times wanted / (what it is now) is whole for other dynamic sizes too (batch · heads). */
  isProduct(index: number, element: number, wanted: number): boolean;
  /** Makes an integer input hold these values from now on: constants are rewritten, a copy where they are shared. */
  setIntegers(index: number, values: readonly number[], dims?: readonly number[]): void;
  /**
   * The same for an input that shape arithmetic computes. Elements that keep their value stay computed; static ones are
   * corrected by a difference, products by a factor.
   */
  fixIntegers(index: number, values: readonly number[]): void;
  /** Multiplies the first output by a number. */
  scaleOutput(factor: number): void;
  setAttribute(item: Attribute): void;
  /** Replaces the node by others; used where the operator cannot express the sliced movement. */
  replace(opType: string, inputs: readonly (Value | null)[], attributes: readonly Attribute[]): void;
  /** A new integer constant. */
  integersConstant(stem: string, values: readonly number[]): Value;
  /** Gives up: these channels must stay, analysis is run again without them. */
  refuse(reason: string): never;
}

/** Declares an operator; exists so that every entry is checked against `OpDefinition` where it stands. */
export function defineOp(definition: OpDefinition): OpDefinition {
  return definition;
}

/** A possibly negative axis as an index from the front. */
export function axisOf(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** Dimensions of a value that must be there and known. */
export function knownDims(value: Value | undefined, dims: DimsOf): readonly number[] {
  const known = value && dims(value);
  invariant(known, () => `the dimensions of ${value?.name ?? "an absent operand"} are not known`);
  return known;
}
