import { DataType, type Node } from "../../ir/index.js";
import { broadcastDims } from "../integer-tensor.js";
import { type KnownInputs, likeInput, type ShapeRule, type TypedDims } from "./rule.js";

const same = likeInput((_, { dims }) => dims);

/** From opset 10 on the mask is boolean. */
const dropout: ShapeRule = (node, inputs) => {
  const x = inputs.input(0);
  if (!x || inputs.opset < 10) return undefined;
  return node.outputs.map((_, i) => (i === 0 ? x : { ...x, elementType: DataType.BOOL }));
};

/** Scale and statistics have one element for each channel. */
const batchNormalization = likeInput((node, { dims }, inputs) => {
  const fits = node.inputs.every((_, i) => i === 0 || inputs.input(i)?.dims[0] === dims[1]);
  return fits && dims.length > 1 ? dims : undefined;
});

const pRelu = likeInput((_, { dims }, inputs) => {
  const slope = inputs.input(1);
  const joint = slope && inputs.opset >= 7 ? broadcastDims([dims, slope.dims]) : undefined;
  return joint?.length === dims.length && joint.every((size, axis) => size === dims[axis]) ? dims : undefined;
});

/** All inputs, if they broadcast and those from `first` on have one type. */
function broadcast(node: Node, inputs: KnownInputs, first: number): TypedDims | undefined {
  // Before opset 7 the second operand could have an axis of its own, before 8 those of some could not broadcast.
  if (inputs.opset < 8 || node.outputs.length !== 1) return undefined;
  const operands = node.inputs.map((_, i) => inputs.input(i));
  if (!operands.every((operand) => operand !== undefined)) return undefined;
  const elementType = operands[first]?.elementType;
  const dims = broadcastDims(operands.map((operand) => operand.dims));
  const agree = operands.every((operand, i) => i < first || operand.elementType === elementType);
  return dims && agree && elementType !== undefined ? { dims, elementType } : undefined;
}

const broadcasting: ShapeRule = (node, inputs) => {
  const joint = broadcast(node, inputs, 0);
  return joint && [joint];
};

const comparison: ShapeRule = (node, inputs) => {
  const joint = broadcast(node, inputs, 0);
  return joint && [{ ...joint, elementType: DataType.BOOL }];
};

const where: ShapeRule = (node, inputs) => {
  const joint = broadcast(node, inputs, 1);
  return joint && inputs.input(0)?.elementType === DataType.BOOL ? [joint] : undefined;
};

const cast: ShapeRule = (node, inputs) => {
  const [x, elementType] = [inputs.input(0), node.int("to")];
  return x && elementType !== undefined ? [{ dims: x.dims, elementType }] : undefined;
};

const castLike: ShapeRule = (_, inputs) => {
  const [x, like] = [inputs.input(0), inputs.input(1)];
  return x && like && [{ dims: x.dims, elementType: like.elementType }];
};

const named = (rule: ShapeRule, types: string) =>
  types.split(" ").map((type): readonly [string, ShapeRule] => [type, rule]);

export const elementwiseShapes: readonly (readonly [string, ShapeRule])[] = [
  ...named(same, "Abs Ceil Clip Cos Elu Erf Exp Floor Gelu HardSigmoid HardSwish Identity LeakyRelu Log"),
  ...named(same, "LogSoftmax Mish Neg Not Reciprocal Relu Selu Sigmoid Sin Softmax Softplus Sqrt Tanh"),
  ...named(same, "InstanceNormalization LayerNormalization LRN"),
  ...named(broadcasting, "Add Sub Mul Div Pow Max Min Sum Mean Mod"),
  ...named(comparison, "And Or Xor Equal Greater GreaterOrEqual Less LessOrEqual"),
  ["Dropout", dropout],
  ["BatchNormalization", batchNormalization],
  ["PRelu", pRelu],
  ["Where", where],
  ["Cast", cast],
  ["CastLike", castLike],
];
