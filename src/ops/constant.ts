import { domainOf, type Node, type Tensor, type Value } from "../ir/index.js";

/** The tensor of an initializer or of a Constant node's `value`; undefined for any other value. */
export function constantTensor(value: Value): Tensor | undefined {
  return (
    value.initializer ??
    (value.producer && isConstantNode(value.producer) ? value.producer.tensor("value") : undefined)
  );
}

/** The constant that a value is, or that its producers' first inputs lead back to: the weight behind a Dequantize or Cast. */
export function constantBehind(value: Value | undefined): Tensor | undefined {
  let at = value;
  for (let steps = 0; at && steps < MOST_STEPS; steps++) {
    const tensor = constantTensor(at);
    if (tensor) return tensor;
    at = at.producer?.input(0);
  }
  return undefined;
}

/** Weights are a few nodes away from their readers; data that was never constant may be thousands. */
const MOST_STEPS = 8;

/** https://onnx.ai/onnx/operators/onnx__Constant.html */
function isConstantNode(node: Node): boolean {
  return node.opType === "Constant" && domainOf(node) === "";
}
