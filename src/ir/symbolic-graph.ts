import { invariant } from "../base/errors.js";
import type { Attribute } from "./attribute.js";
import { DataType } from "./data-type.js";
import type { Graph } from "./graph.js";
import { Tensor, viewBytes } from "./tensor.js";
import type { Value } from "./value.js";

/** A tensor in a graph that is being built, its dimensions known. */
export interface SymTensor {
  readonly value: Value;
  readonly dims: readonly number[];
  readonly type: DataType;
}

/** What is known about values that the builder did not make itself. */
export interface KnownValues {
  tensorOf(value: Value): Omit<SymTensor, "value"> | undefined;
  /** The elements of a small integer tensor that does not depend on data. */
  integersOf(value: Value): readonly number[] | undefined;
}

interface NodeOptions {
  readonly attributes?: readonly Attribute[];
  /** Element type of the outputs; that of the first input by default. */
  readonly type?: DataType | undefined;
}

const nothing: KnownValues = { tensorOf: () => undefined, integersOf: () => undefined };

/** The opset whose forms of operators the builder writes; those above it that onnxruntime has are compatible. */
export const BUILDER_OPSET = 18;

/** A double that is an int64 too. */
const LARGEST_INT = 2 ** 62;

/**
 * A graph that grows, and what is known of its values: inputs, outputs, constants (equal ones are made once) and nodes whose
 * dimensions the caller knows.
 */
export class SymbolicGraph {
  readonly #symbols = new Map<Value, SymTensor>();
  readonly #integers = new Map<Value, readonly number[]>();
  readonly #constants = new Map<string, SymTensor>();
  #count = 0;

  constructor(
    readonly graph: Graph,
    private readonly known: KnownValues = nothing,
  ) {}

  /** The symbol of a value: made here, a constant, or known from outside. */
  of(value: Value): SymTensor {
    const symbol = this.find(value);
    invariant(symbol, () => `dimensions of ${value.name} are not known`);
    return symbol;
  }

  find(value: Value): SymTensor | undefined {
    const made = this.#symbols.get(value);
    if (made) return made;
    const { initializer } = value;
    if (initializer) return { value, dims: initializer.dims, type: initializer.dataType };
    const known = this.known.tensorOf(value);
    return known && { value, ...known };
  }

  /** Says what a value is that someone else put into the graph. */
  declare(value: Value, dims: readonly number[], type: DataType): SymTensor {
    const symbol = { value, dims, type };
    this.#symbols.set(value, symbol);
    return symbol;
  }

  /** Says what a small integer constant holds that someone else put into the graph. */
  declareIntegers(value: Value, integers: readonly number[]): void {
    this.#integers.set(value, integers);
  }

  /** The elements of a small integer tensor; undefined where data decides them. */
  integersOf(value: Value | undefined): readonly number[] | undefined {
    return value && (this.#integers.get(value) ?? this.known.integersOf(value));
  }

  input(name: string, dims: readonly number[], type: DataType = DataType.FLOAT): SymTensor {
    const shape = dims.map((size) => ({ size }));
    const value = this.graph.addInput(name, { type: { kind: "tensor", elementType: type, shape } });
    return this.declare(value, dims, type);
  }

  /** Exposes a symbol under a name of its own. */
  output(name: string, { value, dims, type }: SymTensor): void {
    const made = this.graph.value(name);
    this.graph.addNode({ opType: "Identity", inputs: [value], outputs: [made] });
    const shape = dims.map((size) => ({ size }));
    this.graph.addOutput(made, { type: { kind: "tensor", elementType: type, shape } });
    this.declare(made, dims, type);
  }

  constant(tensor: Tensor, stem = "const"): SymTensor {
    const value = this.graph.setInitializer(this.#fresh(stem), tensor);
    return this.declare(value, tensor.dims, tensor.dataType);
  }

  /** A constant of numbers in a float type. */
  floats(values: ArrayLike<number>, dims: readonly number[], type: DataType): SymTensor {
    const array = type === DataType.DOUBLE ? Float64Array.from(values) : Float32Array.from(values);
    invariant(type === DataType.DOUBLE || type === DataType.FLOAT, "constants are float or double");
    return this.constant(Tensor.raw("const", type, dims, viewBytes(array)));
  }

  /** A scalar constant. */
  scalar(number: number, type: DataType): SymTensor {
    return this.#once(`${type} ${number}`, () =>
      type === DataType.INT64
        ? this.constant(Tensor.int64("scalar", [], [number]))
        : this.floats([number], [], type),
    );
  }

  /** A vector of int64. What is beyond the exact numbers ("to the end" in a Slice) stays as large as it can. */
  ints(given: readonly number[]): SymTensor {
    const values = given.map((value) => Math.min(Math.max(value, -LARGEST_INT), LARGEST_INT));
    return this.#once(`ints ${values}`, () => {
      const symbol = this.constant(Tensor.int64("ints", [values.length], values));
      this.#integers.set(symbol.value, values);
      return symbol;
    });
  }

  #once(key: string, make: () => SymTensor): SymTensor {
    const found = this.#constants.get(key) ?? make();
    this.#constants.set(key, found);
    return found;
  }

  /** A node with one output of dimensions `dims`. */
  node(
    opType: string,
    inputs: readonly (SymTensor | null)[],
    dims: readonly number[],
    options: NodeOptions = {},
  ): SymTensor {
    const [symbol] = this.nodes(opType, inputs, [dims], options);
    invariant(symbol, "a node was asked for one output");
    return symbol;
  }

  /** A node with one output for each list of dimensions. */
  nodes(
    opType: string,
    inputs: readonly (SymTensor | null)[],
    dims: readonly (readonly number[])[],
    { attributes = [], type = inputs[0]?.type ?? DataType.FLOAT }: NodeOptions = {},
  ): SymTensor[] {
    const outputs = dims.map(() => this.graph.value(this.#fresh(opType.toLowerCase())));
    this.graph.addNode({ opType, inputs: inputs.map((input) => input?.value ?? null), outputs, attributes });
    return outputs.map((value, i) => this.declare(value, dims[i] ?? [], type));
  }

  #fresh(stem: string): string {
    let name: string;
    do name = `${stem}__${++this.#count}`;
    while (this.graph.find(name));
    return name;
  }
}
