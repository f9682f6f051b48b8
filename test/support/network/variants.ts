import { type Choose, type Net, oneOf, type Wire } from "./net.js";
import { divisorsOf, isSmallMap, pickMap, pickTokens, type Step } from "./step.js";

/** Attention whose queries come from one sequence and whose keys and values from another, in fewer heads. */
export const sharedHeads: Step = (net, choose) => {
  const x = pickTokens(net, choose);
  const [length, features] = x.dims as [number, number];
  const memory = net.pick(choose, 2, ([size = 0]) => size <= 16) ?? x;
  if (length > 16) return;
  const [groups, repeats, depth] = [1 + choose(2), 1 + choose(2), 1 + choose(4)];
  const heads = groups * repeats;
  const q = headsOf(net, choose, x, heads, depth);
  const [k, v] = [0, 1].map(() =>
    repeated(net, headsOf(net, choose, memory, groups, depth), memory, groups, repeats, depth),
  );
  const kt = net.node("Transpose", [k as string], "perm = [0, 1, 3, 2]");
  const read = net.node("MatMul", [
    net.node("Softmax", [net.node("MatMul", [q, kt])], "axis = -1"),
    v as string,
  ]);
  const rows = net.node("Transpose", [read], "perm = [0, 2, 1, 3]");
  const joined = net.node("Reshape", [rows, net.integers([0, length, heads * depth])]);
  net.push(net.node("MatMul", [joined, net.weight(choose, [heads * depth, features])]), [length, features]);
};

function headsOf(net: Net, choose: Choose, x: Wire, heads: number, depth: number): string {
  const [length, features] = x.dims as [number, number];
  const y = net.node("MatMul", [x.name, net.weight(choose, [features, heads * depth])]);
  const cut = net.node("Reshape", [y, net.integers([0, length, heads, depth])]);
  return net.node("Transpose", [cut], "perm = [0, 2, 1, 3]");
}

/** Every head several times, as exporters write grouped queries. */
function repeated(
  net: Net,
  name: string,
  { dims }: Wire,
  groups: number,
  repeats: number,
  depth: number,
): string {
  const length = dims[0] as number;
  if (repeats === 1) return name;
  const apart = net.node("Unsqueeze", [name, net.integers([2])]);
  const more = net.node("Expand", [apart, net.integers([1, groups, repeats, length, depth])]);
  return net.node("Reshape", [more, net.integers([0, groups * repeats, length, depth])]);
}

/** One half of the features gates the other. */
export const gated: Step = (net, choose) => {
  const x = pickTokens(net, choose);
  const [length, features] = x.dims as [number, number];
  const width = 1 + choose(6);
  const y = net.node("MatMul", [x.name, net.weight(choose, [features, 2 * width])]);
  const [a, b] = net.nodes("Split", [y], "axis = -1, num_outputs = 2", 2) as [string, string];
  net.push(net.node("Mul", [a, net.node(oneOf(choose, ["Sigmoid", "Gelu"]), [b])]), [length, width]);
};

/** Pairs of halves turned against each other, as position embeddings do. */
export const rotary: Step = (net, choose) => {
  const x = pickTokens(net, choose);
  const [length, features] = x.dims as [number, number];
  if (features % 2 === 1) return;
  const [a, b] = net.nodes("Split", [x.name], "axis = 2, num_outputs = 2", 2) as [string, string];
  const turned = net.node("Concat", [net.node("Neg", [b]), a], "axis = 2");
  const table = () => net.weight(choose, [length, features], "s");
  const parts = [x.name, turned].map((name) => net.node("Mul", [name, table()]));
  net.push(net.node("Add", parts), x.dims);
};

/** A convolution along the tokens, or along the features, where channels are places. */
export const alongTokens: Step = (net, choose) => {
  const x = pickTokens(net, choose);
  const [length, features] = x.dims as [number, number];
  const along = choose(2) === 0;
  const [channels, places] = along ? [features, length] : [length, features];
  const rows = along ? net.node("Transpose", [x.name], "perm = [0, 2, 1]") : x.name;
  const width = 1 + choose(4);
  const w = net.weight(choose, [width, channels, 3]);
  const y = net.node("Conv", [rows, w], "pads = [1, 1]");
  net.push(
    along ? net.node("Transpose", [y], "perm = [0, 2, 1]") : y,
    along ? [length, width] : [width, places],
  );
};

