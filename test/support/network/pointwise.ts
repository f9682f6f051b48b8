import { type Choose, type Net, oneOf } from "./net.js";
import { pickMap, type Step } from "./step.js";

/** A number between two bounds, which keep the next operator away from its singularities. */
type Bounds = readonly [least: number, most: number];

const POSITIVE: Bounds = [0.2, 4];
const ABOVE_ONE: Bounds = [1.2, 4];
const WITHIN_ONE: Bounds = [-0.8, 0.8];
const SMALL: Bounds = [-3, 3];

function clipped(net: Net, name: string, bounds: Bounds): string {
  return net.node("Clip", [name, ...bounds.map((bound) => net.constant("float", [], [bound]))]);
}

/** A value away from zero, on one side of it. */
export function positive(net: Net, name: string): string {
  return clipped(net, name, POSITIVE);
}

/**
 * Functions of one number without a jump: a jump makes a difference of 1e-7 one of 1. Rounding, signs and comparisons
 * are found on constants only (`computed.ts`).
 */
const functions: readonly (readonly [
  opType: string,
  attributes: string,
  bounds?: Bounds | undefined,
  opset?: number,
])[] = [
  ["Relu", ""],
  ["Sigmoid", ""],
  ["Tanh", ""],
  ["HardSwish", ""],
  ["LeakyRelu", "alpha = 0.1"],
  ["Neg", ""],
  ["Abs", ""],
  ["Softplus", ""],
  ["Gelu", ""],
  ["Gelu", 'approximate = "tanh"'],
  ["Identity", ""],
  ["Erf", ""],
  ["Softmax", "axis = -1"],
  ["Softmax", "axis = 1"],
  ["LogSoftmax", "axis = -1"],
  ["LogSoftmax", "axis = 1"],
  ["Sin", ""],
  ["Cos", ""],
  ["Atan", ""],
  ["Asinh", ""],
  ["Elu", "alpha = 0.5"],
  ["Selu", ""],
  ["Celu", "alpha = 0.5"],
  ["Mish", ""],
  ["Softsign", ""],
  ["HardSigmoid", ""],
  ["Dropout", ""],
  ["ThresholdedRelu", "alpha = 0.0"],
  ["Shrink", "lambd = 0.3, bias = 0.3"],
  // A function to onnxruntime, which it knows in the version that brought it alone.
  ["Swish", "", undefined, 24],
  ["Exp", "", SMALL],
  ["Sinh", "", SMALL],
  ["Cosh", "", SMALL],
  ["Tan", "", WITHIN_ONE],
  ["Asin", "", WITHIN_ONE],
  ["Acos", "", WITHIN_ONE],
  ["Atanh", "", WITHIN_ONE],
  ["Acosh", "", ABOVE_ONE],
  ["Log", "", POSITIVE],
  ["Sqrt", "", POSITIVE],
  ["Reciprocal", "", POSITIVE],
  ["com.microsoft.Gelu", ""],
  ["com.microsoft.QuickGelu", "alpha = 1.5"],
  ["com.microsoft.FastGelu", ""],
];

export const activation: Step = (net, choose) => {
  const x = oneOf(choose, [pickMap(net, choose), net.pick(choose, 2) ?? pickMap(net, choose)]);
  const known = functions.filter(([, , , opset = net.opset]) => opset === net.opset);
  const [opType, attributes, bounds] = oneOf(choose, known);
  net.push(net.node(opType, [bounds ? clipped(net, x.name, bounds) : x.name], attributes), x.dims);
};

/** A power with exponents of its own, a quotient by a map of one channel. */
export const power: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const channels = x.dims[0] as number;
  const base = positive(net, x.name);
  const exponents = () => net.weight(choose, oneOf(choose, [[channels, 1, 1], [1], []]), "s");
  if (choose(2) === 0) net.push(net.node("Pow", [base, exponents()]), x.dims);
  else net.push(net.node("Div", [pickSame(net, choose, x.dims) ?? x.name, base]), x.dims);
};

function pickSame(net: Net, choose: Choose, dims: readonly number[]): string | undefined {
  return net.pick(choose, 3, (other) => String(other) === String(dims))?.name;
}
