import { elementsOf, type Node } from "../ir/index.js";
import { type ChannelLink, type DimsOf, defineOp, knownDims, type Operand } from "./define.js";
import { makes, ridesBroadcast } from "./relations.js";

/** y = a' · b' + c of matrices, transposed where the attributes say so. */
export function linkGemm(
  node: Node,
  link: ChannelLink,
  at: { readonly a: number; readonly b: number; readonly c: number },
): void {
  const [a, b, y] = [link.input(at.a), link.input(at.b), link.output(0)];
  if (!a || !b || !y || a.dims.length !== 2 || b.dims.length !== 2) return link.barrier("unknown-shape");
  const inner = { a: node.int("transA") ? 0 : 1, b: node.int("transB") ? 1 : 0 };
  link.contract(a, inner.a, b, inner.b);
  makes(link, a, 1 - inner.a, y, 0);
  makes(link, b, 1 - inner.b, y, 1);
  ridesBroadcast(link, link.input(at.c), y);
}

/** Rows times columns times what each product sums over. */
export function gemmMacs(node: Node, dims: DimsOf): number {
  const inner = knownDims(node.input(0), dims)[node.int("transA") ? 0 : 1] ?? 0;
  return elementsOf(knownDims(node.output(0), dims)) * inner;
}

/** https://onnx.ai/onnx/operators/onnx__Gemm.html: y = alpha · a' · b' + beta · c, all matrices. */
const gemm = defineOp({
  type: "Gemm",
  since: [1, 6, 7, 9, 11, 13],
  inputs: ["A", "B", "C?"],
  outputs: ["Y"],
  kind: "linear",
  channels: (node, link) => linkGemm(node, link, { a: 0, b: 1, c: 2 }),
  macs: gemmMacs,
});

/** The axes of a matrix product's operands; vectors have no row or no column. */
export interface MatrixAxes {
  /** Axes that are summed over, counted from the end. */
  readonly inner: { readonly a: number; readonly b: number };
}

const straight: MatrixAxes = { inner: { a: -1, b: -2 } };

/** What products of stacks of matrices say, but for the axis that they sum over. */
export function linkMatrices(
  link: ChannelLink,
  a: Operand,
  b: Operand,
  y: Operand,
  { inner } = straight,
): void {
  const [aVector, bVector] = [a.dims.length === 1, b.dims.length === 1];
  if (!bVector) makes(link, b, -3 - inner.b, y, -1);
  if (!aVector) makes(link, a, -3 - inner.a, y, bVector ? -1 : -2);
  const matrixAxes = (aVector ? 0 : 1) + (bVector ? 0 : 1);
  stackAxes(link, a, y, matrixAxes);
  stackAxes(link, b, y, matrixAxes);
}

/** https://onnx.ai/onnx/operators/onnx__MatMul.html: numpy.matmul, with vectors and stacks of matrices. */
const matMul = defineOp({
  type: "MatMul",
  since: [1, 9, 13],
  inputs: ["A", "B"],
  outputs: ["Y"],
  kind: "linear",
  channels(_, link) {
    const [a, b, y] = [link.input(0), link.input(1), link.output(0)];
    if (!a || !b || !y || a.dims.length === 0 || b.dims.length === 0) return link.barrier("unknown-shape");
    link.contract(a, -1, b, b.dims.length === 1 ? 0 : -2);
    linkMatrices(link, a, b, y);
  },
  macs: matMulMacs,
});

/** Elements of the output times what each sums over. */
export function matMulMacs(node: Node, dims: DimsOf): number {
  return elementsOf(knownDims(node.output(0), dims)) * (knownDims(node.input(0), dims).at(-1) ?? 0);
}

/** Axes before the matrices broadcast against each other; those of size one say nothing. */
function stackAxes(link: ChannelLink, operand: Operand, y: Operand, matrixAxes: number): void {
  const shift = y.dims.length - matrixAxes - (operand.dims.length - 2);
  const [from, to] = [link.originalDims(operand), link.originalDims(y)];
  for (let axis = 0; axis < operand.dims.length - 2; axis++) {
    if (from[axis] === to[axis + shift]) link.pass(operand, axis, y, axis + shift);
  }
}

export const linearOps = [gemm, matMul];
