import { attribute, elementsOf, type Node } from "../ir/index.js";
import { axisOf, defineOp, type OpDefinition } from "./define.js";
import { redimensioned } from "./integer-tensor.js";
import { sameDims, setSizes } from "./sizes.js";

/** The dimensions that a Reshape's list of sizes means for input dimensions; undefined where it does not fit. */
export function reshapedDims(
  sizes: readonly number[],
  from: readonly number[],
  allowZero: boolean,
): number[] | undefined {
  const dims = sizes.map((size, i) => (size === 0 && !allowZero ? (from[i] ?? 0) : size));
  const open = dims.indexOf(-1);
  if (open >= 0) {
    const rest = elementsOf(dims.filter((_, i) => i !== open));
    if (rest <= 0 || elementsOf(from) % rest !== 0) return undefined;
    dims[open] = elementsOf(from) / rest;
  }
  return dims.every((size) => size >= 0) && elementsOf(dims) === elementsOf(from) ? dims : undefined;
}

/** https://onnx.ai/onnx/operators/onnx__Reshape.html; before opset 5 the sizes are an attribute. */
const reshape = defineOp({
  type: "Reshape",
  since: [1, 5, 13, 14, 19, 21, 23, 24, 25],
  inputs: ["data", "shape"],
  outputs: ["reshaped"],
  kind: "movement",
  channels(_, link) {
    const [x, y] = [link.input(0), link.output(0)];
    if (!x || !y || elementsOf(x.dims) !== elementsOf(y.dims)) return link.barrier("unknown-shape");
    link.reshape(x, y);
  },
  afterSlice(node, slice) {
    const [from, to] = [slice.inputAfter(0), slice.outputAfter(0)];
    const fixed = node.ints("shape");
    const sizes = fixed ?? slice.integers(1);
    if (!from || !to || sameDims(to, slice.outputBefore(0))) return;
    if (!sizes || sizes.length !== to.length)
      return slice.refuse("the new shape of a Reshape is computed from data");
    const allowZero = node.int("allowzero") === 1;
    if (reshapedDims(sizes, from, allowZero)?.every((size, i) => size === to[i])) return;
    const patched = patchedSizes(sizes, from, to, allowZero);
    if (fixed) slice.setAttribute(attribute.ints("shape", patched));
    else setSizes(slice, 1, sizes, patched);
  },
  evaluate(node, [data, shape]) {
    const sizes = node.ints("shape") ?? shape?.values;
    const dims = data && sizes && reshapedDims(sizes, data.dims, node.int("allowzero") === 1);
    return dims && redimensioned(data, dims);
  },
});

/** New sizes which keep 0 and -1 where these still mean the right thing. */
function patchedSizes(
  sizes: readonly number[],
  from: readonly number[],
  to: readonly number[],
  allowZero: boolean,
): number[] {
  return sizes.map((size, i) => {
    const copiesInput = size === 0 && !allowZero && from[i] === to[i];
    return size === -1 || copiesInput ? size : (to[i] as number);
  });
}

/** https://onnx.ai/onnx/operators/onnx__Flatten.html */
const flatten = defineOp({
  type: "Flatten",
  since: [1, 9, 11, 13, 21, 23, 24, 25],
  inputs: ["input"],
  outputs: ["output"],
  kind: "movement",
  channels(_, link) {
    const [x, y] = [link.input(0), link.output(0)];
    if (!x || !y || elementsOf(x.dims) !== elementsOf(y.dims)) return link.barrier("unknown-shape");
    link.reshape(x, y);
  },
  evaluate(node, [x]) {
    if (!x) return undefined;
    const axis = axisOf(node.int("axis") ?? 1, x.dims.length);
    return redimensioned(x, [elementsOf(x.dims.slice(0, axis)), elementsOf(x.dims.slice(axis))]);
  },
});

/** The axes of an attribute (before opset 13) or of input 1. */
function listedAxes(node: Node, axes: readonly number[] | undefined, rank: number): number[] | undefined {
  return (node.ints("axes") ?? axes)?.map((axis) => axisOf(axis, rank));
}

/** Squeeze and Unsqueeze move no element: axes longer than one keep their order. */
function linksLongAxes(type: "Squeeze" | "Unsqueeze"): Pick<OpDefinition, "type" | "kind" | "channels"> {
  return {
    type,
    kind: "movement",
    channels(_, link) {
      const [x, y] = [link.input(0), link.output(0)];
      if (!x || !y || elementsOf(x.dims) !== elementsOf(y.dims)) return link.barrier("unknown-shape");
      link.reshape(x, y);
    },
  };
}

/** https://onnx.ai/onnx/operators/onnx__Squeeze.html: without axes, every axis of size one goes. */
const squeeze = defineOp({
  ...linksLongAxes("Squeeze"),
  since: [1, 11, 13, 21, 23, 24, 25],
  inputs: ["data", "axes?"],
  outputs: ["squeezed"],
  afterSlice(node, slice) {
    const [before, after] = [slice.inputBefore(0), slice.inputAfter(0)];
    if (node.ints("axes") || node.input(1) || !before || !after) return;
    // An axis that slicing made one long must not go.
    if (after.every((size, axis) => size !== 1 || before[axis] === 1)) return;
    const axes = before.flatMap((size, axis) => (size === 1 ? [axis] : []));
    if (slice.opset < 13) slice.setAttribute(attribute.ints("axes", axes));
    else slice.replace("Squeeze", [node.input(0) ?? null, slice.integersConstant("axes", axes)], []);
  },
  evaluate(node, [data, axes]) {
    if (!data || (node.input(1) && !axes)) return undefined;
    const gone = listedAxes(node, axes?.values, data.dims.length);
    return redimensioned(
      data,
      data.dims.filter((size, axis) => (gone ? !gone.includes(axis) : size !== 1)),
    );
  },
});

/** https://onnx.ai/onnx/operators/onnx__Unsqueeze.html: axes count in the output. */
const unsqueeze = defineOp({
  ...linksLongAxes("Unsqueeze"),
  since: [1, 11, 13, 21, 23, 24, 25],
  inputs: ["data", "axes"],
  outputs: ["expanded"],
  evaluate(node, [data, axes]) {
    const count = (node.ints("axes") ?? axes?.values)?.length;
    if (!data || count === undefined) return undefined;
    const rank = data.dims.length + count;
    const added = new Set(listedAxes(node, axes?.values, rank));
    const left = [...data.dims];
    return redimensioned(
      data,
      Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (left.shift() ?? 1))),
    );
  },
});

export const reshapeOps: readonly OpDefinition[] = [reshape, flatten, squeeze, unsqueeze];
