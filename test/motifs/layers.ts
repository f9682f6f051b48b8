import type { Model } from "../../src/ir/index.js";
import { model } from "../support/graph.js";

/** How an exporter leaves normalizations and activations: as they are, or folded and taken apart. */
export type Style = "kept" | "folded";

/** A feature map in the text that grows, with its channels. */
export interface Wire {
  readonly name: string;
  readonly channels: number;
}

export interface ConvOptions {
  readonly stride?: number;
  readonly groups?: number;
  /** Applied to the result, after a normalization. */
  readonly activation?: "relu" | "silu" | "gelu";
  readonly normalized?: boolean;
}

/** Writes a network of small layers as ONNX text. */
export class Layers {
  readonly input: Wire = { name: "x", channels: 3 };
  readonly #constants: string[] = [];
  readonly #nodes: string[] = [];
  #count = 0;

  constructor(readonly style: Style) {}

  /** The network up to these outputs; its weights are random. */
  model(...outputs: readonly Wire[]): Model {
    const ports = outputs.map(({ name }) => `float[] ${name}`).join(", ");
    return model(`<ir_version: 10, opset_import: ["" : 20]>
      net (float[1,3,64,64] x) => (${ports}) <${this.#constants.join(", ")}> {
        ${this.#nodes.join("\n")}
      }`);
  }

  /** A node with one output. */
  node(operator: string, inputs: readonly string[], channels: number): Wire {
    const name = `v${this.#count++}`;
    this.#nodes.push(`${name} = ${operator} (${inputs.join(", ")})`);
    return { name, channels };
  }

  /** A constant with these elements, or with random ones. */
  constant(type: string, elements?: readonly number[]): string {
    const name = `c${this.#count++}`;
    this.#constants.push(`${type} ${name}${elements ? ` = {${elements.join(", ")}}` : ""}`);
    return name;
  }

  conv(x: Wire, channels: number, kernel: number, options: ConvOptions = {}): Wire {
    const { stride = 1, groups = 1, normalized = true, activation } = options;
    const pad = Math.floor((kernel - 1) / 2);
    const weight = this.constant(`float[${channels},${x.channels / groups},${kernel},${kernel}]`);
    const bias = this.constant(`float[${channels}]`);
    const attributes = `<group = ${groups}, strides = [${stride}, ${stride}], pads = [${pad}, ${pad}, ${pad}, ${pad}]>`;
    let y = this.node(`Conv ${attributes}`, [x.name, weight, bias], channels);
    if (normalized && this.style === "kept") y = this.batchNormalization(y);
    return activation ? this.activation(y, activation) : y;
  }

  depthwise(x: Wire, kernel: number, options: ConvOptions = {}): Wire {
    return this.conv(x, x.channels, kernel, { ...options, groups: x.channels });
  }

  batchNormalization(x: Wire): Wire {
    const vectors = [1, 2, 3, 4].map(() => this.constant(`float[${x.channels}]`));
    return this.node("BatchNormalization", [x.name, ...vectors], x.channels);
  }

  activation(x: Wire, kind: "relu" | "silu" | "gelu"): Wire {
    const on = (operator: string, ...inputs: string[]) => this.node(operator, inputs, x.channels);
    if (kind === "relu") return on("Relu", x.name);
    if (kind === "silu") return on("Mul", x.name, on("Sigmoid", x.name).name);
    if (this.style === "kept") return on("Gelu", x.name);
    const [root, one, half] = [Math.SQRT2, 1, 0.5].map((number) => this.constant("float", [number]));
    const error = on("Erf", on("Div", x.name, root as string).name);
    const product = on("Mul", x.name, on("Add", error.name, one as string).name);
    return on("Mul", product.name, half as string);
  }

  add(a: Wire, b: Wire, activation?: "relu"): Wire {
    const sum = this.node("Add", [a.name, b.name], a.channels);
    return activation ? this.activation(sum, activation) : sum;
  }

  concat(...parts: readonly Wire[]): Wire {
    const channels = parts.reduce((sum, part) => sum + part.channels, 0);
    return this.node(
      "Concat <axis = 1>",
      parts.map(({ name }) => name),
      channels,
    );
  }

  maxPool(x: Wire, kernel = 2, stride = 2): Wire {
    const pad = Math.floor((kernel - 1) / 2);
    const attributes = `<kernel_shape = [${kernel}, ${kernel}], strides = [${stride}, ${stride}], pads = [${pad}, ${pad}, ${pad}, ${pad}]>`;
    return this.node(`MaxPool ${attributes}`, [x.name], x.channels);
  }

