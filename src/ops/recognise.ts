import { domainOf, type Node } from "../ir/index.js";

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

/** A convolution in which every output reads every input. */
export const isDenseConv = (node: Node): boolean => isConv(node) && (node.int("group") ?? 1) === 1;

/** The axis of a weight (input 1) that is summed over: rows of a matrix product, columns of a convolution's. */
export function weightInputAxis(node: Node): number {
  return standard(node, "MatMul") || (standard(node, "Gemm") && node.int("transB") !== 1) ? 0 : 1;
}
