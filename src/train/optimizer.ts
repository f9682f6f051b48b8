import type { Builder, SymTensor } from "../ir/index.js";

/** How weights move. `weightDecay` is for the weights before `decayed` only, which leaves out biases and scales. */
export type Optimizer =
  | {
      readonly kind: "sgd";
      readonly momentum?: number;
      readonly nesterov?: boolean;
      readonly weightDecay?: number;
    }
  | {
      readonly kind: "adam" | "adamw";
      readonly beta1?: number;
      readonly beta2?: number;
      readonly epsilon?: number;
      readonly weightDecay?: number;
    };

/** A vector that the engine keeps between steps: what a step reads and what it leaves. */
export interface StateVector {
  readonly input: SymTensor;
  readonly output: SymTensor;
}

export interface UpdateOptions {
  readonly weights: SymTensor;
  readonly gradient: SymTensor;
  /** The first so many weights decay. */
  readonly decayed: number;
  /** Scalar. */
  readonly learningRate: SymTensor;
  /** Scalar: 1 at the first step. Adam's bias correction reads it. */
  readonly step: SymTensor;
  /** Put before the names of state vectors. */
  readonly prefix?: string;
}

export interface Update {
  readonly weights: SymTensor;
  readonly state: readonly StateVector[];
}

/** New weights [P] from flat weights and gradients, with the optimizer's own vectors as further inputs. */
export function update(build: Builder, optimizer: Optimizer, options: UpdateOptions): Update {
  return optimizer.kind === "sgd" ? sgd(build, optimizer, options) : adam(build, optimizer, options);
}

function stateInput(build: Builder, { weights, prefix = "" }: UpdateOptions, name: string): SymTensor {
  return build.input(`${prefix}${name}`, weights.dims, weights.type);
}

/** decay · w for the weights that decay, zeros for the rest. */
function decayTerm(
  build: Builder,
  { weights, decayed }: UpdateOptions,
  decay: SymTensor | number,
): SymTensor {
  const length = weights.dims[0] ?? 0;
  const head = build.mul(build.slice(weights, [0], [0], [decayed]), decay);
  return build.pad(head, [0], [length - decayed]);
}

/** As PyTorch's SGD: v' = μ·v + g + λ·w, w' = w - η·v' (Nesterov: w' = w - η·(g + λ·w + μ·v')). */
function sgd(build: Builder, optimizer: Extract<Optimizer, { kind: "sgd" }>, options: UpdateOptions): Update {
  const { momentum = 0, nesterov = false, weightDecay = 0 } = optimizer;
  const { weights, gradient, learningRate } = options;
  const g = weightDecay === 0 ? gradient : build.add(gradient, decayTerm(build, options, weightDecay));
  if (momentum === 0) return { weights: build.sub(weights, build.mul(g, learningRate)), state: [] };
  const input = stateInput(build, options, "velocity");
  const velocity = build.add(build.mul(input, momentum), g);
  const direction = nesterov ? build.add(g, build.mul(velocity, momentum)) : velocity;
  return {
    weights: build.sub(weights, build.mul(direction, learningRate)),
    state: [{ input, output: velocity }],
  };
}

/** Kingma and Ba (2015); "adamw" decays the weights themselves (Loshchilov and Hutter, 2019). */
function adam(
  build: Builder,
  optimizer: Extract<Optimizer, { kind: "adam" | "adamw" }>,
  options: UpdateOptions,
): Update {
  const { kind, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = optimizer;
  const { weights, gradient, learningRate, step } = options;
  const inGradient = kind === "adam" && weightDecay !== 0;
  const g = inGradient ? build.add(gradient, decayTerm(build, options, weightDecay)) : gradient;
  const [m, v] = [stateInput(build, options, "mean"), stateInput(build, options, "square")];
  const mean = build.add(build.mul(m, beta1), build.mul(g, 1 - beta1));
  const square = build.add(build.mul(v, beta2), build.mul(build.square(g), 1 - beta2));
  const correction = (beta: number) => build.sub(1, build.binary("Pow", build.scalar(beta, step.type), step));
  const scale = build.unary("Sqrt", build.div(square, correction(beta2)));
  const direction = build.div(build.div(mean, correction(beta1)), build.add(scale, epsilon));
  const apart = kind === "adamw" && weightDecay !== 0;
  const start = apart
    ? build.sub(weights, decayTerm(build, options, build.mul(learningRate, weightDecay)))
    : weights;
  return {
    weights: build.sub(start, build.mul(direction, learningRate)),
    state: [
      { input: m, output: mean },
      { input: v, output: square },
    ],
  };
}

/** The gradient shortened to the Euclidean norm `limit` where it is longer. */
export function clipNorm(build: Builder, gradient: SymTensor, limit: number): SymTensor {
  const norm = build.unary("Sqrt", build.sum(build.square(gradient), [0], false));
  const factor = build.binary("Min", build.div(build.scalar(limit, norm.type), build.add(norm, 1e-6)), 1);
  return build.mul(gradient, factor);
}

/** An exponential moving average of the weights: a' = d·a + (1 - d)·w. */
export function movingAverage(build: Builder, weights: SymTensor, decay: number): StateVector {
  const input = build.input("average", weights.dims, weights.type);
  return { input, output: build.add(build.mul(input, decay), build.mul(weights, 1 - decay)) };
}
