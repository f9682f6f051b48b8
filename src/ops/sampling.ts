import { defineOp, type OpDefinition } from "./define.js";
import { freezeFrom } from "./relations.js";

/** Places of a map are read where coordinates say, the same in every channel: regions of interest, grids of points. */
function sampled(
  type: string,
  since: readonly number[],
  inputs: readonly string[],
  kind: OpDefinition["kind"],
): OpDefinition {
  return defineOp({
    type,
    since,
    inputs,
    outputs: ["Y"],
    kind,
    channels(_, link) {
      const [x, y, coordinates] = [link.input(0), link.output(0), link.input(1)];
      if (!x || !y || x.dims.length < 2) return link.barrier("unknown-shape");
      link.freeze(x, 0, "batch-axis");
      link.pass(x, 1, y, 1);
      freezeFrom(link, x, 2, "spatial-axis");
      if (coordinates) link.freeze(coordinates, -1, "spatial-axis");
    },
  });
}

/** https://onnx.ai/onnx/operators/onnx__AffineGrid.html: the wanted size counts channels, but no number depends on them. */
const affineGrid = defineOp({
  type: "AffineGrid",
  since: [20],
  inputs: ["theta", "size"],
  outputs: ["grid"],
  kind: "movement",
  channels(_, link) {
    const theta = link.input(0);
    if (theta) link.freeze(theta, -1, "spatial-axis");
  },
});

/** https://onnx.ai/onnx/operators/onnx__MaxUnpool.html: indices count elements of the whole tensor, other channels included. */
const maxUnpool = defineOp({
  type: "MaxUnpool",
  since: [9, 11, 22],
  inputs: ["X", "I", "output_shape?"],
  outputs: ["output"],
  kind: "movement",
  channels: (_, link) => link.barrier("dynamic-index"),
});

/** https://onnx.ai/onnx/operators/onnx__Col2Im.html: axis 1 counts the places of a block within every channel. */
const col2Im = defineOp({
  type: "Col2Im",
  since: [18],
  inputs: ["input", "image_shape", "block_shape"],
  outputs: ["output"],
  kind: "movement",
  channels(_, link) {
    const [x, y] = [link.input(0), link.output(0)];
    const [batch = 1, rows = 0, places = 1] = x?.dims ?? [];
    const channels = y?.dims[1] ?? 0;
    const block = rows / channels;
    if (!x || !y || x.dims.length !== 3 || !Number.isInteger(block) || block < 1)
      return link.barrier("unknown-shape");
    const cut = link.scratch([batch, channels, block, places]);
    link.reshape(x, cut);
    link.pass(cut, 0, y, 0);
    link.pass(cut, 1, y, 1);
    link.mix(cut, [2], "collapsed");
    link.freeze(x, 2, "spatial-axis");
  },
});

export const samplingOps: readonly OpDefinition[] = [
  sampled("GridSample", [16, 20, 22], ["X", "grid"], "movement"),
  sampled("RoiAlign", [10, 16, 22], ["X", "rois", "batch_indices"], "pooling"),
  sampled("MaxRoiPool", [1, 22], ["X", "rois"], "pooling"),
  affineGrid,
  maxUnpool,
  col2Im,
];