/** Tokens of two sequences one after another, or their features side by side. */
export const tokenConcat: Step = (net, choose) => {
  const x = pickTokens(net, choose);
  const axis = choose(2);
  const other = net.pick(choose, 2, (dims) => dims[1 - axis] === x.dims[1 - axis]) ?? x;
  const dims = x.dims.with(axis, (x.dims[axis] as number) + (other.dims[axis] as number));
  if (Math.max(...dims) <= 32) net.push(net.node("Concat", [x.name, other.name], `axis = ${axis + 1}`), dims);
};

/** Every feature of one sequence times every feature of another. */
export const outerProduct: Step = (net, choose) => {
  const x = pickTokens(net, choose);
  const other = net.pick(choose, 2, ([length]) => length === x.dims[0]) ?? x;
  const [length, m] = x.dims as [number, number];
  const n = other.dims[1] as number;
  if (m * n > 36) return;
  const [a, b] = [
    net.node("Unsqueeze", [x.name, net.integers([3])]),
    net.node("Unsqueeze", [other.name, net.integers([2])]),
  ];
  const product = net.node("Mul", [a, b]);
  if (choose(2) === 0)
    net.push(net.node("Reshape", [product, net.integers([0, length, m * n])]), [length, m * n]);
  else
    net.push(
      net.node("Squeeze", [net.node("MatMul", [product, net.weight(choose, [n, 1])]), net.integers([3])]),
      [length, m],
    );
};

/** A number that the graph takes from a shape and calculates with. */
export const counted: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const axis = choose(4);
  const size =
    axis === 3
      ? net.node("Size", [x.name])
      : net.node("Gather", [net.node("Shape", [x.name]), net.integers([1 + axis])]);
  const number = net.node("Cast", [size], "to = 1");
  net.push(net.node("Div", [x.name, choose(2) === 0 ? net.node("Sqrt", [number]) : number]), x.dims);
};

/** A constant as large as a value, or the value's own mean over channels. */
export const asLarge: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const kind = choose(3);
  const other =
    kind === 0
      ? net.node("ConstantOfShape", [net.node("Shape", [x.name])], "value = float[1] {0.5}")
      : kind === 1
        ? net.node("Expand", [
            net.weight(choose, [x.dims[0] as number, 1, 1], "s"),
            net.node("Shape", [x.name]),
          ])
        : net.node(oneOf(choose, ["ReduceMean", "ReduceSum"]), [x.name, net.integers([1])]);
  net.push(net.node(oneOf(choose, ["Add", "Mul"]), [x.name, other]), x.dims);
};

/** Group normalization as exporters write it. */
export const groupsApart: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const channels = x.dims[0] as number;
  const groups = oneOf(choose, divisorsOf(channels));
  const ones = [net.weight(choose, [groups], "s"), net.weight(choose, [groups], "b")];
  const rows = net.node("Reshape", [x.name, net.integers([0, groups, -1])]);
  const even = net.node("InstanceNormalization", [rows, ...ones], "epsilon = 0.1");
  const back = net.node("Reshape", [even, net.node("Shape", [x.name])]);
  net.push(net.node("Mul", [back, net.weight(choose, [channels, 1, 1], "s")]), x.dims);
};

/** Rows and columns that a flatten cuts elsewhere than between samples and channels. */
export const flattenedLate: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const [c, h, w] = x.dims as [number, number, number];
  const rows = net.node("Reshape", [x.name, net.integers([0, c * h, w])]);
  if (c * h <= 32) net.push(rows, [c * h, w]);
  else if (isSmallMap([1, h, w])) net.push(net.node("ReduceMax", [x.name, net.integers([1])]), [1, h, w]);
};
