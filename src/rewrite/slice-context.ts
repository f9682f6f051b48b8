import type { IntegerEvaluator } from "../analysis/integers.js";
import type { KeptChannels } from "../channels/index.js";
import {
  type Attribute,
  attribute,
  DataType,
  integersOf,
  type Model,
  type Node,
  Tensor,
  type Value,
} from "../ir/index.js";
import { constantTensor, type DimsOf, type IntegerTensor, type SliceContext } from "../ops/index.js";
import { addConstant, putConstant } from "./constants.js";
import { elementTypeOf } from "./element-type.js";
import { RewriteRefused } from "./refusal.js";

/** One node's view of a cut: `original` in the graph as it was, `twin` in the graph being rewritten. */
export class NodeSlice implements SliceContext {
  constructor(
    readonly original: Node,
    readonly twin: Node,
    readonly model: Model,
    readonly kept: KeptChannels,
    readonly before: DimsOf,
    readonly evaluator: () => IntegerEvaluator,
    /** The original's integers if every axis that is not cut were of another size. */
    readonly elsewhere: IntegerEvaluator,
    /** Says that a constant has changed. */
    readonly changed: () => void,
    /** Told the dimensions of values that the original does not have. */
    readonly added: (value: Value, dims: readonly number[]) => void,
  ) {}

  get opset(): number {
    return this.model.opset() ?? 1;
  }

