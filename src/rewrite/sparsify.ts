import { bytesOfSource } from "../base/bytes.js";
import { invariant } from "../base/errors.js";
import {
  bitsOf,
  chunksOf,
  cloneModel,
  elementsOf,
  isFloat,
  type Model,
  type Node,
  rawSource,
  type Tensor,
  type Value,
} from "../ir/index.js";
import { constantTensor, kindOf, lookupOp, weightInputAxis } from "../ops/index.js";
import { putConstant } from "./constants.js";
import { refuseNaN } from "./nan.js";

/**
 * Which weights become zero, the smallest magnitudes first: a share of every layer's or of all layers' together, or all
 * but `keep` of every `of` consecutive weights along the axis that a layer sums over (2:4 keeps 2 of 4; Mishra et al.,
 * "Accelerating sparse deep neural networks", 2021).
 */
export type SparsityPattern =
  | { readonly kind: "share"; readonly share: number; readonly scope: "layer" | "global" }
  | { readonly kind: "n:m"; readonly keep: number; readonly of: number };

export interface SparsifyOptions {
  /** Kinds of layers whose weights may become zero; both by default. */
  readonly kinds?: readonly ("convolution" | "linear")[];
  /** Keeps the weights of the nodes or tensors for whose names it says true. */
  readonly isFrozen?: ((name: string) => boolean) | undefined;
}

/** How many of a layer's weights are zero afterwards, those that were zero before among them. */
export interface LayerSparsity {
  readonly name: string;
  readonly tensor: string;
  readonly weights: number;
  readonly zeros: number;
  /** zeros / weights. */
  readonly sparsity: number;
}

export interface SparsifiedModel {
  readonly model: Model;
  readonly layers: readonly LayerSparsity[];
  /** Layers whose weights stayed as they are, and why. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
  /** All layers together, those that were skipped left out. */
  readonly weights: number;
  readonly zeros: number;
  readonly sparsity: number;
}

interface Layer {
  readonly node: Node;
  readonly value: Value;
  readonly tensor: Tensor;
  /** Axis that the layer sums over. */
  readonly axis: number;
}

/** Of a layer's magnitudes, 1 for those that become zero. Asked layer by layer, in their order. */
type Marker = (magnitudes: Float32Array, layer: Layer) => Uint8Array;

/**
 * A copy of the model with small weights set to zero (Han et al., "Learning both weights and connections", NeurIPS 2015).
 * Zeros are stored like other numbers: neither the file nor the time of a run shrinks. Throws a UserError for NaN.
 */
export function sparsifyModel(
  model: Model,
  pattern: SparsityPattern,
  options: SparsifyOptions = {},
): SparsifiedModel {
  refuseNaN(model);
  const copy = cloneModel(model);
  const skipped: { name: string; reason: string }[] = [];
  const layers = weightLayers(copy, options, skipped).filter((layer) => {
    if (pattern.kind === "share" || (layer.tensor.dims[layer.axis] ?? 0) % pattern.of === 0) return true;
    const size = layer.tensor.dims[layer.axis];
    skipped.push({
      name: layer.node.label,
      reason: `it sums over ${size} channels, no multiple of ${pattern.of}`,
    });
    return false;
  });
  const mark = markerFor(layers, pattern);
  const report = layers.map((layer) => {
    const { node, value, tensor } = layer;
    // One layer's at a time: all together take as much memory as the weights.
    const magnitudes = magnitudesOf(tensor);
    const mask = mark(magnitudes, layer);
    putConstant(value, withZeros(tensor, mask));
    const zeros = magnitudes.reduce((sum, size, at) => sum + (size === 0 || mask[at] ? 1 : 0), 0);
    const weights = magnitudes.length;
    return { name: node.label, tensor: value.name, weights, zeros, sparsity: zeros / Math.max(weights, 1) };
  });
  const weights = report.reduce((sum, layer) => sum + layer.weights, 0);
  const zeros = report.reduce((sum, layer) => sum + layer.zeros, 0);
  return { model: copy, layers: report, skipped, weights, zeros, sparsity: zeros / Math.max(weights, 1) };
}

