import { invariant } from "../base/errors.js";
import { type Attribute, graphsOf, textOf } from "./attribute.js";
import type { Graph } from "./graph.js";
import type { Tensor } from "./tensor.js";
import type { Value } from "./value.js";

export interface NodeFields {
  readonly opType: string;
  readonly domain?: string | undefined;
  readonly name?: string | undefined;
  readonly overload?: string | undefined;
  /** null stands for an optional input that is not given. */
  readonly inputs: readonly (Value | null)[];
  readonly outputs: readonly (Value | null)[];
  readonly attributes?: Iterable<Attribute>;
  readonly docString?: string | undefined;
  readonly metadata?: ReadonlyMap<string, string>;
  readonly carried?: unknown;
}

const NOTHING: ReadonlyMap<string, string> = new Map();
const NO_GRAPHS: readonly Graph[] = [];

/** One application of an operator. Inputs and outputs are values; the use lists follow every change. */
export class Node {
  readonly opType: string;
  /** As the file has it; the domain "ai.onnx" is another name for "". */
  readonly domain: string | undefined;
  readonly name: string | undefined;
  readonly overload: string | undefined;
  readonly docString: string | undefined;
  readonly metadata: ReadonlyMap<string, string>;
  readonly carried: unknown;
  readonly attributes: Map<string, Attribute>;
  readonly #inputs: (Value | null)[];
  readonly #outputs: readonly (Value | null)[];

  constructor(
    readonly graph: Graph,
    fields: NodeFields,
  ) {
    this.opType = fields.opType;
    this.domain = fields.domain;
    this.name = fields.name;
    this.overload = fields.overload;
    this.docString = fields.docString;
    this.metadata = fields.metadata ?? NOTHING;
    this.carried = fields.carried;
    this.attributes = new Map();
    for (const item of fields.attributes ?? []) this.attributes.set(item.name, item);
    this.#inputs = [...fields.inputs];
    this.#outputs = [...fields.outputs];
    this.#inputs.forEach((value, index) => {
      value?.addUse(this, index);
    });
    this.#outputs.forEach((value, index) => {
      if (!value) return;
      invariant(!value.producer, () => `value ${value.name} has two producers`);
      value.producer = this;
      value.producerIndex = index;
    });
  }

  get inputs(): readonly (Value | null)[] {
    return this.#inputs;
  }

  get outputs(): readonly (Value | null)[] {
    return this.#outputs;
  }

  /** The input at `index`, undefined where it is absent or left out. */
  input(index: number): Value | undefined {
    return this.#inputs[index] ?? undefined;
  }

  /** The output at `index`, undefined where it is absent or left out. */
  output(index: number): Value | undefined {
    return this.#outputs[index] ?? undefined;
  }

  /** Reads another value (or none) at `index`; an index past the end adds inputs. */
  setInput(index: number, value: Value | null): void {
    while (this.#inputs.length <= index) this.#inputs.push(null);
    this.#inputs[index]?.removeUse(this, index);
    this.#inputs[index] = value;
    value?.addUse(this, index);
  }

  setAttribute(item: Attribute): void {
    this.attributes.set(item.name, item);
  }

  int(name: string): number | undefined {
    const item = this.attributes.get(name);
    return item?.kind === "int" ? Number(item.value) : undefined;
  }

  ints(name: string): number[] | undefined {
    const item = this.attributes.get(name);
    return item?.kind === "ints" ? item.value.map(Number) : undefined;
  }

  float(name: string): number | undefined {
    const item = this.attributes.get(name);
    return item?.kind === "float" ? item.value : undefined;
  }

  string(name: string): string | undefined {
    const item = this.attributes.get(name);
    return item?.kind === "string" ? textOf(item.value) : undefined;
  }

  tensor(name: string): Tensor | undefined {
    const item = this.attributes.get(name);
    return item?.kind === "tensor" ? item.value : undefined;
  }

  /** Bodies of If, Loop, Scan and the like. */
  subgraphs(): readonly Graph[] {
    let graphs = NO_GRAPHS;
    this.attributes.forEach((item) => {
      const own = graphsOf(item);
      if (own.length > 0) graphs = [...graphs, ...own];
    });
    return graphs;
  }

  /** How messages name this node: its own name, else its first output's. */
  get label(): string {
    return this.name || this.#outputs.find((value) => value)?.name || `(${this.opType})`;
  }

  /** For Graph.remove: forgets all inputs and outputs. */
  detach(): void {
    for (const [index, value] of this.#inputs.entries()) value?.removeUse(this, index);
    for (const value of this.#outputs) if (value) value.producer = undefined;
  }

  toString(): string {
    return `${this.opType} ${this.label}`;
  }
}

/** The domain with "ai.onnx" written as "". */
export function domainOf(node: { readonly domain: string | undefined }): string {
  return node.domain === undefined || node.domain === "ai.onnx" ? "" : node.domain;
}
