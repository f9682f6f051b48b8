/** A value of the network: its name and dimensions, of which the first is the batch. */
export interface Wire {
  readonly name: string;
  /** Without the batch: channels, height, width of a map; tokens, features of a sequence; features of a row. */
  readonly dims: readonly number[];
}

/** Chooses one of n: 0 is the plainest. A drawn list of numbers decides, so that a smaller list is a simpler network. */
export type Choose = (n: number) => number;

/** Choices from a list of numbers; all 0 once it is used up. */
export function chooser(numbers: readonly number[]): Choose {
  let at = 0;
  return (n) => (numbers[at++] ?? 0) % n;
}

/** One of a list, the first is the plainest. */
export function oneOf<T>(choose: Choose, items: readonly T[]): T {
  return items[choose(items.length)] as T;
}

/** A network under construction, as lines of ONNX text. Every value that it hands out has known dimensions. */
export class Net {
  readonly #constants: string[] = [];
  readonly #lines: string[] = [];
  readonly #outputs: string[] = [];
  /** Values that a step may read, newest last. */
  readonly wires: Wire[] = [];
  readonly #read = new Set<string>();
  /** Weights by their dimensions, for sharing. */
  readonly #weights = new Map<string, string[]>();
  #count = 0;

  constructor(
    readonly input: readonly number[],
    /** The batch as the file has it: a number or the name of an open size. */
    readonly batch: number | string,
    /** The version of the standard operators: some came later, and onnxruntime has some of the old ones only. */
    readonly opset: number,
  ) {
    this.wires.push({ name: "x", dims: input });
  }

  fresh(stem: string): string {
    return `${stem}${this.#count++}`;
  }

  /** A stored constant; without values it gets random ones. Those with values are called k. */
  constant(type: string, dims: readonly number[], values?: readonly number[], stem = "c"): string {
    const name = this.fresh(values ? "k" : stem);
    const shape = dims.length > 0 ? `[${dims.join(", ")}]` : "";
    this.#constants.push(`${type}${shape} ${name}${values ? ` = {${values.join(", ")}}` : ""}`);
    return name;
  }

  integers(values: readonly number[]): string {
    return this.constant("int64", [values.length], values);
  }

  /** A float constant that is new, or shared with an earlier reader of the same dimensions. */
  weight(choose: Choose, dims: readonly number[], stem = "w"): string {
    const key = `${stem} ${dims}`;
    const known = this.#weights.get(key) ?? [];
    this.#weights.set(key, known);
    const shared = choose(6) === 5 ? known[choose(known.length || 1)] : undefined;
    if (shared !== undefined) return choose(2) === 1 ? this.node("Identity", [shared]) : shared;
    const name = this.constant("float", dims, undefined, stem);
    known.push(name);
    return name;
  }

  /** Adds a node and returns its output's name. */
  node(opType: string, inputs: readonly string[], attributes = ""): string {
    const [name] = this.nodes(opType, inputs, attributes, 1);
    return name as string;
  }

  /** Adds a node of several outputs, without those that are `omitted`. */
  nodes(
    opType: string,
    inputs: readonly string[],
    attributes: string,
    outputs: number,
    omitted: readonly number[] = [],
  ): string[] {
    const names = Array.from({ length: outputs }, (_, i) => (omitted.includes(i) ? "" : this.fresh("v")));
    for (const name of inputs) this.#read.add(name);
    this.#lines.push(
      `${names.join(", ")} = ${opType}${attributes && ` <${attributes}>`} (${inputs.join(", ")})`,
    );
    return names;
  }

  /** Hands a value on to later steps. */
  push(name: string, dims: readonly number[]): Wire {
    const wire = { name, dims };
    this.wires.push(wire);
    return wire;
  }

  /** An earlier value of the given rank that fits, one of the newest first; undefined where there is none. */
  pick(
    choose: Choose,
    rank: number,
    fits: (dims: readonly number[]) => boolean = () => true,
  ): Wire | undefined {
    const found = this.wires.filter(({ dims }) => dims.length === rank && fits(dims)).reverse();
    return found.length > 0 ? oneOf(choose, found) : undefined;
  }

  output(name: string): void {
    if (!this.#outputs.includes(name)) this.#outputs.push(name);
  }

  get unread(): readonly Wire[] {
    return this.wires.filter(({ name }) => !this.#read.has(name) && !this.#outputs.includes(name));
  }

  /** The graph as text. */
  text(): string {
    const outputs = this.#outputs.map((name) => `float[] ${name}`);
    const vendor = this.#lines.some((line) => line.includes("com.microsoft.")) ? ', "com.microsoft" : 1' : "";
    return [
      `<ir_version: 10, opset_import: ["" : ${this.opset}${vendor}]>`,
      `net (float[${[this.batch, ...this.input].join(", ")}] x) => (${outputs.join(", ")})`,
      `<${this.#constants.join(", ")}>`,
      `{\n  ${this.#lines.join("\n  ")}\n}`,
    ].join("\n");
  }
}