  /** Features of the whole image, scaled by two small layers on their means. */
  squeezeAndExcite(x: Wire): Wire {
    const mean = this.node("GlobalAveragePool", [x.name], x.channels);
    const small = this.conv(mean, 2, 1, { normalized: false, activation: "relu" });
    const scale = this.conv(small, x.channels, 1, { normalized: false });
    return this.node("Mul", [x.name, this.node("Sigmoid", [scale.name], x.channels).name], x.channels);
  }

  reshape(x: Wire, dims: readonly number[]): Wire {
    return this.node("Reshape", [x.name, this.constant(`int64[${dims.length}]`, dims)], x.channels);
  }

  transpose(x: Wire, perm: readonly number[]): Wire {
    return this.node(`Transpose <perm = [${perm.join(", ")}]>`, [x.name], x.channels);
  }

  /** Elements `start` to `end` of an axis, every `step`-th. */
  slice(x: Wire, axis: number, start: number, end: number, step = 1): Wire {
    const channels = axis === 1 ? end - start : x.channels;
    const numbers = [start, end, axis, step].map((number) => this.constant("int64[1]", [number]));
    return this.node("Slice", [x.name, ...numbers], channels);
  }

  linear(x: Wire, columns: number, activation?: "gelu"): Wire {
    const weight = this.constant(`float[${x.channels},${columns}]`);
    const product = this.node("MatMul", [x.name, weight], columns);
    const y = this.node("Add", [product.name, this.constant(`float[${columns}]`)], columns);
    return activation ? this.activation(y, activation) : y;
  }

  /** As one operator, or as the operators that it stands for. */
  layerNorm(x: Wire): Wire {
    const [scale, shift] = [1, 2].map(() => this.constant(`float[${x.channels}]`)) as [string, string];
    if (this.style === "kept") return this.node("LayerNormalization", [x.name, scale, shift], x.channels);
    const on = (operator: string, ...inputs: string[]) => this.node(operator, inputs, x.channels).name;
    const mean = (name: string) => on("ReduceMean", name, this.constant("int64[1]", [-1]));
    const centred = on("Sub", x.name, mean(x.name));
    const square = on("Pow", centred, this.constant("float", [2]));
    const deviation = on("Sqrt", on("Add", mean(square), this.constant("float", [0.00001])));
    return this.node("Add", [on("Mul", on("Div", centred, deviation), scale), shift], x.channels);
  }

  /** Attention of two heads among 16 tokens. */
  attention(x: Wire): Wire {
    const [width, head] = [x.channels, x.channels / 2];
    const joined = this.linear(x, 3 * width);
    const parts = this.style === "kept" ? this.#split(joined) : this.#sliced(joined);
    const [query, key, value] = parts.map((part, i) =>
      this.transpose(this.reshape(part, [1, 16, 2, head]), i === 1 ? [0, 2, 3, 1] : [0, 2, 1, 3]),
    ) as [Wire, Wire, Wire];
    const scores = this.node("MatMul", [query.name, key.name], 16);
    const scaled = this.node("Mul", [scores.name, this.constant("float", [0.5])], 16);
    const weights = this.node("Softmax <axis = -1>", [scaled.name], 16);
    const mixed = this.node("MatMul", [weights.name, value.name], width);
    return this.linear(this.reshape(this.transpose(mixed, [0, 2, 1, 3]), [1, 16, width]), width);
  }

  #split(x: Wire): Wire[] {
    const names = [0, 1, 2].map(() => `v${this.#count++}`);
    this.#nodes.push(`${names.join(", ")} = Split <axis = -1, num_outputs = 3> (${x.name})`);
    return names.map((name) => ({ name, channels: x.channels / 3 }));
  }

  #sliced(x: Wire): Wire[] {
    const width = x.channels / 3;
    return [0, 1, 2].map((part) => ({
      ...this.slice(x, 2, part * width, (part + 1) * width),
      channels: width,
    }));
  }

  /** The two halves of the channels, as one Split or as two slices. */
  halves(x: Wire): [Wire, Wire] {
    const half = x.channels / 2;
    if (this.style === "folded") return [this.slice(x, 1, 0, half), this.slice(x, 1, half, 2 * half)];
    const names = [`v${this.#count++}`, `v${this.#count++}`] as const;
    this.#nodes.push(`${names.join(", ")} = Split <axis = 1, num_outputs = 2> (${x.name})`);
    return [
      { name: names[0], channels: half },
      { name: names[1], channels: half },
    ];
  }

  /** Pooled over the whole image, then scores. */
  head(x: Wire): Wire {
    const pooled = this.node("GlobalAveragePool", [x.name], x.channels);
    return this.linear(this.node("Flatten", [pooled.name], x.channels), 4);
  }
}
