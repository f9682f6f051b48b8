import { axisOf, defineOp, type OpDefinition } from "./define.js";
import { passAxes, rides } from "./relations.js";

/** https://onnx.ai/onnx/operators/onnx__TensorScatter.html: samples write into a cache, each at a position of its own. */
const tensorScatter = defineOp({
  type: "TensorScatter",
  since: [24],
  inputs: ["past_cache", "update", "write_indices?"],
  outputs: ["present_cache"],
  kind: "movement",
  channels(node, link) {
    const [past, update, y] = [link.input(0), link.input(1), link.output(0)];
    if (!past || !update || !y || past.dims.length !== update.dims.length)
      return link.barrier("unknown-shape");
    const axis = axisOf(node.int("axis") ?? -2, past.dims.length);
    for (const x of [past, update]) {
      link.freeze(x, 0, "batch-axis");
      link.freeze(x, axis, "spatial-axis");
    }
    const isFree = (at: number) => at > 0 && at !== axis;
    passAxes(link, past, y, isFree);
    for (const at of past.dims.keys()) if (isFree(at)) rides(link, update, at, past, at);
  },
});

export const cacheOps: readonly OpDefinition[] = [tensorScatter];
