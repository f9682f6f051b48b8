import type { PlanSlice } from "../channels/index.js";
import { attribute, type Builder, elementsOf, type Node, type SymTensor, type Value } from "../ir/index.js";
import { padded, windowAt } from "../ops/gradient/conv-weight.js";
import { kernelPositions, windowsOf } from "../ops/gradient/window.js";
import {
  addendBehind,
  isBatchNormalization,
  isConv,
  isMatMul,
  isPlainGemm,
  weightInputAxis,
} from "../ops/index.js";

/**
 * What a linear layer does, as one regression for each of its groups: outputs [groups, outputs, rows] are a matrix
 * [outputs, inputs] times columns [groups, inputs, rows]. A row is a place in a sample.
 */
export interface Regression {
  readonly columns: SymTensor;
  readonly targets: SymTensor;
}

/** Where a constant that is added to every output of a layer can go. */
export interface Intercept {
  /** A vector of one number for each output. */
  readonly name: string;
  /** What it counts: a bias is added, the running mean of a normalization behind the layer is taken off. */
  readonly sign: 1 | -1;
}

/** A linear layer of a pruned model that lost inputs, or groups. */
export interface RefitLayer {
  readonly node: Node;
  readonly weight: Value;
  /** The weight's axis of outputs. */
  readonly outputAxis: 0 | 1;
  readonly groups: number;
  readonly intercept: Intercept | undefined;
}

/** The layer of a node whose weight (input 1) is a constant; a reason where it is of a form that is not refitted. */
export function refitLayer(node: Node): RefitLayer | string {
  const [weight, output] = [node.input(1), node.output(0)];
  if (!weight?.initializer || !output) return "its weight is no constant";
  if (weight.useCount > 1) return "others read its weight too";
  const isConvolution = isConv(node);
  if (!isConvolution && !isMatMul(node) && !isPlainGemm(node))
    return `${node.opType} of this form is not refitted`;
  if (!isConvolution && weight.initializer.dims.length !== 2) return "its weight is no matrix";
  return {
    node,
    weight,
    outputAxis: weightInputAxis(node) === 0 ? 1 : 0,
    groups: isConvolution ? (node.int("group") ?? 1) : 1,
    intercept: interceptOf(node, output),
  };
}

function interceptOf(node: Node, output: Value): Intercept | undefined {
  const own = node.input(2);
  if (own) return isOwnVector(own) ? { name: own.name, sign: 1 } : undefined;
  const [reader, ...others] = output.uses();
  if (!reader || others.length > 0 || output.isOutput) return undefined;
  const mean = isBatchNormalization(reader.node) ? reader.node.input(3) : undefined;
  if (mean) return isOwnVector(mean) ? { name: mean.name, sign: -1 } : undefined;
  const addend = addendBehind(reader.node, output);
  return addend && isOwnVector(addend) ? { name: addend.name, sign: 1 } : undefined;
}

function isOwnVector(value: Value): boolean {
  return value.initializer?.dims.length === 1 && value.useCount === 1 && !value.isOutput;
}

/** The original's outputs that the layer still has, by the cuts of its weight. */
export function keptOutputs(
  { weight, outputAxis }: RefitLayer,
  slices: readonly PlanSlice[],
  count: number,
): number[] {
  const cuts = slices.filter(({ tensor, axis }) => tensor === weight.name && axis === outputAxis);
  const gone = new Set(cuts.flatMap(({ removed }) => removed));
  return Array.from({ length: count }, (_, i) => i).filter((i) => !gone.has(i));
}

/** So many rows for each unknown are plenty; a convolution takes fewer places then. */
const ROWS_PER_UNKNOWN = 200;

/**
 * Adds the nodes that lay out a layer's inputs and the outputs that are wanted of it. `samples` is how many there will be
 * in all, one batch of which the symbols hold.
 */
export function regression(
  build: Builder,
  layer: RefitLayer,
  source: SymTensor,
  target: SymTensor,
  samples: number,
): Regression {
  const { columns, targets } = isConv(layer.node)
    ? convolutionRows(build, layer, source, target, samples)
    : matrixRows(build, source, target);
  return { columns: layer.intercept ? withOnes(build, columns) : columns, targets };
}

function matrixRows(build: Builder, source: SymTensor, target: SymTensor): Regression {
  const [columns, targets] = [source, target].map((tensor) => {
    const width = tensor.dims.at(-1) ?? 1;
    const rows = build.reshape(tensor, [elementsOf(tensor.dims) / width, width]);
    return build.reshape(build.swap(rows), [1, width, rows.dims[0] ?? 1]);
  }) as [SymTensor, SymTensor];
  return { columns, targets };
}

/** Channels come first, so that the rows of all samples are one axis and the products are one each. */
function convolutionRows(
  build: Builder,
  { node, weight, groups }: RefitLayer,
  source: SymTensor,
  target: SymTensor,
  samples: number,
): Regression {
  const [outputs = 1, perGroup = 1, ...kernel] = weight.initializer?.dims ?? [];
  const [batch = 1, , ...places] = target.dims;
  const stride = sparser(samples * elementsOf(places), perGroup * elementsOf(kernel), places.length);
  const windows = windowsOf(node, source.dims.slice(2), places, kernel);
  const taken = { ...windows, strides: windows.strides.map((step) => step * stride) };
  const steps = places.map((count) => Math.ceil(count / stride));
  const rows = batch * elementsOf(steps);
  const x = channelsFirst(build, padded(build, source, windows));
  const positions = kernelPositions(kernel).map((at) =>
    build.reshape(windowAt(build, x, { ...taken, steps }, at), [groups, perGroup, 1, rows]),
  );
  const columns = build.reshape(build.concat(positions, 2), [groups, perGroup * positions.length, rows]);
  const axes = places.map((_, i) => i + 2);
  const wanted = build.slice(
    target,
    axes,
    axes.map(() => 0),
    places,
    axes.map(() => stride),
  );
  const targets = build.reshape(channelsFirst(build, wanted), [groups, outputs / groups, rows]);
  return { columns, targets };
}

/** The step between places at which there are still enough of them. */
function sparser(rows: number, unknowns: number, axes: number): number {
  return Math.max(1, Math.floor((rows / (ROWS_PER_UNKNOWN * unknowns)) ** (1 / axes)));
}

function channelsFirst(build: Builder, x: SymTensor): SymTensor {
  return build.transpose(x, [1, 0, ...Array.from({ length: x.dims.length - 2 }, (_, i) => i + 2)]);
}

/** One more input, which is always 1. */
function withOnes(build: Builder, columns: SymTensor): SymTensor {
  const [groups = 1, , rows = 1] = columns.dims;
  return build.concat([columns, build.expand(build.scalar(1, columns.type), [groups, 1, rows])], 1);
}

/** The chosen outputs of what the original computes, less what the layer adds itself. */
export function wantedOutputs(
  build: Builder,
  { node }: RefitLayer,
  target: SymTensor,
  kept: readonly number[],
  bias: SymTensor | undefined,
): SymTensor {
  const axis = isConv(node) ? 1 : target.dims.length - 1;
  const dims = target.dims.map((size, i) => (i === axis ? kept.length : size));
  const chosen = build.node("Gather", [target, build.ints(kept)], dims, {
    attributes: [attribute.int("axis", axis)],
  });
  if (!bias) return chosen;
  const aligned = dims.map((_, i) => (i === axis ? kept.length : 1));
  return build.sub(chosen, build.reshape(bias, aligned));
}
