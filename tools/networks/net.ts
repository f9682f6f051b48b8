import { Random } from "../../src/base/random.js";
import {
  attribute,
  Builder,
  DataType,
  elementsOf,
  Graph,
  type SymTensor,
  Tensor,
  viewBytes,
} from "../../src/ir/index.js";

/** Weights of a layer: so many numbers, normal with this standard deviation where they are random. */
export type WeightSource = (elements: number, deviation: number) => Float32Array<ArrayBuffer>;

/** The same seed gives the same network. */
export function randomWeights(seed: number): WeightSource {
  const random = new Random(seed);
  return (elements, deviation) => Float32Array.from({ length: elements }, () => deviation * random.normal());
}

/** For counting: the system hands out pages of zeros that nobody touches. */
export const zeroWeights: WeightSource = (elements) => new Float32Array(elements);

export interface ConvOptions {
  readonly kernel?: number;
  readonly stride?: number;
  readonly groups?: number;
  readonly bias?: boolean;
}

type Activation = "Relu" | "Relu6" | "none";

/**
 * Layers over the graph builder, with names as PyTorch gives them. Weights are normal with variance 2 / fan-in (He et al.
 * 2015, "Delving deep into rectifiers", equation 10); normalisations start as the identity.
 */
export class Net {
  readonly graph = new Graph({ name: "network" });
  readonly #builder = new Builder(this.graph);

  constructor(private readonly weights: WeightSource) {}

  /** Images of any batch size. */
  input(channels: number, size: number): SymTensor {
    const shape = ["batch", channels, size, size].map((each) => ({ size: each }));
    const value = this.graph.addInput("input", {
      type: { kind: "tensor", elementType: DataType.FLOAT, shape },
    });
    return this.#builder.declare(value, [1, channels, size, size], DataType.FLOAT);
  }

  /** The dimensions of a value, with one sample. */
  readonly dims = (value: SymTensor["value"]): readonly number[] | undefined =>
    this.#builder.find(value)?.dims;

  /** A convolution that pads so that stride 1 keeps the size. */
  conv(
    name: string,
    x: SymTensor,
    outputs: number,
    { kernel = 1, stride = 1, groups = 1, bias = false }: ConvOptions = {},
  ): SymTensor {
    const dims = [outputs, channelsOf(x) / groups, kernel, kernel];
    const inputs = [x, this.#weight(`${name}.weight`, dims)];
    if (bias) inputs.push(this.#filled(`${name}.bias`, outputs, 0));
    return this.#builder.node("Conv", inputs, windowDims(x, outputs, kernel, stride), {
      attributes: [...windowAttributes(kernel, stride), attribute.int("group", groups)],
    });
  }

  norm(name: string, x: SymTensor): SymTensor {
    const width = channelsOf(x);
    const start = { weight: 1, bias: 0, running_mean: 0, running_var: 1 };
    const vectors = Object.entries(start).map(([part, value]) =>
      this.#filled(`${name}.${part}`, width, value),
    );
    return this.#builder.node("BatchNormalization", [x, ...vectors], x.dims);
  }

  /** Convolution, normalisation, activation: `name.0` and `name.1`. */
  convNorm(
    name: string,
    x: SymTensor,
    outputs: number,
    { activation = "Relu", ...options }: ConvOptions & { readonly activation?: Activation } = {},
  ): SymTensor {
    const y = this.norm(`${name}.1`, this.conv(`${name}.0`, x, outputs, options));
    if (activation === "none") return y;
    return activation === "Relu" ? this.relu(y) : this.relu6(y);
  }

  relu(x: SymTensor): SymTensor {
    return this.#builder.unary("Relu", x);
  }

