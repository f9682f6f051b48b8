import { oneOf } from "./net.js";
import { positive } from "./pointwise.js";
import { pickMap, type Step } from "./step.js";

const windows = [
  ["MaxPool", ""],
  ["AveragePool", ""],
  ["LpPool", ", p = 2"],
] as const;

const overAllPlaces = ["GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"] as const;

export const pool: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const [c, h, w] = x.dims as [number, number, number];
  if (choose(3) < 2 && h >= 2 && w >= 2) {
    const [opType, attributes] = oneOf(choose, windows);
    const dims = [c, Math.floor(h / 2), Math.floor(w / 2)];
    net.push(net.node(opType, [x.name], `kernel_shape = [2, 2], strides = [2, 2]${attributes}`), dims);
  } else {
    const known = overAllPlaces.filter((opType) => opType !== "GlobalLpPool" || net.opset < 22);
    net.push(net.node(oneOf(choose, known), [x.name]), [c, 1, 1]);
  }
};

const reductions = [
  "ReduceSum",
  "ReduceMax",
  "ReduceMean",
  "ReduceMin",
  "ReduceL1",
  "ReduceL2",
  "ReduceSumSquare",
  "ReduceLogSum",
  "ReduceLogSumExp",
  "ReduceProd",
] as const;

/** One axis or two taken together: channels, rows, columns. */
export const reduced: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const opType = oneOf(choose, reductions);
  const axes = oneOf(choose, [[1], [3], [2], [2, 3], [1, 2]]);
  const from = opType === "ReduceLogSum" || opType === "ReduceProd" ? positive(net, x.name) : x.name;
  const dims = x.dims.map((size, i) => (axes.includes(i + 1) ? 1 : size));
  // The product of many goes to nothing or beyond all numbers.
  if (opType === "ReduceProd" && (x.dims[(axes[0] as number) - 1] as number) > 4) return;
  if (opType === "ReduceProd" && axes.length > 1) return;
  if (choose(2) === 0) {
    net.push(net.node(opType, [from, net.integers(axes)]), dims);
    return;
  }
  const flat = net.node(opType, [from, net.integers(axes)], "keepdims = 0");
  net.push(net.node("Unsqueeze", [flat, net.integers(axes)]), dims);
};

/** Along an axis: sums or products so far, the largest or smallest in order, only one triangle of the places. */
export const alongAxis: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const axis = oneOf(choose, [3, 2, 1]);
  const size = x.dims[axis - 1] as number;
  const kind = choose(4);
  if (kind <= 1) {
    const isSum = kind === 0 || net.opset < 26;
    const attributes = oneOf(choose, ["", "reverse = 1", "exclusive = 1"]);
    const from = !isSum ? net.node("Sigmoid", [x.name]) : x.name;
    const inputs = [from, net.constant("int64", [], [axis])];
    net.push(net.node(isSum ? "CumSum" : "CumProd", inputs, attributes), x.dims);
  } else if (kind === 2) {
    // In order, values are as smooth as what they are taken from; where they stood is not, and nobody reads it.
    const k = 1 + choose(size);
    const attributes = `axis = ${axis}, largest = ${choose(2)}`;
    const [values] = net.nodes("TopK", [x.name, net.integers([k])], attributes, 2) as [string, string];
    net.push(values, x.dims.with(axis - 1, k));
  } else {
    const k = choose(2) === 0 ? [] : [net.constant("int64", [], [choose(3) - 1])];
    net.push(net.node("Trilu", [x.name, ...k], `upper = ${choose(2)}`), x.dims);
  }
};
