import { type Attribute, DataType, Graph, type Node, type Value } from "../../src/ir/index.js";
import { type IntegerTensor, lookupOp, type SliceContext } from "../../src/ops/index.js";

export interface Cut {
  readonly op: string;
  readonly attributes?: readonly Attribute[];
  readonly opset?: number;
  /** Dimensions of inputs and outputs before. */
  readonly inputs: readonly (readonly number[])[];
  readonly outputs: readonly (readonly number[])[];
  /** Kept positions by "i0.1" (axis 1 of input 0) or "o0.1"; all of them where absent. */
  readonly kept: Readonly<Record<string, readonly number[]>>;
  /** Integers that inputs hold, by position. */
  readonly holds?: Readonly<Record<number, readonly number[]>>;
  /** What they hold after the cut, where shape arithmetic computes them. */
  readonly computes?: Readonly<Record<number, readonly number[]>>;
}

/** What `afterSlice` asked for. */
export interface Outcome {
  readonly integers: ReadonlyMap<number, readonly number[]>;
  readonly attributes: ReadonlyMap<string, readonly number[] | number>;
  readonly replaced: { readonly opType: string; readonly constants: readonly number[] } | undefined;
  readonly refused: string | undefined;
  /** Factor of the first output. */
  readonly scale?: number | undefined;
}

class Refused extends Error {}

/** Runs an entry's `afterSlice` on one node whose operands lose channels. */
export function afterSlice(cut: Cut): Outcome {
  const slice = new RecordedSlice(cut);
  const op = lookupOp({ opType: cut.op, domain: undefined });
  if (!op?.afterSlice) throw new Error(`${cut.op} has nothing to do after slicing`);
  try {
    op.afterSlice(slice.node, slice);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { ...slice.outcome, refused: error.message };
  }
  return slice.outcome;
}

class RecordedSlice implements SliceContext {
  readonly opset: number;
  readonly node: Node;
  readonly #cut: Cut;
  readonly #integers = new Map<number, readonly number[]>();
  readonly #attributes = new Map<string, readonly number[] | number>();
  readonly #constants = new Map<Value, readonly number[]>();
  #replaced: Outcome["replaced"];
  #scale: number | undefined;

  constructor(cut: Cut) {
    this.#cut = cut;
    this.opset = cut.opset ?? 21;
    const graph = new Graph();
    const given = Math.max(
      cut.inputs.length,
      ...Object.keys({ ...cut.holds, ...cut.computes }).map((at) => Number(at) + 1),
    );
    const isGiven = (at: number) => at < cut.inputs.length || cut.holds?.[at] || cut.computes?.[at];
    const inputs = Array.from({ length: given }, (_, at) => (isGiven(at) ? graph.value(`i${at}`) : null));
    const outputs = cut.outputs.map((_, at) => graph.value(`o${at}`));
    this.node = graph.addNode({ opType: cut.op, inputs, outputs, attributes: cut.attributes ?? [] });
  }

  get outcome(): Outcome {
    return {
      integers: this.#integers,
      attributes: this.#attributes,
      replaced: this.#replaced,
      ...(this.#scale !== undefined && { scale: this.#scale }),
      refused: undefined,
    };
  }

  #after(dims: readonly number[] | undefined, kept: (axis: number) => readonly number[]) {
    return dims?.map((_, axis) => kept(axis).length);
  }

  #kept(name: string, dims: readonly number[] | undefined): readonly number[] {
    return (
      this.#cut.kept[name] ?? Array.from({ length: dims?.[Number(name.split(".")[1])] ?? 0 }, (_, at) => at)
    );
  }

  scaleOutput(factor: number): void {
    this.#scale = factor;
  }

  inputBefore(index: number) {
    return this.#cut.inputs[index];
  }

  outputBefore(index: number) {
    return this.#cut.outputs[index];
  }

  inputAfter(index: number) {
    return this.#after(this.#cut.inputs[index], (axis) => this.keptInput(index, axis));
  }

  outputAfter(index: number) {
    return this.#after(this.#cut.outputs[index], (axis) => this.keptOutput(index, axis));
  }

  keptInput(index: number, axis: number) {
    return this.#kept(`i${index}.${axis}`, this.#cut.inputs[index]);
  }

  keptOutput(index: number, axis: number) {
    return this.#kept(`o${index}.${axis}`, this.#cut.outputs[index]);
  }

  integersBefore(index: number) {
    return this.#cut.holds?.[index];
  }

  integers(index: number) {
    return this.#integers.get(index) ?? this.#cut.computes?.[index] ?? this.#cut.holds?.[index];
  }

  integerTensor(index: number): IntegerTensor | undefined {
    const values = this.integers(index);
    const constant = this.node.input(index);
    if (!values || !constant) return undefined;
    const isComputed = this.#cut.computes?.[index] !== undefined;
    const origins = values.map((_, at) => (isComputed ? undefined : { constant, index: at }));
    return { elementType: DataType.INT64, dims: [values.length], values, origins };
  }

  isStatic() {
    return false;
  }

  isProduct() {
    return false;
  }

  setIntegers(index: number, values: readonly number[]) {
    this.#integers.set(index, values);
  }

  fixIntegers(index: number, values: readonly number[]) {
    this.#integers.set(index, values);
  }

  setAttribute(item: Attribute) {
    if (item.kind === "int") this.#attributes.set(item.name, Number(item.value));
    if (item.kind === "ints") this.#attributes.set(item.name, item.value.map(Number));
  }

  replace(opType: string, inputs: readonly (Value | null)[]) {
    const constants = inputs.flatMap((value) => (value && this.#constants.get(value)) ?? []);
    this.#replaced = { opType, constants };
  }

  integersConstant(stem: string, values: readonly number[]) {
    const value = this.node.graph.freshValue(stem);
    this.#constants.set(value, values);
    return value;
  }

  refuse(reason: string): never {
    throw new Refused(reason);
  }
}
