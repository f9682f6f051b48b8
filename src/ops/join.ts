import { attribute, type Node } from "../ir/index.js";
import { axisOf, defineOp, type IntegerTensor, type OpDefinition } from "./define.js";
import { allKnown, copied, isSmall } from "./integer-tensor.js";
import { range } from "./relations.js";
import { sameDims, setSizes, sum } from "./sizes.js";

/** https://onnx.ai/onnx/operators/onnx__Concat.html; before opset 4 the axis is 1 unless said otherwise. */
const concat = defineOp({
  type: "Concat",
  since: [1, 4, 11, 13],
  inputs: ["inputs..."],
  outputs: ["concat_result"],
  kind: "concat",
  channels(node, link) {
    const y = link.output(0);
    const axis = axisOf(node.int("axis") ?? 1, y?.dims.length ?? 0);
    const parts = link.inputs();
    if (!y || sum(parts.map((part) => part.dims[axis] ?? 0)) !== y.dims[axis])
      return link.barrier("unknown-shape");
    link.concat(parts, y, axis);
  },
  evaluate: (node, inputs) => joined(inputs, node.int("axis") ?? 1),
});

/** Tensors of rank one, or of any rank along axis 0, one after another. */
function joined(inputs: readonly (IntegerTensor | undefined)[], axis: number): IntegerTensor | undefined {
  const parts = allKnown(inputs);
  const [first] = parts ?? [];
  if (!parts || !first || axisOf(axis, first.dims.length) !== 0) return undefined;
  const dims = [sum(parts.map((part) => part.dims[0] ?? 0)), ...first.dims.slice(1)];
  if (!isSmall(dims)) return undefined;
  return {
    elementType: first.elementType,
    dims,
    values: parts.flatMap((part) => part.values),
    origins: parts.flatMap((part) => part.origins),
  };
}

/** https://onnx.ai/onnx/operators/onnx__Split.html: sizes as attribute (before opset 13), as input, or equal parts. */
const split = defineOp({
  type: "Split",
  since: [1, 2, 11, 13, 18],
  inputs: ["input", "split?"],
  outputs: ["outputs..."],
  kind: "movement",
  channels(node, link) {
    const x = link.input(0);
    if (!x) return link.barrier("unknown-shape");
    const axis = axisOf(node.int("axis") ?? 0, x.dims.length);
    const total = x.dims[axis] ?? 0;
    const sizes =
      partsOf(node, total, link.integers(link.input(1))) ??
      allKnown(node.outputs.map((_, index) => link.output(index)?.dims[axis]));
    if (!sizes || sum(sizes) !== total) return link.barrier("dynamic-shape");
    let start = 0;
    sizes.forEach((size, index) => {
      const y = link.output(index);
      if (y) link.take(x, y, axis, range(size, start));
      start += size;
    });
  },
  afterSlice(node, slice) {
    const [before, after] = [slice.inputBefore(0), slice.inputAfter(0)];
    if (!before || !after || sameDims(after, before)) return;
    const axis = axisOf(node.int("axis") ?? 0, before.length);
    const wanted = allKnown(node.outputs.map((_, index) => slice.outputAfter(index)?.[axis]));
    if (!wanted) return slice.refuse("a part of a Split has no known size");
    if (wanted.some((size) => size === 0))
      return slice.refuse("a part of a Split would lose all its channels");
    const listed = node.ints("split") ?? slice.integers(1);
    const current = listed ?? equalParts(node, after[axis] ?? 0);
    // Before num_outputs (opset 18), parts without sizes are equal.
    const mayStay = listed !== undefined || slice.opset >= 18 || wanted.every((size) => size === wanted[0]);
    if (mayStay && wanted.every((size, i) => size === current[i])) return;
    if (node.input(1)) return setSizes(slice, 1, current, wanted);
    if (slice.opset < 13) return slice.setAttribute(attribute.ints("split", wanted));
    const sizes = slice.integersConstant("split", wanted);
    slice.replace("Split", [node.input(0) ?? null, sizes], [attribute.int("axis", axis)]);
  },
  evaluate(node, [x, sizes], _, output) {
    if (x?.dims.length !== 1) return undefined;
    const parts = partsOf(node, x.values.length, sizes?.values);
    const size = parts?.[output];
    if (!parts || size === undefined || !isSmall([size])) return undefined;
    return copied(x, range(size, sum(parts.slice(0, output))), [size]);
  },
});

/** Sizes of the parts as attribute, input or count of outputs give them. */
function partsOf(
  node: Node,
  total: number,
  input: readonly number[] | undefined,
): readonly number[] | undefined {
  return node.ints("split") ?? (node.input(1) ? input : equalParts(node, total));
}

/** Parts of equal size; the last one is smaller where `num_outputs` (opset 18) does not divide the axis. */
function equalParts(node: Node, size: number): number[] {
  const part = Math.ceil(size / node.outputs.length);
  return node.outputs.map((_, index) => Math.max(0, Math.min(part, size - index * part)));
}

export const joinOps: readonly OpDefinition[] = [concat, split];
