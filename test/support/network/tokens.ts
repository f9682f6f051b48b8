import { type Choose, type Net, oneOf, type Wire } from "./net.js";
import { divisorsOf, pickMap, pickSmallMap, pickTokens, type Step, tokensOf } from "./step.js";
import { weightFor } from "./weights.js";

export const tokens: Step = (net, choose) => {
  tokensOf(net, pickSmallMap(net, choose));
};

export const linear: Step = (net, choose) => {
  const x = pickTokens(net, choose);
  const [length, features] = x.dims as [number, number];
  const width = 1 + choose(12);
  const y = net.node("MatMul", [x.name, weightFor(net, choose, [features, width], 1)]);
  net.push(choose(2) === 0 ? y : net.node("Add", [net.weight(choose, [width], "b"), y]), [length, width]);
};

export const tokenResidual: Step = (net, choose) => {
  const x = pickTokens(net, choose);
  const [length, features] = x.dims as [number, number];
  const inner = 1 + choose(8);
  const up = net.node("Gelu", [net.node("MatMul", [x.name, net.weight(choose, [features, inner])])]);
  const down = net.node("MatMul", [up, net.weight(choose, [inner, features])]);
  const scaled = choose(2) === 0 ? down : net.node("Mul", [down, net.weight(choose, [features], "s")]);
  net.push(net.node("Add", [x.name, scaled]), [length, features]);
};

/** Attention with heads, its projections apart or packed into one. */
export const attention: Step = (net, choose) => {
  const x = pickTokens(net, choose);
  const [length, features] = x.dims as [number, number];
  if (length > 16) return;
  const heads = 1 + choose(3);
  const depth = 1 + choose(4);
  const [q, k, v] =
    choose(2) === 0 ? apart(net, choose, x, heads, depth) : packed(net, choose, x, heads, depth);
  const kt = net.node("Transpose", [k], "perm = [0, 1, 3, 2]");
  const scores = net.node("Mul", [net.node("MatMul", [q, kt]), net.constant("float", [], [0.5])]);
  const read = net.node("MatMul", [net.node("Softmax", [scores], "axis = -1"), v]);
  const rows = net.node("Transpose", [read], "perm = [0, 2, 1, 3]");
  const joined = net.node("Reshape", [rows, net.integers([0, length, heads * depth])]);
  const y = net.node("MatMul", [joined, net.weight(choose, [heads * depth, features])]);
  net.push(choose(2) === 0 ? net.node("Add", [x.name, y]) : y, [length, features]);
};

type Three = readonly [string, string, string];

function apart(net: Net, choose: Choose, x: Wire, heads: number, depth: number): Three {
  const [length, features] = x.dims as [number, number];
  const one = () => {
    const y = net.node("MatMul", [x.name, net.weight(choose, [features, heads * depth])]);
    const cut = net.node("Reshape", [y, net.integers([0, length, heads, depth])]);
    return net.node("Transpose", [cut], "perm = [0, 2, 1, 3]");
  };
  return [one(), one(), one()];
}

function packed(net: Net, choose: Choose, x: Wire, heads: number, depth: number): Three {
  const [length, features] = x.dims as [number, number];
  const y = net.node("MatMul", [x.name, net.weight(choose, [features, 3 * heads * depth])]);
  const cut = net.node("Reshape", [y, net.integers([0, length, 3, heads, depth])]);
  const turned = net.node("Transpose", [cut], "perm = [2, 0, 3, 1, 4]");
  const piece = (i: number) => net.node("Gather", [turned, net.constant("int64", [], [i])], "axis = 0");
  return [piece(0), piece(1), piece(2)];
}

/** Tokens as a map again, if they are few. */
export const asMap: Step = (net, choose) => {
  const x = pickTokens(net, choose);
  const [length, features] = x.dims as [number, number];
  if (length > 64 || features > 16) return;
  const height = oneOf(
    choose,
    divisorsOf(length).filter((each) => each <= 8 && length / each <= 8),
  );
  if (height === undefined) return;
  const rows = net.node("Transpose", [x.name], "perm = [0, 2, 1]");
  const dims = [features, height, length / height];
  net.push(net.node("Reshape", [rows, net.integers([0, ...dims])]), dims);
};

/** What only a few graphs have: a rule-less operator, a body that reads from outside, an exposed value. */
export const oddity: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const kind = choose(4);
  if (kind === 0) net.push(net.node("Einsum", [x.name], 'equation = "nchw->nchw"'), x.dims);
  else if (kind === 1) net.output(x.name === "x" ? net.node("Identity", ["x"]) : x.name);
  else if (kind === 2) {
    const condition = net.constant("bool", [], [1]);
    const [a, b] = [net.fresh("a"), net.fresh("b")];
    const type = `float[${[net.batch, ...x.dims].join(", ")}]`;
    const bodies = [
      `then_branch = then_${a} () => (${type} ${a}) { ${a} = Relu(${x.name}) }`,
      `else_branch = else_${b} () => (${type} ${b}) { ${b} = Tanh(${x.name}) }`,
    ];
    net.push(net.node("If", [condition], bodies.join(", ")), x.dims);
  } else net.push(net.node("Mul", [x.name, net.node("Sigmoid", [x.name])]), x.dims);
};
