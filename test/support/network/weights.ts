import { type Choose, type Net, oneOf } from "./net.js";
import { divisorsOf } from "./step.js";

/** A way to hold a weight of the given dimensions, of which there are at least two; axis `outputs` is that of the outputs. */
type Form = (net: Net, choose: Choose, dims: readonly number[], outputs: number) => string;

const plain: Form = (net, choose, dims) => net.weight(choose, dims);

const transposed: Form = (net, choose, [m = 1, c = 1, ...kernel]) => {
  const perm = [1, 0, ...kernel.map((_, i) => i + 2)];
  return net.node("Transpose", [net.weight(choose, [c, m, ...kernel])], `perm = [${perm.join(", ")}]`);
};

const reshaped: Form = (net, choose, dims) => {
  const [m = 1, ...rest] = dims;
  const columns = rest.reduce((a, b) => a * b, 1);
  return net.node("Reshape", [net.weight(choose, [m, columns]), net.integers(dims)]);
};

const cast: Form = (net, _, dims) =>
  net.node("Cast", [net.constant("double", dims, undefined, "w")], "to = 1");

const castLike: Form = (net, _, dims) =>
  net.node("CastLike", [net.constant("double", dims, undefined, "w"), net.constant("float", [], [1])]);

const identical: Form = (net, choose, dims) => net.node("Identity", [net.weight(choose, dims)]);

/** A direction and a length for each output. With one for each input instead, a silenced input would be 0 / 0. */
const normed: Form = (net, choose, dims, outputs) => {
  const direction = net.weight(choose, dims);
  const axes = dims.map((_, axis) => axis).filter((axis) => axis !== outputs);
  const norm = net.node("ReduceL2", [direction, net.integers(axes)]);
  const length = net.weight(
    choose,
    dims.map((size, axis) => (axis === outputs ? size : 1)),
    "s",
  );
  return net.node("Mul", [net.node("Div", [direction, norm]), length]);
};

/** The numbers stand in a node. */
const inNode: Form = (net, choose, dims) => {
  const count = dims.reduce((a, b) => a * b, 1);
  if (count > 200) return net.weight(choose, dims);
  const numbers = Array.from({ length: count }, (_, i) => Math.sin(7 * i + 1).toFixed(4));
  return net.node("Constant", [], `value = float[${dims.join(", ")}] {${numbers.join(", ")}}`);
};

/** A few outputs take the numbers of another constant. */
const patched: Form = (net, choose, dims) => {
  const at = choose(dims[0] as number);
  const updates = net.weight(choose, [1, ...dims.slice(1)]);
  return net.node("ScatterND", [net.weight(choose, dims), net.constant("int64", [1, 1], [at]), updates]);
};

/** Through a function, which may move zero. */
const shaped: Form = (net, choose, dims) =>
  net.node(oneOf(choose, ["Tanh", "Sigmoid", "Cos", "Softsign", "Softplus"]), [net.weight(choose, dims)]);

/** Two constants added, or one behind the other. */
const assembled: Form = (net, choose, dims) => {
  const axis = choose(dims.length);
  const size = dims[axis] as number;
  const part = (count: number) => net.weight(choose, dims.with(axis, count));
  if (size === 1 || choose(2) === 0) return net.node("Add", [part(size), part(size)]);
  const first = 1 + choose(size - 1);
  return net.node("Concat", [part(first), part(size - first)], `axis = ${axis}`);
};

/**
 * Bytes behind a DequantizeLinear: a scale for all, one for every index of an axis, or one for each block along it.
 * Activations are never quantised here, nor rounded, compared or ranked: the order in which a sum is taken moves a
 * number by 1e-7, which may make another integer of it. The fixtures of these operators check them.
 */
const dequantised: Form = (net, choose, dims) => {
  const axis = choose(2);
  const size = dims[axis] as number;
  const block = oneOf(choose, divisorsOf(size).slice(1));
  const [scales, attributes] = oneOf<readonly [readonly number[], string]>(choose, [
    [[], ""],
    [[size], `axis = ${axis}`],
    [[size], `axis = ${axis - dims.length}`],
    ...(block ? [[dims.with(axis, size / block), `axis = ${axis}, block_size = ${block}`] as const] : []),
  ]);
  const type = oneOf(choose, ["int8", "uint8"]);
  const inputs = [
    net.constant(type, dims, undefined, "w"),
    net.constant("float", scales, undefined, "scale"),
  ];
  const count = scales.reduce((a, b) => a * b, 1);
  const zero = oneOf(choose, [() => 3, () => 0, undefined, () => choose(6)]);
  if (zero) inputs.push(net.constant(type, scales, Array.from({ length: count }, zero)));
  return net.node("DequantizeLinear", inputs, attributes);
};

/** Rounded while the network runs. */
const quantised: Form = (net, choose, dims) => {
  if (choose(2) === 1) {
    const parts = net.nodes("DynamicQuantizeLinear", [net.weight(choose, dims)], "", 3);
    return net.node("DequantizeLinear", parts);
  }
  const scale = net.constant("float", [], [0.05]);
  const bytes = net.node("QuantizeLinear", [net.weight(choose, dims), scale]);
  return net.node("DequantizeLinear", [bytes, scale]);
};

/** The plain one is also what a longer list of choices gives most of the time. */
const forms: readonly Form[] = [
  ...[plain, plain, plain, plain, plain, plain, plain],
  ...[transposed, reshaped, cast, castLike, identical, normed],
  ...[inNode, patched, shaped, assembled, dequantised, dequantised, quantised],
];

/** A weight as it is, at the end of nodes that compute it, or in bytes. */
export function weightFor(net: Net, choose: Choose, dims: readonly number[], outputs = 0): string {
  return oneOf(choose, forms)(net, choose, dims, outputs);
}
