import type { Node } from "../ir/index.js";
import { axisOf, defineOp, type OpDefinition, type SliceContext } from "./define.js";
import { passAxes } from "./relations.js";

/** https://onnx.ai/onnx/operators/onnx__Compress.html: keeps where the condition holds, nothing behind its end. */
const compress = defineOp({
  type: "Compress",
  since: [9, 11, 28],
  inputs: ["input", "condition"],
  outputs: ["output"],
  kind: "movement",
  channels(node, link) {
    const [x, y, at] = [link.input(0), link.output(0), node.int("axis")];
    if (!x || !y) return link.barrier("unknown-shape");
    const condition = link.integers(link.input(1));
    // Of all elements in a row those of a channel are not beside each other.
    if (at === undefined) return link.barrier(condition ? "not-rewritable" : "dynamic-index");
    const axis = axisOf(at, x.dims.length);
    if (condition) return link.take(x, y, axis, taken(condition.slice(0, x.dims[axis])));
    passAxes(link, x, y, (each) => each !== axis);
    link.freeze(x, axis, "dynamic-index");
  },
  afterSlice: recondition,
});

const taken = (condition: readonly number[]) => condition.flatMap((holds, i) => (holds ? [i] : []));

/** The condition of the positions that are left. */
function recondition(node: Node, slice: SliceContext): void {
  const [before, condition, at] = [slice.inputBefore(0), slice.integersBefore(1), node.int("axis")];
  if (!before || !condition || at === undefined) return;
  const axis = axisOf(at, before.length);
  const input = slice.keptInput(0, axis);
  if (input.length === before[axis]) return;
  const positions = taken(condition);
  const kept = new Set(slice.keptOutput(0, axis).map((rank) => positions[rank]));
  slice.setIntegers(
    1,
    input.map((position) => (kept.has(position) ? 1 : 0)),
  );
}

/** The result tells positions, or how many of something there are: none of what it looks at may go. */
function found(
  type: string,
  since: readonly number[],
  inputs: readonly string[],
  outputs: readonly string[],
): OpDefinition {
  const kind = "other";
  return defineOp({
    type,
    since,
    inputs,
    outputs,
    kind,
    channels: (_, link) => link.barrier("dynamic-index"),
  });
}

/** Numbers drawn anew for every element, one after another: with fewer of them all are others. */
function random(type: string, since: readonly number[]): OpDefinition {
  const [inputs, outputs, kind] = [["input"], ["output"], "other"] as const;
  return defineOp({ type, since, inputs, outputs, kind, channels: (_, link) => link.barrier("random") });
}

/** https://onnx.ai/onnx/operators/onnx__EyeLike.html: ones where two positions are equal. */
const eyeLike = defineOp({
  type: "EyeLike",
  since: [9, 22],
  inputs: ["input"],
  outputs: ["output"],
  kind: "other",
  channels: (_, link) => link.barrier("spatial-axis"),
});

export const selectOps: readonly OpDefinition[] = [
  compress,
  found("NonZero", [9, 13], ["X"], ["Y"]),
  found(
    "NonMaxSuppression",
    [10, 11],
    ["boxes", "scores", "max_output_boxes_per_class?", "iou_threshold?", "score_threshold?"],
    ["selected_indices"],
  ),
  found("Unique", [11, 28], ["X"], ["Y", "indices?", "inverse_indices?", "counts?"]),
  random("Bernoulli", [15, 22]),
  random("RandomNormalLike", [1, 22]),
  random("RandomUniformLike", [1, 22]),
  eyeLike,
];