/** Every weight of a layer of these kinds once, in graph order. */
function weightLayers(
  { graph }: Model,
  { kinds = ["convolution", "linear"], isFrozen = () => false }: SparsifyOptions,
  skipped: { name: string; reason: string }[],
): Layer[] {
  const seen = new Set<Value>();
  return graph.nodes.flatMap((node) => {
    const kind = kindOf(node);
    if (!kinds.some((each) => each === kind)) return [];
    const skip = (reason: string) => {
      skipped.push({ name: node.label, reason });
      return [];
    };
    const value = node.input(1);
    const tensor = value && constantTensor(value);
    if (!value || !tensor) return skip("its second operand is no stored constant");
    if (!isFloat(tensor.dataType) || tensor.dims.length < 2) return skip("its weight is no matrix of floats");
    if (isFrozen(value.name) || (node.name && isFrozen(node.name))) return skip("--freeze names it");
    if (seen.has(value)) return [];
    seen.add(value);
    return [{ node, value, tensor, axis: summedAxis(node, tensor) }];
  });
}

function summedAxis(node: Node, { dims }: Tensor): number {
  if (lookupOp(node)?.window?.(node).transposed) return 0;
  return weightInputAxis(node) === 0 ? dims.length - 2 : 1;
}

function magnitudesOf(tensor: Tensor): Float32Array {
  const magnitudes = new Float32Array(tensor.elements);
  addMagnitudes(magnitudes, 0, tensor);
  return magnitudes;
}

/** Puts a tensor's magnitudes into an array; returns where they end. */
function addMagnitudes(into: Float32Array, from: number, tensor: Tensor): number {
  let at = from;
  for (const values of chunksOf(tensor))
    for (let i = 0; i < values.length; i++) into[at++] = Math.abs(values[i] as number);
  return at;
}

function markerFor(layers: readonly Layer[], pattern: SparsityPattern): Marker {
  if (pattern.kind === "n:m") return (magnitudes, layer) => structured(magnitudes, layer, pattern);
  const { share, scope } = pattern;
  if (scope === "layer") return (magnitudes) => smallestOf(magnitudes.slice(), share)(magnitudes);
  const all = new Float32Array(layers.reduce((sum, { tensor }) => sum + tensor.elements, 0));
  let at = 0;
  for (const { tensor } of layers) at = addMagnitudes(all, at, tensor);
  return smallestOf(all, share);
}

/** Marks a share of all magnitudes, which it sorts, the smallest first; of equal ones those that it is asked about first. */
function smallestOf(all: Float32Array, share: number): (part: Float32Array) => Uint8Array {
  const count = Math.round(share * all.length);
  all.sort();
  const limit = count > 0 ? (all[count - 1] as number) : -1;
  let ties = count - all.indexOf(limit);
  // Not from(), which makes a list of all numbers first.
  return (part) => {
    const mask = new Uint8Array(part.length);
    for (let i = 0; i < part.length; i++) {
      const size = part[i] as number;
      if (size < limit || (size === limit && ties-- > 0)) mask[i] = 1;
    }
    return mask;
  };
}

/** 1 for all but the `keep` largest of every `of` consecutive weights along the summed axis. */
function structured(
  magnitudes: Float32Array,
  { tensor: { dims }, axis }: Layer,
  { keep, of }: Extract<SparsityPattern, { kind: "n:m" }>,
): Uint8Array {
  const mask = new Uint8Array(magnitudes.length);
  const inner = elementsOf(dims.slice(axis + 1));
  const size = dims[axis] ?? 1;
  const places = Array.from({ length: of }, (_, i) => i * inner);
  for (let row = 0; row < magnitudes.length; row += size * inner) {
    for (let block = row; block < row + size * inner; block += of * inner) {
      for (let i = block; i < block + inner; i++) {
        const order = [...places].sort(
          (a, b) => (magnitudes[i + a] as number) - (magnitudes[i + b] as number) || a - b,
        );
        for (const place of order.slice(0, of - keep)) mask[i + place] = 1;
      }
    }
  }
  return mask;
}

/** Zero is all bits zero in every float type. */
function withZeros(tensor: Tensor, mask: Uint8Array): Tensor {
  const bytes = bytesOfSource(rawSource(tensor));
  const width = (bitsOf(tensor.dataType) ?? 0) / 8;
  invariant(width >= 1, () => `${tensor.name}: floats of less than a byte`);
  mask.forEach((flag, i) => {
    if (flag) bytes.fill(0, i * width, (i + 1) * width);
  });
  return tensor.with({ content: { kind: "raw", bytes } });
}
