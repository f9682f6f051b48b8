import { IntegerEvaluator, type ShapeTable } from "../analysis/index.js";
import { invariant, UserError } from "../base/errors.js";
import {
  attribute,
  BUILDER_OPSET,
  type Builder,
  DataType,
  domainOf,
  graphsOf,
  isFloat,
  type Model,
  type Node,
  type SymTensor,
  Tensor,
  type Value,
} from "../ir/index.js";
import { isBatchNormalization, isDropout, isSplitByOutputs } from "../ops/index.js";
import { trainingNorm } from "./batch-norm.js";
import type { Composite } from "./differentiate.js";

/** The running statistics of a batch normalization, by the names of their initializers. */
export interface RunningStatistics {
  readonly mean: string;
  readonly variance: string;
  /** Of this batch. */
  readonly batchMean: SymTensor;
  readonly batchVariance: SymTensor;
  /** Share of the running value that stays. */
  readonly momentum: number;
}

/** A model copied into a graph that is being built. */
export interface CopiedModel {
  /** The symbols of the model's values. */
  readonly symbols: ReadonlyMap<Value, SymTensor>;
  /** Weights that could be trained: values that nothing makes yet. */
  readonly weights: ReadonlyMap<string, SymTensor>;
  readonly composites: ReadonlyMap<Node, Composite>;
  readonly statistics: readonly RunningStatistics[];
}

export interface CopyOptions {
  /** Put before every name. */
  readonly prefix?: string;
  /** Batch normalization takes the statistics of the batch, and weights stay open for the trainer. */
  readonly training: boolean;
  readonly isFrozen?: ((name: string) => boolean) | undefined;
}

/** The lowest opset whose operators read as those of opset 18, but for what `upgrade` does. */
const LOWEST_OPSET = 13;

/** The opset of a graph that holds such a model. Throws a UserError for models that are too old. */
export function trainingOpset(model: Model): number {
  const opset = model.opset() ?? 1;
  if (opset >= LOWEST_OPSET) return Math.max(opset, BUILDER_OPSET);
  throw new UserError(
    "train-opset",
    `the model uses opset ${opset}; training needs ${LOWEST_OPSET} or later: export it again, or convert it with onnx.version_converter`,
  );
}

/**
 * Copies a model's nodes into a graph: shape arithmetic becomes constants at the sizes of `shapes`, Dropout goes, and
 * for training batch normalization becomes its training form. Inputs are those of `given`, by name.
 */
export function copyModel(
  build: Builder,
  model: Model,
  shapes: ShapeTable,
  given: ReadonlyMap<string, SymTensor>,
  options: CopyOptions,
): CopiedModel {
  const copier = new Copier(build, shapes, options);
  for (const input of model.graph.inputs) {
    const symbol = given.get(input.name);
    if (symbol) copier.symbols.set(input, symbol);
  }
  for (const node of model.graph.nodes) copier.copy(node);
  return copier;
}

class Copier implements CopiedModel {
  readonly symbols = new Map<Value, SymTensor>();
  readonly weights = new Map<string, SymTensor>();
  readonly composites = new Map<Node, Composite>();
  readonly statistics: RunningStatistics[] = [];
  readonly #integers: IntegerEvaluator;

  constructor(
    private readonly build: Builder,
    private readonly shapes: ShapeTable,
    private readonly options: CopyOptions,
  ) {
    this.#integers = new IntegerEvaluator(shapes.of);
  }

