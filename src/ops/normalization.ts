import { attribute, type Node } from "../ir/index.js";
import { axisOf, type ChannelLink, defineOp, type OpDefinition, type Operand } from "./define.js";
import { passAxes, range, rides, ridesBroadcast, sums } from "./relations.js";

/** https://onnx.ai/onnx/operators/onnx__BatchNormalization.html with running statistics. */
const batchNormalization = defineOp({
  type: "BatchNormalization",
  role: "affine",
  since: [1, 6, 7, 9, 14, 15],
  inputs: ["X", "scale", "B", "input_mean", "input_var"],
  outputs: ["Y", "running_mean?", "running_var?"],
  kind: "normalization",
  channels(node, link) {
    const [x, y] = [link.input(0), link.output(0)];
    if (!x || !y || x.dims.length < 2) return link.barrier("unknown-shape");
    const training = node.int("training_mode") === 1 || link.outputs().length > 1;
    // Before opset 9, spatial = 0 means statistics for every place.
    if (training || node.int("spatial") === 0) return link.barrier("mixes-channels");
    link.same(x, y);
    for (const index of [1, 2, 3, 4]) rides(link, link.input(index), 0, y, 1);
  },
});

/** https://onnx.ai/onnx/operators/onnx__InstanceNormalization.html: statistics of one channel's places. */
const instanceNormalization = defineOp({
  type: "InstanceNormalization",
  since: [1, 6, 22],
  inputs: ["input", "scale", "B"],
  outputs: ["output"],
  kind: "normalization",
  channels(_, link) {
    const [x, y] = [link.input(0), link.output(0)];
    if (!x || !y || x.dims.length < 2) return link.barrier("unknown-shape");
    link.same(x, y);
    // A reshape may have put channels of a group there: a group normalisation.
    link.statistics(x, range(x.dims.length - 2, 2), "other");
    rides(link, link.input(1), 0, y, 1);
    rides(link, link.input(2), 0, y, 1);
  },
});

/** Statistics over all axes from `axis` on; scale and bias broadcast onto the result. */
function layerNormalization(
  type: string,
  since: readonly number[],
  inputs: string[],
  outputs: string[],
): OpDefinition {
  return defineOp({
    type,
    since,
    inputs,
    outputs,
    kind: "normalization",
    channels(node, link) {
      const [x, y] = [link.input(0), link.output(0)];
      if (!x || !y) return link.barrier("unknown-shape");
      const axis = axisOf(node.int("axis") ?? -1, x.dims.length);
      link.same(x, y);
      link.statistics(x, range(x.dims.length - axis, axis), "layer-norm");
      ridesBroadcast(link, link.input(1), y);
      ridesBroadcast(link, link.input(2), y);
      for (const statistic of link.outputs().slice(1)) passAxes(link, x, statistic, (at) => at < axis);
    },
  });
}

/** https://onnx.ai/onnx/operators/onnx__GroupNormalization.html: scale per group in opset 18, per channel from 21 on. */
const groupNormalization = defineOp({
  type: "GroupNormalization",
  since: [18, 21],
  inputs: ["X", "scale", "bias"],
  outputs: ["Y"],
  kind: "normalization",
  channels(node, link) {
    const [x, y] = [link.input(0), link.output(0)];
    const groups = node.int("num_groups") ?? 1;
    const [batch = 1, channels = 1, ...places] = x?.dims ?? [];
    if (!x || !y || x.dims.length < 2 || groups < 1 || channels % groups !== 0)
      return link.barrier("unknown-shape");
    const grouped = link.scratch([batch, groups, channels / groups, ...places]);
    link.reshape(x, grouped);
    link.statistics(grouped, range(places.length + 1, 2), "other");
    link.same(x, y);
    const scaled = link.opset < 21 ? grouped : y;
    for (const index of [1, 2]) rides(link, link.input(index), 0, scaled, 1);
  },
  afterSlice(node, slice) {
    const groups = node.int("num_groups") ?? 1;
    const size = (slice.inputBefore(0)?.[1] ?? groups) / groups;
    const left = new Array<number>(groups).fill(0);
    for (const channel of slice.keptInput(0, 1)) {
      const group = Math.floor(channel / size);
      left[group] = (left[group] ?? 0) + 1;
    }
    const kept = left.filter((count) => count > 0);
    if (new Set(kept).size !== 1) slice.refuse("groups of the normalization would have unequal sizes");
    slice.setAttribute(attribute.int("num_groups", kept.length));
  },
});

const recomputes = (link: ChannelLink, x: Operand, axes: readonly number[]) =>
  link.statistics(x, axes, "other");

/** An op that keeps the shape and takes statistics over the axes that `axesOf` gives. */
function normalizesOver(
  type: string,
  since: readonly number[],
  names: readonly [string, string],
  axesOf: (node: Node) => readonly number[],
  combine: typeof sums = recomputes,
): OpDefinition {
  return defineOp({
    type,
    since,
    inputs: [names[0]],
    outputs: [names[1]],
    kind: "normalization",
    channels(node, link) {
      const [x, y] = [link.input(0), link.output(0)];
      if (!x || !y) return link.barrier("unknown-shape");
      link.same(x, y);
      combine(link, x, axesOf(node));
    },
  });
}

export const normalizationOps: readonly OpDefinition[] = [
  batchNormalization,
  instanceNormalization,
  layerNormalization("LayerNormalization", [17], ["X", "Scale", "B?"], ["Y", "Mean?", "InvStdDev?"]),
  layerNormalization("RMSNormalization", [23], ["X", "scale"], ["Y"]),
  // onnxruntime's own op in the standard domain, made by its optimizer and by some exporters.
  layerNormalization("SimplifiedLayerNormalization", [1], ["X", "scale"], ["Y", "inv_std_var?"]),
  groupNormalization,
  normalizesOver("LpNormalization", [1, 22], ["input", "output"], (node) => [node.int("axis") ?? -1], sums),
  normalizesOver("LRN", [1, 13], ["X", "Y"], () => [1]),
  normalizesOver("MeanVarianceNormalization", [9, 13], ["X", "Y"], (node) => node.ints("axes") ?? [0, 2, 3]),
];
