import { DataType } from "../ir/index.js";
import { defineOp, type OpDefinition } from "./define.js";
import { chosen, combined, isIntegerType } from "./integer-tensor.js";

type Operation = (values: readonly number[], type: DataType) => number;

/** Operands that broadcast against each other, element by element. https://onnx.ai/onnx/repo-docs/Broadcasting.html */
function broadcasting(
  type: string,
  since: readonly number[],
  operation?: Operation,
  inputs: readonly string[] = ["A", "B"],
  output = "C",
  resultType?: DataType,
): OpDefinition {
  return defineOp({
    type,
    since,
    inputs,
    outputs: [output],
    kind: "elementwise",
    channels(_, link) {
      const y = link.output(0);
      // Before opset 7, an attribute shifted the second operand to an axis of its own.
      if (!y || link.opset < 7) return link.barrier("no-rule");
      link.elementwise(link.inputs(), y);
    },
    ...(operation && { evaluate: (_node, operands) => combined(operands, operation, resultType) }),
  });
}

const truth = (test: (a: number, b: number) => boolean): Operation => {
  return ([a = 0, b = 0]) => Number(test(a, b));
};

function comparison(
  type: string,
  since: readonly number[],
  test: (a: number, b: number) => boolean,
): OpDefinition {
  return broadcasting(type, since, truth(test), ["A", "B"], "C", DataType.BOOL);
}

function variadic(
  type: string,
  since: readonly number[],
  output: string,
  operation: Operation,
): OpDefinition {
  return broadcasting(type, since, operation, ["data_0..."], output);
}

/** Integer division truncates toward zero. */
const quotient: Operation = ([a = 0, b = 0], type) => (isIntegerType(type) ? Math.trunc(a / b) : a / b);

const sum: Operation = (values) => values.reduce((total, value) => total + value, 0);

/** https://onnx.ai/onnx/operators/onnx__Mod.html: the sign follows the divisor, or the dividend where fmod is 1. */
const mod = defineOp({
  ...broadcasting("Mod", [10, 13, 28]),
  evaluate: (node, operands) =>
    combined(operands, ([a = 0, b = 0]) => (node.int("fmod") ? a % b : a - b * Math.floor(a / b))),
});

/** https://onnx.ai/onnx/operators/onnx__Where.html: each element is a copy of one of two. */
const where = defineOp({
  ...broadcasting("Where", [9, 16], undefined, ["condition", "X", "Y"], "output"),
  evaluate: (_node, [condition, x, y]) => chosen(condition, x, y),
});

/** https://onnx.ai/onnx/operators/onnx__CastLike.html: the second input only gives a type. */
const castLike = defineOp({
  type: "CastLike",
  role: "inert",
  since: [15, 19, 21, 23, 24, 25],
  inputs: ["input", "target_type"],
  outputs: ["output"],
  kind: "elementwise",
  channels(_, link) {
    const [x, type, y] = [link.input(0), link.input(1), link.output(0)];
    if (x && y) link.same(x, y);
    if (type) link.measure(type);
  },
});

export const elementwiseOps: readonly OpDefinition[] = [
  { ...broadcasting("Add", [1, 6, 7, 13, 14], sum), role: "sum" },
  broadcasting("Sub", [1, 6, 7, 13, 14], ([a = 0, b = 0]) => a - b),
  { ...broadcasting("Mul", [1, 6, 7, 13, 14], ([a = 0, b = 0]) => a * b), role: "product" },
  broadcasting("Div", [1, 6, 7, 13, 14], quotient),
  broadcasting("Pow", [1, 7, 12, 13, 15], undefined, ["X", "Y"], "Z"),
  variadic("Max", [1, 6, 8, 12, 13], "max", (values) => Math.max(...values)),
  variadic("Min", [1, 6, 8, 12, 13], "min", (values) => Math.min(...values)),
  { ...variadic("Sum", [1, 6, 8, 13], "sum", sum), role: "sum" },
  broadcasting("Mean", [1, 6, 8, 13], undefined, ["data_0..."], "mean"),
  comparison("And", [1, 7], (a, b) => a !== 0 && b !== 0),
  comparison("Or", [1, 7], (a, b) => a !== 0 || b !== 0),
  comparison("Xor", [1, 7], (a, b) => (a !== 0) !== (b !== 0)),
  comparison("Equal", [1, 7, 11, 13, 19], (a, b) => a === b),
  comparison("Greater", [1, 7, 9, 13], (a, b) => a > b),
  comparison("GreaterOrEqual", [12, 16], (a, b) => a >= b),
  comparison("Less", [1, 7, 9, 13], (a, b) => a < b),
  comparison("LessOrEqual", [12, 16], (a, b) => a <= b),
  broadcasting("BitShift", [11, 28], undefined, ["X", "Y"], "Z"),
  broadcasting("BitwiseAnd", [18]),
  broadcasting("BitwiseOr", [18]),
  broadcasting("BitwiseXor", [18]),
  mod,
  where,
  castLike,
];