  copy(node: Node): void {
    if (this.#becomesConstant(node)) return;
    if (isDropout(node)) return this.#pass(node);
    if (isBatchNormalization(node) && this.options.training && !this.#isFrozenNorm(node))
      return this.#normalize(node);
    if ([...node.attributes.values()].some((item) => graphsOf(item).length > 0))
      throw new UserError(
        "train-subgraph",
        `node ${node.label}: ${node.opType} has a body of its own, which cannot be trained`,
      );
    this.#plain(node);
  }

  /** Shape arithmetic, whose results are known. */
  #becomesConstant(node: Node): boolean {
    const outputs = node.outputs.filter((value) => value !== null);
    const types = outputs.map((value) => this.shapes.typeOf(value));
    if (types.some((type) => type !== DataType.INT64)) return false;
    const tensors = outputs.map((value) => this.#integers.evaluate(value));
    if (!tensors.every((tensor) => tensor !== undefined)) return false;
    outputs.forEach((value, i) => {
      const { dims = [], values = [] } = tensors[i] ?? {};
      const symbol =
        dims.length === 1 ? this.build.ints(values) : this.build.constant(Tensor.int64("c", dims, values));
      this.symbols.set(value, symbol);
    });
    return true;
  }

  #pass(node: Node): void {
    const [input, output] = [node.input(0), node.output(0)];
    if (input && output) this.symbols.set(output, this.#symbol(input));
  }

  #isFrozenNorm(node: Node): boolean {
    return [1, 3].some((index) => {
      const value = node.input(index);
      return !value?.initializer || this.options.isFrozen?.(value.name);
    });
  }

  #normalize(node: Node): void {
    const [x, scale, bias] = [0, 1, 2].map((index) => node.input(index));
    const [mean, variance, y] = [node.input(3), node.input(4), node.output(0)];
    invariant(x && scale && bias && mean && variance && y, () => `${node.label} lacks operands`);
    const epsilon = node.float("epsilon") ?? 1e-5;
    const made = trainingNorm(this.build, this.#symbol(x), this.#symbol(scale), this.#symbol(bias), epsilon);
    this.symbols.set(y, made.y);
    this.composites.set(made.node, made.composite);
    this.statistics.push({
      mean: mean.name,
      variance: variance.name,
      batchMean: made.mean,
      batchVariance: made.variance,
      momentum: node.float("momentum") ?? 0.9,
    });
  }

  #plain(node: Node): void {
    const inputs = node.inputs.map((value) => value && this.#symbol(value).value);
    const outputs = node.outputs.map((value) => {
      if (!value) return null;
      const [dims, type] = [this.shapes.of(value), this.shapes.typeOf(value)];
      if (!dims || type === undefined)
        throw new UserError(
          "train-shapes",
          `node ${node.label}: the dimensions of ${value.name} are not known; give --input-shape`,
        );
      const made = this.build.graph.value(this.#name(value.name));
      this.symbols.set(value, this.build.declare(made, dims, type));
      return made;
    });
    const { domain, opType } = node;
    const name = node.name && this.#name(node.name);
    this.build.graph.addNode({ domain, name, opType, outputs, ...this.#upgraded(node, inputs) });
  }

  /** What changed between opset 13 and 18: axes of reductions became an input, Split wants to know its parts. */
  #upgraded(node: Node, inputs: (Value | null)[]) {
    const attributes = new Map(node.attributes);
    const axes = node.ints("axes");
    if (domainOf(node) === "" && node.opType.startsWith("Reduce") && axes && inputs.length === 1) {
      attributes.delete("axes");
      return { inputs: [...inputs, this.build.ints(axes).value], attributes: attributes.values() };
    }
    if (isSplitByOutputs(node))
      attributes.set("num_outputs", attribute.int("num_outputs", node.outputs.length));
    return { inputs, attributes: attributes.values() };
  }

  #name(name: string): string {
    return `${this.options.prefix ?? ""}${name}`;
  }

  #symbol(value: Value): SymTensor {
    const found = this.symbols.get(value);
    if (found) return found;
    const { initializer } = value;
    if (!initializer)
      throw new UserError("train-input", `input ${value.name} is not among those that the data set gives`);
    const made = this.build.graph.value(this.#name(value.name));
    const symbol = this.build.declare(made, initializer.dims, initializer.dataType);
    if (this.#isWeight(value.name, initializer)) this.weights.set(value.name, symbol);
    else this.build.graph.setInitializer(made.name, initializer);
    const integers = this.#integers.integersOf(value);
    if (integers && !isFloat(initializer.dataType)) this.build.declareIntegers(made, integers);
    this.symbols.set(value, symbol);
    return symbol;
  }

  #isWeight(name: string, { dataType, dims }: Tensor): boolean {
    return (
      this.options.training &&
      dataType === DataType.FLOAT &&
      dims.length > 0 &&
      !this.options.isFrozen?.(name)
    );
  }
}
