import { type Choose, type Net, oneOf } from "./net.js";
import { pickMap, type Step } from "./step.js";

/** True and false for each index of `dims`: as stored, or worked out from other constants. */
export function mask(net: Net, choose: Choose, dims: readonly number[], depth = 0): string {
  const stored = () => net.constant("bool", dims);
  const inner = () => (depth > 1 ? stored() : mask(net, choose, dims, depth + 1));
  const numbers = () => net.weight(choose, dims, "s");
  switch (choose(8)) {
    case 4: {
      const half = net.constant("float", [], [0.1]);
      const opType = oneOf(choose, ["Greater", "GreaterOrEqual", "Less", "LessOrEqual"]);
      return net.node(opType, [numbers(), half]);
    }
    case 5:
      return net.node("Equal", [net.constant("int64", dims), net.constant("int64", dims)]);
    case 6:
      return net.node(oneOf(choose, ["And", "Or", "Xor"]), [inner(), inner()]);
    case 7:
      return choose(2) === 0
        ? net.node("Not", [inner()])
        : net.node(oneOf(choose, ["IsNaN", "IsInf"]), [numbers()]);
    default:
      return stored();
  }
}

type Numbers = (net: Net, choose: Choose, dims: readonly number[]) => string;

/** Integers of bytes: their bits moved, joined, turned. */
const bits: Numbers = (net, choose, dims) => {
  const bytes = () => net.constant("uint8", dims);
  const opType = oneOf(choose, ["BitwiseAnd", "BitwiseOr", "BitwiseXor"]);
  const made = oneOf(choose, [
    () => net.node(opType, [bytes(), bytes()]),
    () => net.node("BitShift", [bytes(), net.constant("uint8", [], [1])], 'direction = "RIGHT"'),
    () => net.node("BitwiseNot", [net.constant("int64", dims)]),
    () => net.node("Mod", [net.constant("int64", dims), net.constant("int64", [], [3])]),
  ])();
  return net.node("Cast", [made], "to = 1");
};

/** Numbers with jumps, which only constants may go through. */
const steps: Numbers = (net, choose, dims) => {
  const scaled = net.node("Mul", [net.weight(choose, dims, "s"), net.constant("float", [], [3])]);
  return net.node(oneOf(choose, ["Round", "Floor", "Ceil", "Sign"]), [scaled]);
};

/** Where the largest or smallest of a few stands. */
const places: Numbers = (net, choose, dims) => {
  const few = net.weight(choose, [...dims, 3], "s");
  const opType = oneOf(choose, ["ArgMax", "ArgMin"]);
  if (choose(3) === 2)
    return net.node("ReduceMax", [net.node("Hardmax", [few]), net.integers([-1])], "keepdims = 0");
  return net.node("Cast", [net.node(opType, [few], "axis = -1, keepdims = 0")], "to = 1");
};

/** A map meets numbers for its channels that the graph works out from constants. */
export const computedMeeting: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const [channels, height, width] = x.dims as [number, number, number];
  const dims = oneOf(choose, [
    [channels, 1, 1],
    [channels, height, width],
    [1, channels, 1, 1],
  ]);
  const numbers = oneOf(choose, [steps, bits, places])(net, choose, dims);
  net.push(net.node(oneOf(choose, ["Add", "Mul"]), [x.name, numbers]), x.dims);
};

/** The places along an axis, counted from a shape that the graph measures. */
export const positions: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const axis = oneOf(choose, [3, 2, 1]);
  const number = (value: number) => net.constant("int64", [], [value]);
  const size = net.node("Gather", [net.node("Shape", [x.name]), number(axis)]);
  const counted = net.node("Cast", [net.node("Range", [number(0), size, number(1)])], "to = 1");
  const scaled = net.node("Mul", [counted, net.constant("float", [], [0.1])]);
  const axes = [1, 2].slice(0, 3 - axis);
  const along = axes.length > 0 ? net.node("Unsqueeze", [scaled, net.integers(axes)]) : scaled;
  net.push(net.node(oneOf(choose, ["Add", "Mul"]), [x.name, along]), x.dims);
};
