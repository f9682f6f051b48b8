import { defineOp, type OpDefinition } from "./define.js";
import { freezeFrom } from "./relations.js";

/** Windows slide over places, or one covers them all; samples and channels pass. */
function pool(type: string, since: readonly number[], outputs: readonly string[] = ["Y"]): OpDefinition {
  return defineOp({
    type,
    since,
    inputs: ["X"],
    outputs,
    kind: "pooling",
    window(node) {
      const kernel = node.ints("kernel_shape") ?? [];
      const strides = node.ints("strides") ?? kernel.map(() => 1);
      return { kernel, strides, groups: 1, depthwise: false, transposed: false };
    },
    channels(_, link) {
      const [x, y] = [link.input(0), link.output(0)];
      if (!x || !y || x.dims.length < 2) return link.barrier("unknown-shape");
      link.pass(x, 0, y, 0);
      link.pass(x, 1, y, 1);
      // MaxPool's second output counts elements of the whole tensor, other channels included.
      if (link.outputs().length > 1) freezeFrom(link, x, 0, "dynamic-index");
      else freezeFrom(link, x, 2, "spatial-axis");
    },
  });
}

export const poolingOps: readonly OpDefinition[] = [
  pool("AveragePool", [1, 7, 10, 11, 19, 22]),
  pool("LpPool", [1, 2, 11, 18, 22]),
  pool("MaxPool", [1, 8, 10, 11, 12, 22], ["Y", "Indices?"]),
  pool("GlobalAveragePool", [1, 22]),
  pool("GlobalLpPool", [1, 2, 22]),
  pool("GlobalMaxPool", [1, 22]),
];
