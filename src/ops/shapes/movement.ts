import { DataType, elementsOf, type Node } from "../../ir/index.js";
import { axisOf } from "../define.js";
import { broadcastDims } from "../integer-tensor.js";
import { padsOf } from "../pad.js";
import { permutationOf } from "../rearrange.js";
import { reshapedDims } from "../reshape.js";
import { cutExtent, cutsOf } from "../slice.js";
import { type KnownInputs, likeInput, type ShapeRule } from "./rule.js";

const reshape = likeInput((node, { dims }, inputs) => {
  const sizes = node.ints("shape") ?? inputs.integers(1);
  return sizes && reshapedDims(sizes, dims, node.int("allowzero") === 1);
});

const flatten = likeInput((node, { dims }) => {
  const axis = axisOf(node.int("axis") ?? 1, dims.length);
  return [elementsOf(dims.slice(0, axis)), elementsOf(dims.slice(axis))];
});

/** Axes of an attribute or of input 1, from the front; undefined where one is out of range or they are not known. */
function axesOf(node: Node, inputs: KnownInputs, rank: number): number[] | undefined {
  const axes = (node.ints("axes") ?? inputs.integers(1))?.map((axis) => axisOf(axis, rank));
  return axes?.every((axis) => axis >= 0 && axis < rank) ? axes : undefined;
}

const squeeze = likeInput((node, { dims }, inputs) => {
  const axes = axesOf(node, inputs, dims.length);
  return axes?.every((axis) => dims[axis] === 1) ? dims.filter((_, axis) => !axes.includes(axis)) : undefined;
});

const unsqueeze = likeInput((node, { dims }, inputs) => {
  const rank = dims.length + ((node.ints("axes") ?? inputs.integers(1))?.length ?? 0);
  const axes = new Set(axesOf(node, inputs, rank));
  if (axes.size !== rank - dims.length || axes.size === 0) return undefined;
  let next = 0;
  return Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : (dims[next++] as number)));
});

const transpose = likeInput((node, { dims }) => {
  const perm = permutationOf(node, dims.length);
  const isPermutation = perm.length === dims.length && dims.every((_, axis) => perm.includes(axis));
  return isPermutation ? perm.map((axis) => dims[axis] as number) : undefined;
});

const expand = likeInput((_, { dims }, inputs) => {
  const sizes = inputs.integers(1);
  return sizes?.every((size) => size > 0) ? broadcastDims([dims, sizes]) : undefined;
});

const concat = likeInput((node, first, inputs) => {
  const parts = node.inputs.map((_, i) => inputs.input(i));
  const axis = axisOf(node.int("axis") ?? (inputs.opset < 4 ? 1 : Number.NaN), first.dims.length);
  let total = 0;
  for (const part of parts) {
    const fits =
      part?.elementType === first.elementType &&
      part.dims.length === first.dims.length &&
      part.dims.every((size, at) => at === axis || size === first.dims[at]);
    if (!fits) return undefined;
    total += part.dims[axis] ?? Number.NaN;
  }
  return Number.isNaN(total) ? undefined : first.dims.with(axis, total);
});

const split: ShapeRule = (node, inputs) => {
  const x = inputs.input(0);
  if (!x) return undefined;
  const axis = axisOf(node.int("axis") ?? 0, x.dims.length);
  const size = x.dims[axis] ?? Number.NaN;
  const equal = size / node.outputs.length;
  const sizes = node.ints("split") ?? (node.input(1) ? inputs.integers(1) : node.outputs.map(() => equal));
  const fits = sizes?.length === node.outputs.length && sizes.every((part) => Number.isInteger(part));
  if (!fits || sizes.reduce((sum, part) => sum + part, 0) !== size) return undefined;
  return sizes.map((part) => ({ dims: x.dims.with(axis, part), elementType: x.elementType }));
};

const slice = likeInput((node, { dims }, inputs) => {
  const cuts = cutsOf(node, (index) => inputs.integers(index), dims.length);
  if (!cuts?.every(({ axis, step }) => axis >= 0 && axis < dims.length && step !== 0)) return undefined;
  return cuts.reduce<readonly number[]>(
    (left, cut) => left.with(cut.axis, cutExtent(cut, left[cut.axis] as number).count),
    dims,
  );
});

const gather = likeInput((node, { dims }, inputs) => {
  const indices = inputs.input(1);
  const axis = axisOf(node.int("axis") ?? 0, dims.length);
  if (!indices || !(axis >= 0 && axis < dims.length)) return undefined;
  return [...dims.slice(0, axis), ...indices.dims, ...dims.slice(axis + 1)];
});

const pad = likeInput((node, { dims }, inputs) => {
  const pads = padsOf(node, (index) => inputs.integers(index), dims.length);
  if (!pads?.every(({ axis }) => axis >= 0 && axis < dims.length)) return undefined;
  const padded = pads.reduce<readonly number[]>(
    (left, { axis, before, after }) => left.with(axis, (left[axis] as number) + before + after),
    dims,
  );
  return padded.every((size) => size > 0) ? padded : undefined;
});

const constantOfShape: ShapeRule = (node, inputs) => {
  const dims = inputs.integers(0);
  const elementType = node.tensor("value")?.dataType ?? DataType.FLOAT;
  return dims?.every((size) => size >= 0) ? [{ dims, elementType }] : undefined;
};

export const movementShapes: readonly (readonly [string, ShapeRule])[] = [
  ["Reshape", reshape],
  ["Flatten", flatten],
  ["Squeeze", squeeze],
  ["Unsqueeze", unsqueeze],
  ["Transpose", transpose],
  ["Expand", expand],
  ["Concat", concat],
  ["Split", split],
  ["Slice", slice],
  ["Gather", gather],
  ["Pad", pad],
  ["ConstantOfShape", constantOfShape],
];
