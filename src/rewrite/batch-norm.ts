import { invariant } from "../base/errors.js";
import {
  attribute,
  cloneModel,
  DataType,
  type Model,
  type Node,
  Tensor,
  toFloat32,
  type Value,
} from "../ir/index.js";
import { isBatchNormalization, isConv } from "../ops/index.js";

/** A convolution behind which a batch normalization may have been folded away: names of what it reads and makes. */
export interface FoldedNorm {
  readonly weight: string;
  readonly bias: string;
  readonly output: string;
  readonly channels: number;
}

/** Of a convolution's output, one number a channel. */
export interface ChannelStatistics {
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

/** The constants of a batch normalization that was put back, by name. */
interface InsertedNorm extends FoldedNorm {
  readonly constants: readonly [scale: string, shift: string, mean: string, variance: string];
}

export interface ReinsertedModel {
  readonly model: Model;
  readonly norms: readonly InsertedNorm[];
}

const EPSILON = 1e-5;

/** The length of a filter at He's initialisation (2015): fan-in weights of variance 2 / fan-in. */
const FILTER_LENGTH = Math.SQRT2;

/**
 * Every convolution with a weight and a bias of its own that no batch normalization reads: folding one away leaves such
 * a bias behind, and a normalization behind any of them can be folded away again.
 */
export function foldedNorms({ graph }: Model): FoldedNorm[] {
  return graph.nodes.flatMap((node) => {
    const [weight, bias, output] = [node.input(1), node.input(2), node.output(0)];
    if (!isConv(node) || !output || !isOwn(weight) || !isOwn(bias) || isNormalized(output)) return [];
    const channels = weight.initializer?.dims[0] ?? 0;
    return [{ weight: weight.name, bias: bias.name, output: output.name, channels }];
  });
}

/** A float constant with one reader. */
function isOwn(value: Value | undefined): value is Value {
  return value?.initializer?.dataType === DataType.FLOAT && value.useCount === 1 && !value.isOutput;
}

function isNormalized(value: Value): boolean {
  return value.uses().some(({ node }) => isBatchNormalization(node));
}

/**
 * A copy with a batch normalization behind each of these convolutions that, with the statistics that were measured there,
 * changes nothing: its scale is the deviation and its shift the mean. Filters get the length that fresh ones have, which the
 * normalization takes away again: folding has left them with all lengths, and a learning rate means more the shorter a
 * filter is. Values keep their names: what the convolution made is now what the normalization makes.
 */
export function insertNorms(
  model: Model,
  norms: readonly FoldedNorm[],
  measured: (norm: FoldedNorm) => ChannelStatistics,
): ReinsertedModel {
  const copy = cloneModel(model);
  const inserted = norms.map((norm) => {
    const shown = measured(norm);
    const factors = stretch(copy, norm);
    const by = (row: Float32Array, of: (value: number, factor: number) => number) =>
      row.map((value, c) => of(value, factors[c] ?? 1));
    const mean = by(shown.mean, (value, factor) => value * factor);
    const variance = by(shown.variance, (value, factor) => value * factor ** 2);
    const scale = by(variance, (value, factor) => Math.sqrt(value + EPSILON) / factor);
    const constants = (["scale", "shift", "mean", "variance"] as const).map((what, i) => {
      const { name } = copy.graph.freshValue(`${norm.output}/${what}`);
      const values = [scale, shown.mean, mean, variance][i] ?? mean;
      return copy.graph.setInitializer(name, Tensor.float32(name, [norm.channels], values));
    });
    insertBehind(copy.graph.find(norm.output), constants);
    const [gamma, beta, center, spread] = constants.map(({ name }) => name);
    invariant(gamma && beta && center && spread, "four constants");
    return { ...norm, constants: [gamma, beta, center, spread] as const };
  });
  return { model: copy, norms: inserted };
}

/** Multiplies every filter and its bias so that the filter has FILTER_LENGTH: the factors. */
function stretch({ graph }: Model, { weight, bias, channels }: FoldedNorm): Float64Array {
  const [filters, biases] = [weight, bias].map((name) => graph.find(name)?.initializer);
  invariant(filters && biases, "the copy has the convolution's constants");
  const [w, b] = [toFloat32(filters), toFloat32(biases)];
  const size = w.length / channels;
  const factors = Float64Array.from({ length: channels }, (_, c) => {
    const filter = w.subarray(c * size, (c + 1) * size);
    const length = Math.sqrt(filter.reduce((sum, value) => sum + value ** 2, 0));
    return length > 0 ? FILTER_LENGTH / length : 1;
  });
  const stretched = w.map((value, i) => value * (factors[Math.floor(i / size)] ?? 1));
  graph.setInitializer(weight, filters.withFloats(stretched));
  const biased = b.map((value, c) => value * (factors[c] ?? 1));
  graph.setInitializer(bias, biases.withFloats(biased));
  return factors;
}

function insertBehind(output: Value | undefined, constants: readonly Value[]): void {
  const conv = output?.producer;
  invariant(output && conv, "the copy has the convolution");
  const { graph } = conv;
  const before = graph.freshValue(`${output.name}/convolved`);
  const moved = graph.replaceNode(conv, {
    ...fieldsOf(conv),
    outputs: [before],
  });
  const next = graph.nodes[graph.nodes.indexOf(moved) + 1];
  const attributes = [attribute.float("epsilon", EPSILON)];
  graph.addNode(
    { opType: "BatchNormalization", inputs: [before, ...constants], outputs: [output], attributes },
    next,
  );
}

function fieldsOf(node: Node) {
  return { ...node, inputs: node.inputs, attributes: [...node.attributes.values()] };
}

/**
 * The constants of `trained` (a model that `insertNorms` made, trained since) in a copy of the model that it was made
 * from, each normalization folded into the convolution before it: w' = w · γ/√(σ²+ε), b' = (b - μ) · γ/√(σ²+ε) + β.
 */
export function foldNorms(original: Model, trained: Model, norms: readonly InsertedNorm[]): Model {
  const copy = cloneModel(original);
  const numbers = (name: string): Float32Array => toFloat32(constantOf(trained, name));
  const folded = new Set(norms.flatMap(({ weight, bias }) => [weight, bias]));
  for (const { name } of copy.graph.initializers) {
    const tensor = folded.has(name) ? undefined : trained.graph.find(name)?.initializer;
    if (tensor) copy.graph.setInitializer(name, tensor);
  }
  for (const { weight, bias, constants } of norms) {
    const [scale, shift, mean, variance] = constants.map(numbers);
    const [w, b] = [numbers(weight), numbers(bias)];
    invariant(scale && shift && mean && variance, "four constants");
    const factors = Float64Array.from(scale, (value, c) => value / Math.sqrt((variance[c] ?? 0) + EPSILON));
    const size = w.length / factors.length;
    const newWeight = w.map((value, i) => value * (factors[Math.floor(i / size)] ?? 0));
    const newBias = b.map((value, c) => (value - (mean[c] ?? 0)) * (factors[c] ?? 0) + (shift[c] ?? 0));
    copy.graph.setInitializer(weight, constantOf(copy, weight).withFloats(newWeight));
    copy.graph.setInitializer(bias, constantOf(copy, bias).withFloats(newBias));
  }
  return copy;
}

function constantOf({ graph }: Model, name: string): Tensor {
  const tensor = graph.find(name)?.initializer;
  invariant(tensor, () => `the model has the constant ${name}`);
  return tensor;
}