  get #hasFixedInputs(): boolean {
    return this.model.graph.inputs.every(({ info, initializer }) => {
      const shape = info?.type?.kind === "tensor" ? info.type.shape : undefined;
      return initializer || shape?.every(({ size }) => typeof size === "number");
    });
  }

  inputBefore(index: number): readonly number[] | undefined {
    const value = this.original.input(index);
    return value && this.before(value);
  }

  outputBefore(index: number): readonly number[] | undefined {
    const value = this.original.output(index);
    return value && this.before(value);
  }

  inputAfter(index: number): readonly number[] | undefined {
    const value = this.original.input(index);
    return value && this.kept.dims(this.original, value);
  }

  outputAfter(index: number): readonly number[] | undefined {
    const value = this.original.output(index);
    return value && this.kept.dims(this.original, value);
  }

  keptInput(index: number, axis: number): readonly number[] {
    const value = this.original.input(index);
    return value ? this.kept.positions(this.original, value, axis) : [];
  }

  keptOutput(index: number, axis: number): readonly number[] {
    const value = this.original.output(index);
    return value ? this.kept.positions(this.original, value, axis) : [];
  }

  integersBefore(index: number): readonly number[] | undefined {
    const value = this.original.input(index);
    return value && this.kept.analysis.labelling.integers.integersOf(value);
  }

  integers(index: number): readonly number[] | undefined {
    return this.integerTensor(index)?.values;
  }

  integerTensor(index: number): IntegerTensor | undefined {
    const value = this.twin.input(index);
    return value && this.evaluator().evaluate(value);
  }

  isStatic(index: number, element: number): boolean {
    const value = this.original.input(index);
    const before = this.integersBefore(index)?.[element];
    return (
      before !== undefined &&
      value !== undefined &&
      (this.#hasFixedInputs || this.elsewhere.evaluate(value)?.values[element] === before)
    );
  }

  isProduct(index: number, element: number, wanted: number): boolean {
    const value = this.original.input(index);
    const now = this.integers(index)?.[element];
    const other = value && this.elsewhere.evaluate(value)?.values[element];
    return now !== undefined && other !== undefined && now > 0 && wanted > 0 && (other * wanted) % now === 0;
  }

  setIntegers(index: number, values: readonly number[], dims: readonly number[] = [values.length]): void {
    const value = this.twin.input(index);
    const tensor = value && (constantTensor(value) ?? this.#attributeAsTensor(value));
    if (value && tensor) {
      const next = integerTensorLike(tensor, dims, values);
      if (value.useCount === 1 && !value.isOutput) putConstant(value, next);
      else this.twin.setInput(index, addConstant(this.model, `${value.name}_pruned`, next));
      this.changed();
      return;
    }
    const current = this.integerTensor(index);
    if (!value || current?.values.length !== values.length) this.refuse("its sizes are computed from data");
    values.forEach((wanted, i) => {
      if (current?.values[i] === wanted) return;
      const origin = current?.origins[i];
      if (!origin) this.refuse("a size is computed from data and does not follow the cut");
      this.#patch(value, origin.constant, origin.index, wanted);
    });
    const now = this.integers(index);
    if (!values.every((wanted, i) => now?.[i] === wanted))
      this.refuse("its sizes come from constants that serve others");
  }

  /** Changes one element of a constant that reaches `end` through copies; other readers get to keep theirs. */
  #patch(end: Value, constant: Value, index: number, wanted: number): void {
    const tensor = constantTensor(constant) ?? this.#attributeAsTensor(constant);
    if (!tensor) this.refuse("a size comes from a constant that cannot be changed");
    const values = integersOf(tensor);
    values[index] = wanted;
    const next = integerTensorLike(tensor, tensor.dims, values);
    const readers = readersTowards(end, constant);
    if (readers.length === constant.useCount) putConstant(constant, next);
    else {
      const own = addConstant(this.model, `${constant.name}_pruned`, next);
      for (const { node, index: at } of readers) node.setInput(at, own);
    }
    this.changed();
  }

  /** What a Constant node holds in another attribute than `value` (value_int, value_ints). */
  #attributeAsTensor(constant: Value): Tensor | undefined {
    const held = constant.producer?.inputs.length === 0 ? this.evaluator().evaluate(constant) : undefined;
    return held && Tensor.int64("", held.dims, held.values);
  }

  fixIntegers(index: number, values: readonly number[]): void {
    const [value, current] = [this.twin.input(index), this.integerTensor(index)];
    if (!value || !current) this.refuse("its sizes are computed from data");
    const isStored = (i: number) => current.origins?.[i] !== undefined;
    const isFree = values.every((wanted, i) => isStored(i) || wanted !== current.values[i]);
    const isKnown = isFree && values.every((_, i) => isStored(i) || this.isStatic(index, i));
    const sizes = isKnown
      ? this.#integersLike(current, "sizes", values)
      : this.#corrected(value, current, index, values);
    this.twin.setInput(index, sizes);
    this.changed();
  }

  #integersLike({ elementType }: IntegerTensor, stem: string, values: readonly number[]): Value {
    const tensor =
      elementType === DataType.INT32
        ? integerTensorLike(int32, [values.length], values)
        : Tensor.int64("", [values.length], values);
    return addConstant(this.model, `${this.twin.label}_${stem}`, tensor);
  }

  /** Arithmetic that leads from sizes to those wanted. They may depend on a batch size: factors and differences are constants. */
  #corrected(value: Value, current: IntegerTensor, index: number, wanted: readonly number[]): Value {
    const now = wanted.map((_, i) => current.values[i] ?? 0);
    const isScaled = wanted.map((size, i) => size !== current.values[i] && !this.isStatic(index, i));
    const factors = wanted.map((size, i) => (isScaled[i] ? size : 1));
    const divisors = now.map((size, i) => (isScaled[i] ? size : 1));
    const differences = wanted.map((size, i) => (isScaled[i] ? 0 : size - (now[i] as number)));
    let sizes = value;
    const apply = (opType: string, stem: string, operand: readonly number[], neutral: number) => {
      if (operand.every((number) => number === neutral)) return;
      const next = this.model.graph.freshValue(`${this.twin.label}_${stem}`);
      const inputs = [sizes, this.#integersLike(current, `${stem}_by`, operand)];
      this.model.graph.addNode({ opType, inputs, outputs: [next] }, this.twin);
      sizes = next;
    };
    apply("Mul", "times", factors, 1);
    apply("Div", "over", divisors, 1);
    apply("Add", "plus", differences, 0);
    return sizes;
  }

  scaleOutput(factor: number): void {
    const [value, dims] = [this.twin.output(0), this.outputAfter(0)];
    const type = value && elementTypeOf(value);
    if (!value || !dims || type === undefined) this.refuse("its element type is not known");
    const { graph } = this.model;
    const whole = graph.freshValue(`${value.name}_whole`);
    const scale = addConstant(this.model, `${value.name}_share`, Tensor.float32("", [], [factor]));
    const { opType, domain, name, inputs } = this.twin;
    const attributes = [...this.twin.attributes.values()];
    const product = graph.replaceNode(this.twin, { opType: "Mul", inputs: [whole, scale], outputs: [value] });
    graph.addNode({ opType, domain, name, inputs, outputs: [whole], attributes }, product);
    this.added(whole, dims);
    if (type !== DataType.FLOAT) {
      const cast = graph.freshValue(`${value.name}_share`);
      graph.addNode(
        { opType: "Cast", inputs: [scale], outputs: [cast], attributes: [attribute.int("to", type)] },
        product,
      );
      product.setInput(1, cast);
      this.added(cast, []);
    }
    this.changed();
  }

  setAttribute(item: Attribute): void {
    this.twin.setAttribute(item);
    this.changed();
  }

  replace(opType: string, inputs: readonly (Value | null)[], attributes: readonly Attribute[]): void {
    this.model.graph.replaceNode(this.twin, {
      opType,
      name: this.twin.name,
      inputs,
      outputs: this.twin.outputs,
      attributes,
    });
    this.changed();
  }

  integersConstant(stem: string, values: readonly number[]): Value {
    return addConstant(this.model, `${this.twin.label}_${stem}`, Tensor.int64("", [values.length], values));
  }

  refuse(reason: string): never {
    const output = this.original.outputs.find((value) => value)?.name ?? "";
    throw new RewriteRefused([{ output, opType: this.original.opType, reason }]);
  }
}

const int32 = Tensor.raw("", DataType.INT32, [0], new Uint8Array(0));

/** Integers (or truth values) of the same element type and name; other fields of the old tensor stay. */
function integerTensorLike(like: Tensor, dims: readonly number[], values: readonly number[]): Tensor {
  const shape = like.dims.length === 0 && values.length === 1 ? [] : dims;
  if (like.dataType === DataType.INT32 || like.dataType === DataType.BOOL) {
    const stored = like.dataType === DataType.BOOL ? Uint8Array.from(values) : Int32Array.from(values);
    return like.with({ dims: shape, content: { kind: "raw", bytes: new Uint8Array(stored.buffer) } });
  }
  return like.with({ ...Tensor.int64("", shape, values), name: like.name });
}

/** The places where nodes on the way to `end` read `constant`. */
function readersTowards(end: Value, constant: Value): { node: Node; index: number }[] {
  const found: { node: Node; index: number }[] = [];
  const seen = new Set<Node>();
  const open = end.producer ? [end.producer] : [];
  for (let node = open.pop(); node; node = open.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    node.inputs.forEach((value, index) => {
      if (value === constant) found.push({ node: node as Node, index });
      else if (value?.producer) open.push(value.producer);
    });
  }
  return found;
}