  relu6(x: SymTensor): SymTensor {
    const bounds = [0, 6].map((bound) => this.#builder.scalar(bound, DataType.FLOAT));
    return this.#builder.node("Clip", [x, ...bounds], x.dims);
  }

  add(a: SymTensor, b: SymTensor): SymTensor {
    return this.#builder.add(a, b);
  }

  concat(xs: readonly SymTensor[]): SymTensor {
    return this.#builder.concat(xs, 1);
  }

  /** Two halves of the channels. */
  halves(x: SymTensor): readonly [SymTensor, SymTensor] {
    const half = channelsOf(x) / 2;
    const [first = x, second = x] = this.#builder.split(x, [half, half], 1);
    return [first, second];
  }

  maxPool(x: SymTensor, kernel: number, stride: number): SymTensor {
    return this.#pool("MaxPool", x, kernel, stride);
  }

  /** Padding counts as zeros, as in PyTorch. */
  averagePool(x: SymTensor, kernel: number, stride: number): SymTensor {
    return this.#pool("AveragePool", x, kernel, stride, [attribute.int("count_include_pad", 1)]);
  }

  /** Option A of He et al. 2016: every second pixel, and zeros for the channels that are new. */
  subsampled(x: SymTensor, outputs: number): SymTensor {
    const [, channels = 1, height = 1, width = 1] = x.dims;
    const sparse = this.#builder.slice(x, [2, 3], [0, 0], [height, width], [2, 2]);
    const side = (outputs - channels) / 2;
    return this.#builder.pad(sparse, [0, side, 0, 0], [0, side, 0, 0]);
  }

  /** Channels of all groups take turns: reshape, transpose, reshape. */
  shuffle(x: SymTensor, groups: number): SymTensor {
    const [, channels = 1, height = 1, width = 1] = x.dims;
    const inner = [0, groups, channels / groups, height, width];
    const split = this.#builder.node("Reshape", [x, this.#builder.ints(inner)], [1, ...inner.slice(1)]);
    const turned = this.#builder.transpose(split, [0, 2, 1, 3, 4]);
    return this.#builder.node("Reshape", [turned, this.#builder.ints([0, channels, height, width])], x.dims);
  }

  globalPool(x: SymTensor): SymTensor {
    return this.flatten(this.#builder.node("GlobalAveragePool", [x], [1, channelsOf(x), 1, 1]));
  }

  flatten(x: SymTensor): SymTensor {
    return this.#builder.node("Flatten", [x], [1, elementsOf(x.dims.slice(1))]);
  }

  linear(name: string, x: SymTensor, outputs: number): SymTensor {
    const weight = this.#weight(`${name}.weight`, [outputs, channelsOf(x)]);
    const bias = this.#filled(`${name}.bias`, outputs, 0);
    return this.#builder.node("Gemm", [x, weight, bias], [1, outputs], {
      attributes: [attribute.int("transB", 1)],
    });
  }

  output(x: SymTensor): void {
    const value = this.graph.value("logits");
    this.graph.addNode({ opType: "Identity", inputs: [x.value], outputs: [value] });
    const shape = ["batch", channelsOf(x)].map((size) => ({ size }));
    this.graph.addOutput(value, { type: { kind: "tensor", elementType: x.type, shape } });
    this.#builder.declare(value, x.dims, x.type);
  }

  #pool(
    opType: string,
    x: SymTensor,
    kernel: number,
    stride: number,
    more: readonly ReturnType<typeof attribute.int>[] = [],
  ): SymTensor {
    // Odd windows are centred on their pixel; even ones tile.
    return this.#builder.node(opType, [x], windowDims(x, channelsOf(x), kernel, stride), {
      attributes: [...windowAttributes(kernel, stride), ...more],
    });
  }

  #weight(name: string, dims: readonly number[]): SymTensor {
    const fanIn = elementsOf(dims.slice(1));
    return this.#constant(name, dims, this.weights(elementsOf(dims), Math.sqrt(2 / fanIn)));
  }

  #filled(name: string, length: number, value: number): SymTensor {
    return this.#constant(name, [length], new Float32Array(length).fill(value));
  }

  #constant(name: string, dims: readonly number[], values: Float32Array): SymTensor {
    const tensor = Tensor.raw(name, DataType.FLOAT, dims, viewBytes(values));
    return this.#builder.declare(this.graph.setInitializer(name, tensor), dims, DataType.FLOAT);
  }
}

function channelsOf({ dims }: SymTensor): number {
  return dims[1] ?? 1;
}

const paddingOf = (kernel: number): number => (kernel % 2 === 1 ? (kernel - 1) / 2 : 0);

function windowDims({ dims }: SymTensor, outputs: number, kernel: number, stride: number): number[] {
  const [batch = 1, , ...places] = dims;
  const padded = 2 * paddingOf(kernel) - kernel;
  return [batch, outputs, ...places.map((size) => Math.floor((size + padded) / stride) + 1)];
}

function windowAttributes(kernel: number, stride: number) {
  const pad = paddingOf(kernel);
  return [
    attribute.ints("kernel_shape", [kernel, kernel]),
    attribute.ints("strides", [stride, stride]),
    attribute.ints("pads", [pad, pad, pad, pad]),
  ];
}
