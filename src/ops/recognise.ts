import { domainOf, type Node, type Value } from "../ir/index.js";

/** What training asks of operators by name; everything else about them stands in their entries. */

const standard = (node: Node, opType: string): boolean => node.opType === opType && domainOf(node) === "";

/** https://onnx.ai/onnx/operators/onnx__Softmax.html */
export const isSoftmax = (node: Node): boolean => standard(node, "Softmax");

/** https://onnx.ai/onnx/operators/onnx__Dropout.html: passes its input through outside training. */
export const isDropout = (node: Node): boolean => standard(node, "Dropout");

/** https://onnx.ai/onnx/operators/onnx__BatchNormalization.html */
export const isBatchNormalization = (node: Node): boolean => standard(node, "BatchNormalization");

/** A Split into equal parts whose number only the outputs tell (before opset 18). */
export const isSplitByOutputs = (node: Node): boolean =>
  standard(node, "Split") && node.inputs.length === 1 && !node.int("num_outputs");

/** https://onnx.ai/onnx/operators/onnx__Conv.html */
export const isConv = (node: Node): boolean => standard(node, "Conv");

/** y = A · B + C or y = A · Bᵀ + C: https://onnx.ai/onnx/operators/onnx__Gemm.html without its factors. */
export const isPlainGemm = (node: Node): boolean =>
  standard(node, "Gemm") &&
  node.int("transA") !== 1 &&
  (node.float("alpha") ?? 1) === 1 &&
  (node.float("beta") ?? 1) === 1;

/** A product of matrices whose second operand is a weight. */
export const isMatMul = (node: Node): boolean => standard(node, "MatMul");

/** What an Add adds to `value`; undefined for other nodes. */
export function addendBehind(node: Node, value: Value): Value | undefined {
  return standard(node, "Add")
    ? (node.inputs.find((input) => input && input !== value) ?? undefined)
    : undefined;
}

/** The axis of a weight (input 1) that is summed over: rows of a matrix product, columns of a convolution's. */
export function weightInputAxis(node: Node): number {
  return isMatMul(node) || (standard(node, "Gemm") && node.int("transB") !== 1) ? 0 : 1;
}

const PLAIN_PRODUCTS: ReadonlySet<string> = new Set(["Conv", "ConvTranspose", "Gemm", "MatMul"]);

/** Convolutions and matrix products of floats, which every tool counts alike; not their quantised and fused forms. */
export const isPlainProduct = (node: Node): boolean =>
  PLAIN_PRODUCTS.has(node.opType) && domainOf(node) === "";
