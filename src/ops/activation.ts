import { axisOf, defineOp, type OpDefinition } from "./define.js";
import { mapped } from "./integer-tensor.js";
import { range, rides } from "./relations.js";

/** Functions that are zero at zero, whatever their attributes: a weight that is set to zero stays so behind them. */
const KEEPS_ZERO: ReadonlySet<string> = new Set(
  (
    "Abs Asin Asinh Atan Atanh Ceil Celu Dropout Elu Erf Floor Gelu HardSwish IsInf IsNaN LeakyRelu Mish Neg Relu Round " +
    "Selu Sign Sin Sinh Softsign Sqrt Swish Tan Tanh ThresholdedRelu"
  ).split(" "),
);

/** An op that works element by element on its first input; others are scalars or only give a type. */
function pointwise(
  type: string,
  since: readonly number[],
  inputs: readonly string[] = ["X"],
  outputs: readonly string[] = ["Y"],
  f?: (value: number) => number,
): OpDefinition {
  return defineOp({
    type,
    since,
    inputs,
    outputs,
    kind: "activation",
    channels(_, link) {
      const x = link.input(0);
      for (const y of link.outputs()) {
        if (x) link.same(x, y);
        if (!KEEPS_ZERO.has(type)) link.hidesZeros(y);
      }
    },
    ...(f && { evaluate: (_node, [x]) => mapped(x, f) }),
  });
}

const lower = [["input"], ["output"]] as const;
const upper = [["X"], ["Y"]] as const;

/** https://onnx.ai/onnx/operators/onnx__PRelu.html: before opset 7 a slope of rank 1 lies along axis 1. */
const pRelu = defineOp({
  type: "PRelu",
  since: [1, 6, 7, 9, 16],
  inputs: ["X", "slope"],
  outputs: ["Y"],
  kind: "activation",
  channels(_, link) {
    const [x, slope, y] = [link.input(0), link.input(1), link.output(0)];
    if (!x || !slope || !y) return link.barrier("unknown-shape");
    if (link.opset >= 7) return link.elementwise([x, slope], y);
    link.same(x, y);
    rides(link, slope, 0, y, 1);
  },
});

/** Before opset 13, everything from `axis` on is one long row. */
function softmax(type: string): OpDefinition {
  return defineOp({
    type,
    since: [1, 11, 13],
    inputs: ["input"],
    outputs: ["output"],
    kind: "activation",
    role: "softmax",
    channels(node, link) {
      const [x, y] = [link.input(0), link.output(0)];
      if (!x || !y) return link.barrier("unknown-shape");
      const rank = x.dims.length;
      const axis = axisOf(node.int("axis") ?? (link.opset < 13 ? 1 : -1), rank);
      link.same(x, y);
      link.hidesZeros(y);
      const axes = link.opset < 13 ? range(rank - axis, axis) : [axis];
      // The largest of all is a position; shares of a sum can be shares of a smaller one.
      if (type === "Hardmax") link.mix(x, axes);
      else link.statistics(x, axes, "other");
    },
  });
}

export const activationOps: readonly OpDefinition[] = [
  pointwise("Abs", [1, 6, 13], ...upper, Math.abs),
  pointwise("Acos", [7, 22], ...lower),
  pointwise("Acosh", [9, 22], ...lower),
  pointwise("Asin", [7, 22], ...lower),
  pointwise("Asinh", [9, 22], ...lower),
  pointwise("Atan", [7, 22], ...lower),
  pointwise("Atanh", [9, 22], ...lower),
  pointwise("BitwiseNot", [18]),
  pointwise("Ceil", [1, 6, 13], ...upper, Math.ceil),
  pointwise("Celu", [12, 28]),
  pointwise("Clip", [1, 6, 11, 12, 13], ["input", "min?", "max?"], ["output"]),
  pointwise("Cos", [7, 22], ...lower),
  pointwise("Cosh", [9, 22], ...lower),
  {
    ...pointwise(
      "Dropout",
      [1, 6, 7, 10, 12, 13, 22],
      ["data", "ratio?", "training_mode?"],
      ["output", "mask?"],
    ),
    role: "inert",
  },
  pointwise("Elu", [1, 6, 22]),
  pointwise("Erf", [9, 13], ...lower),
  pointwise("Exp", [1, 6, 13], ...lower),
  pointwise("Floor", [1, 6, 13], ...upper, Math.floor),
  pointwise("Gelu", [20]),
  pointwise("HardSigmoid", [1, 6, 22]),
  pointwise("HardSwish", [14, 22]),
  pointwise("IsInf", [10, 20]),
  pointwise("IsNaN", [9, 13, 20]),
  pointwise("LeakyRelu", [1, 6, 16]),
  pointwise("Log", [1, 6, 13], ...lower),
  pointwise("Mish", [18, 22]),
  pointwise("Neg", [1, 6, 13], ...upper, (value) => -value),
  pointwise("Not", [1], ...upper, (value) => (value === 0 ? 1 : 0)),
  pointwise("Reciprocal", [1, 6, 13]),
  pointwise("Relu", [1, 6, 13, 14]),
  pointwise("Round", [11, 22]),
  pointwise("Selu", [1, 6, 22]),
  pointwise("Shrink", [9], ...lower),
  pointwise("Sigmoid", [1, 6, 13]),
  pointwise("Sign", [9, 13], ...lower),
  pointwise("Sin", [7, 22], ...lower),
  pointwise("Sinh", [9, 22], ...lower),
  pointwise("Softplus", [1, 22]),
  pointwise("Softsign", [1, 22], ...lower),
  pointwise("Sqrt", [1, 6, 13], ...upper, Math.sqrt),
  pointwise("Swish", [24]),
  pointwise("Tan", [7, 22], ...lower),
  pointwise("Tanh", [1, 6, 13], ...lower),
  pointwise("ThresholdedRelu", [10, 22]),
  softmax("Softmax"),
  softmax("LogSoftmax"),
  softmax("Hardmax"),
  pRelu,
];
