import { domainOf, type Node, numbersOf, type Value } from "../ir/index.js";
import { constantTensor } from "./constant.js";
import { axisOf, type DimsOf, defineOp, type OpDefinition } from "./define.js";
import { range } from "./relations.js";
import { sameDims, sum } from "./sizes.js";

/**
 * Sequences as traced graphs use them: to hand on the parts of one tensor. To the channel rules such a sequence is its
 * parts strung together, which is the tensor that was split.
 */

/** The same dimensions, with those of the whole tensor for a sequence of its parts. */
export function withSequences(dims: DimsOf): DimsOf {
  return (value) => {
    const known = dims(value);
    if (known) return known;
    const whole = splitOf(value)?.input(0);
    return whole && dims(whole);
  };
}

/** The node that cuts a tensor into the parts of a sequence. */
function splitOf({ producer }: Value): Node | undefined {
  return producer?.opType === "SplitToSequence" && domainOf(producer) === "" ? producer : undefined;
}

const axisOfParts = (node: Node, rank: number) => axisOf(node.int("axis") ?? 0, rank);

/** Sizes of the parts: a list, or one size for all but a smaller last one. Without either, parts are single and may lose the axis. */
function sizesOf(node: Node, total: number): readonly number[] | undefined {
  const input = node.input(1);
  const tensor = input && constantTensor(input);
  if (!tensor) return undefined;
  const sizes = Array.from(numbersOf(tensor));
  if (tensor.dims.length === 1) return sum(sizes) === total ? sizes : undefined;
  const [size = 0] = sizes;
  if (size < 1) return undefined;
  return Array.from({ length: Math.ceil(total / size) }, (_, i) => Math.min(size, total - i * size));
}

/** https://onnx.ai/onnx/operators/onnx__SplitToSequence.html */
const splitToSequence = defineOp({
  type: "SplitToSequence",
  since: [11, 24],
  inputs: ["input", "split?"],
  outputs: ["output_sequence"],
  kind: "movement",
  channels(node, link) {
    const [x, y] = [link.input(0), link.output(0)];
    if (!x || !y) return link.barrier("unknown-shape");
    // Single parts, which may lose the axis: nothing is said of them, so all channels stay.
    if (!node.input(1)) return;
    if (!sizesOf(node, x.dims[axisOfParts(node, x.dims.length)] ?? 0)) return link.barrier("dynamic-shape");
    link.same(x, y);
  },
  afterSlice(node, slice) {
    const [before, after] = [slice.inputBefore(0), slice.inputAfter(0)];
    if (!before || !after || sameDims(after, before)) return;
    const axis = axisOfParts(node, before.length);
    const sizes = sizesOf(node, before[axis] ?? 0);
    if (!sizes || after[axis] === before[axis]) return;
    const kept = slice.keptInput(0, axis);
    let end = 0;
    const wanted = sizes.map((size) => {
      end += size;
      return kept.filter((at) => at >= end - size && at < end).length;
    });
    if (wanted.includes(0)) return slice.refuse("a part of a SplitToSequence would lose all its channels");
    slice.setIntegers(1, wanted);
  },
});

/** https://onnx.ai/onnx/operators/onnx__SequenceAt.html: a part by its place, which may count from the end. */
const sequenceAt = defineOp({
  type: "SequenceAt",
  since: [11],
  inputs: ["input_sequence", "position"],
  outputs: ["tensor"],
  kind: "movement",
  channels(_, link) {
    const [parts, y] = [link.input(0), link.output(0)];
    const split = parts && splitOf(parts.value);
    if (!parts || !split || !y) return link.barrier("no-rule");
    const axis = axisOfParts(split, parts.dims.length);
    const sizes = sizesOf(split, parts.dims[axis] ?? 0);
    const [position] = link.integers(link.input(1)) ?? [];
    if (!sizes || position === undefined) return link.barrier("dynamic-shape");
    const at = axisOf(position, sizes.length);
    link.take(parts, y, axis, range(sizes[at] ?? 0, sum(sizes.slice(0, at))));
  },
});

export const sequenceOps: readonly OpDefinition[] = [splitToSequence, sequenceAt];
