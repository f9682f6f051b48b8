import { invariant } from "../base/errors.js";
import { type Builder, elementsOf, type Node, type SymTensor } from "../ir/index.js";
import type { Composite } from "./differentiate.js";

/** Batch normalization with the statistics of the batch. */
export interface TrainingNorm {
  readonly y: SymTensor;
  /** The node that makes `y`, and the gradient of the whole. */
  readonly node: Node;
  readonly composite: Composite;
  /** Of the batch, one number a channel; the variance as the running one counts it, over M - 1 samples. */
  readonly mean: SymTensor;
  readonly variance: SymTensor;
}

/**
 * Primitive operators, since onnxruntime's own training_mode writes its running statistics into its inputs. Gradients
 * in the form that needs one multiplication of each large tensor: dX = A·dY + B·(X - μ) + C with A, B, C per channel
 * (Ioffe and Szegedy, 2015, collected).
 */
export function trainingNorm(
  build: Builder,
  x: SymTensor,
  scale: SymTensor,
  bias: SymTensor,
  epsilon: number,
): TrainingNorm {
  const rank = x.dims.length;
  const over = [0, ...Array.from({ length: Math.max(0, rank - 2) }, (_, i) => i + 2)];
  const channels = x.dims[1] ?? 1;
  const column = (vector: SymTensor) => build.reshape(vector, [1, channels, ...over.slice(1).map(() => 1)]);
  const vector = (tensor: SymTensor) => build.reshape(tensor, [channels]);
  const count = elementsOf(x.dims) / channels;
  const mean = build.mean(x, over);
  const centered = build.sub(x, mean);
  const variance = build.mean(build.square(centered), over);
  const inverse = build.unary("Reciprocal", build.unary("Sqrt", build.add(variance, epsilon)));
  const factor = build.mul(column(scale), inverse);
  const y = build.add(build.mul(centered, factor), column(bias));
  const gradient = (dY: SymTensor) => {
    const sum = build.mean(dY, over);
    const along = build.mul(build.mean(build.mul(dY, centered), over), inverse);
    const slope = build.unary("Neg", build.mul(build.mul(factor, inverse), along));
    const shift = build.unary("Neg", build.mul(factor, sum));
    const dX = build.add(build.add(build.mul(dY, factor), build.mul(centered, slope)), shift);
    return [dX, vector(build.mul(along, count)), vector(build.mul(sum, count))];
  };
  const node = y.value.producer;
  invariant(node, "the sum has a node");
  const running = build.mul(variance, count / Math.max(1, count - 1));
  return {
    y,
    node,
    composite: { inputs: [x, scale, bias], gradient },
    mean: vector(mean),
    variance: vector(running),
  };
}
