import { type Attribute, DataType, elementsOf, integersOf, type Node, type Tensor } from "../ir/index.js";
import {
  axisOf,
  type ChannelLink,
  type DimsOf,
  defineOp,
  type IntegerTensor,
  type OpDefinition,
} from "./define.js";
import { computed, isIntegerType, isSmall } from "./integer-tensor.js";
import { range } from "./relations.js";
import { sameDims, setSizes } from "./sizes.js";

/** The result follows the new sizes of what is measured by itself. */
function measures(_: Node, link: ChannelLink): void {
  const x = link.input(0);
  if (x) link.measure(x);
}

const saysNothing = () => {};

function measuredDims(node: Node, dims: DimsOf): readonly number[] | undefined {
  const value = node.input(0);
  return value && dims(value);
}

/** https://onnx.ai/onnx/operators/onnx__Shape.html */
const shape = defineOp({
  type: "Shape",
  since: [1, 13, 15, 19, 21, 23, 24, 25],
  inputs: ["data"],
  outputs: ["shape"],
  kind: "shape",
  channels: measures,
  evaluate(node, _, dims) {
    const measured = measuredDims(node, dims);
    return measured && computed(measured.slice(node.int("start") ?? 0, node.int("end")));
  },
});

/** https://onnx.ai/onnx/operators/onnx__Size.html */
const size = defineOp({
  type: "Size",
  since: [1, 13, 19, 21, 23, 24, 25],
  inputs: ["data"],
  outputs: ["size"],
  kind: "shape",
  channels: measures,
  evaluate(node, _, dims) {
    const measured = measuredDims(node, dims);
    return measured && computed([elementsOf(measured)], []);
  },
});

/** https://onnx.ai/onnx/operators/onnx__Constant.html */
const constant = defineOp({
  type: "Constant",
  since: [1, 9, 11, 12, 13, 19, 21, 23, 24, 25],
  inputs: [],
  outputs: ["output"],
  kind: "shape",
  channels: saysNothing,
  evaluate(node) {
    const value = node.output(0);
    const [held] = node.attributes.values();
    const tensor = held && heldIntegers(held);
    return (
      value && tensor && { ...tensor, origins: tensor.values.map((_, index) => ({ constant: value, index })) }
    );
  },
});

/** The small tensor that an attribute of a Constant node is. */
function heldIntegers(held: Attribute): IntegerTensor | undefined {
  switch (held.kind) {
    case "tensor":
      return integerTensorOf(held.value);
    case "int":
      return computed([Number(held.value)], []);
    case "ints":
      return computed(held.value.map(Number));
    case "float":
      return computed([held.value], [], DataType.FLOAT);
    case "floats":
      return computed(held.value, [held.value.length], DataType.FLOAT);
    default:
      return undefined;
  }
}

/** A constant's elements, without origins; undefined for large tensors and for types that hold no sizes. */
export function integerTensorOf(tensor: Tensor): IntegerTensor | undefined {
  const { dataType, dims } = tensor;
  const known = isIntegerType(dataType) || dataType === DataType.FLOAT || dataType === DataType.DOUBLE;
  return known && isSmall(dims) ? computed(integersOf(tensor), dims, dataType) : undefined;
}

/** https://onnx.ai/onnx/operators/onnx__ConstantOfShape.html: a float zero unless said otherwise. */
const constantOfShape = defineOp({
  type: "ConstantOfShape",
  since: [9, 20, 21, 23, 24, 25],
  inputs: ["input"],
  outputs: ["output"],
  kind: "shape",
  channels(_, link: ChannelLink) {
    const y = link.output(0);
    if (!y) return link.barrier("unknown-shape");
    y.dims.forEach((_, axis) => {
      link.spread(y, axis);
    });
  },
  afterSlice(_, slice) {
    const [to, current] = [slice.outputAfter(0), slice.integers(0)];
    if (!to || sameDims(to, slice.outputBefore(0))) return;
    if (!current) return slice.refuse("the sizes of a ConstantOfShape are computed from data");
    setSizes(slice, 0, current, to);
  },
  evaluate(node, [dims]) {
    const fill = node.tensor("value");
    const value = fill ? integerTensorOf(fill) : computed([0], [], DataType.FLOAT);
    const [filling] = value?.values ?? [];
    if (!dims || !value || filling === undefined || !isSmall(dims.values)) return undefined;
    return computed(new Array<number>(elementsOf(dims.values)).fill(filling), dims.values, value.elementType);
  },
});

/** https://onnx.ai/onnx/operators/onnx__Range.html: the numbers are positions, so what meets them must stay. */
const rangeOp = defineOp({
  type: "Range",
  since: [11, 27],
  inputs: ["start", "limit", "delta"],
  outputs: ["output"],
  kind: "shape",
  channels: saysNothing,
  evaluate(_, [start, limit, delta]) {
    const [from, to, step] = [start?.values[0], limit?.values[0], delta?.values[0]];
    if (!start || from === undefined || to === undefined || !step || !isIntegerType(start.elementType))
      return undefined;
    const count = Math.max(0, Math.ceil((to - from) / step));
    if (!isSmall([count])) return undefined;
    const values = range(count).map((i) => from + i * step);
    return computed(values, [count], start.elementType);
  },
});

/** https://onnx.ai/onnx/operators/onnx__OneHot.html: an added axis of `depth` places; the indices' axes pass. */
const oneHot = defineOp({
  type: "OneHot",
  since: [9, 11, 28],
  inputs: ["indices", "depth", "values"],
  outputs: ["output"],
  kind: "other",
  channels(node, link) {
    const [indices, y] = [link.input(0), link.output(0)];
    if (!indices || !y) return link.barrier("unknown-shape");
    const added = axisOf(node.int("axis") ?? -1, y.dims.length);
    indices.dims.forEach((_, axis) => {
      link.pass(indices, axis, y, axis < added ? axis : axis + 1);
    });
  },
});

export const shapeOps: readonly OpDefinition[] = [shape, size, constant, constantOfShape, rangeOp, oneHot];
