import { domainOf, type Node, type Tensor, type Value } from "../ir/index.js";

/** The tensor of an initializer or of a Constant node's `value`; undefined for any other value. */
export function constantTensor(value: Value): Tensor | undefined {
  return (
    value.initializer ??
    (value.producer && isConstantNode(value.producer) ? value.producer.tensor("value") : undefined)
  );
}

/** https://onnx.ai/onnx/operators/onnx__Constant.html */
function isConstantNode(node: Node): boolean {
  return node.opType === "Constant" && domainOf(node) === "";
}
