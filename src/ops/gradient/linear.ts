import type { Builder, SymTensor } from "../../ir/index.js";
import { type Gradient, gradient } from "./rule.js";

/** y = alpha · A' · B' + beta · C. */
const gemm = gradient(({ node, build, dY, x, optional }) => {
  const [a, b, c] = [x(0), x(1), optional(2)];
  const [transA, transB] = [node.int("transA") === 1, node.int("transB") === 1];
  const scaled = (by: number, tensor: SymTensor) => (by === 1 ? tensor : build.mul(tensor, by));
  const dZ = scaled(node.float("alpha") ?? 1, dY);
  const [left, right] = [transA ? build.swap(a) : a, transB ? build.swap(b) : b];
  const dA = transA ? build.matMul(right, build.swap(dZ)) : build.matMul(dZ, build.swap(right));
  const dB = transB ? build.matMul(build.swap(dZ), left) : build.matMul(build.swap(left), dZ);
  return [dA, dB, c && build.sumTo(scaled(node.float("beta") ?? 1, dY), c.dims)];
});

/** Vectors become matrices of one row or column, with the axis that MatMul would drop. */
const matMul = gradient(({ build, dY, x }) => {
  const [a, b] = [x(0), x(1)];
  const left = a.dims.length === 1 ? build.reshape(a, [1, ...a.dims]) : a;
  const right = b.dims.length === 1 ? build.reshape(b, [...b.dims, 1]) : b;
  const stack = dY.dims.slice(0, dY.dims.length - (a.dims.length > 1 ? 1 : 0) - (b.dims.length > 1 ? 1 : 0));
  const dZ = build.reshape(dY, [...stack, left.dims.at(-2) ?? 1, right.dims.at(-1) ?? 1]);
  return [
    build.reshape(build.sumTo(build.matMul(dZ, build.swap(right)), left.dims), a.dims),
    build.reshape(weightGradient(build, left, dZ, right.dims), b.dims),
  ];
});

/** A matrix that all of a stack share has one product over all rows of the stack. */
function weightGradient(build: Builder, left: SymTensor, dZ: SymTensor, dims: readonly number[]): SymTensor {
  if (dims.length > 2 || left.dims.length === 2) return build.sumTo(build.matMul(build.swap(left), dZ), dims);
  const rows = (tensor: SymTensor) =>
    build.reshape(tensor, [tensor.dims.slice(0, -1).reduce((a, b) => a * b, 1), tensor.dims.at(-1) ?? 1]);
  return build.matMul(build.swap(rows(left)), rows(dZ));
}

/** Gradients of the matrix products. */
export const linearGradients: ReadonlyMap<string, Gradient> = new Map([
  ["Gemm", gemm],
  ["MatMul", matMul],
]);
