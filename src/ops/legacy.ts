import { defineOp, type OpDefinition } from "./define.js";
import { freezeFrom } from "./relations.js";

/** Operators of converters from CoreML and early ONNX, which onnxruntime still runs and the standard has dropped. */
const since = [1, 10];

/** A scale for all and a bias for each channel, as attributes. */
const imageScaler = defineOp({
  type: "ImageScaler",
  since,
  inputs: ["input"],
  outputs: ["output"],
  kind: "elementwise",
  channels(_, link) {
    const [x, y] = [link.input(0), link.output(0)];
    if (!x || !y) return link.barrier("unknown-shape");
    link.same(x, y);
    link.freeze(x, 1, "not-rewritable");
  },
});

/** Takes a border off the places of a map. */
const crop = defineOp({
  type: "Crop",
  since,
  inputs: ["input"],
  outputs: ["output"],
  kind: "movement",
  channels(_, link) {
    const [x, y] = [link.input(0), link.output(0)];
    if (!x || !y || x.dims.length < 2) return link.barrier("unknown-shape");
    link.pass(x, 0, y, 0);
    link.pass(x, 1, y, 1);
    freezeFrom(link, x, 2, "spatial-axis");
  },
});

/** alpha · x + beta. */
const affine = defineOp({
  type: "Affine",
  since,
  inputs: ["X"],
  outputs: ["Y"],
  kind: "elementwise",
  channels(_, link) {
    const [x, y] = [link.input(0), link.output(0)];
    if (x && y) link.same(x, y);
  },
});

export const legacyOps: readonly OpDefinition[] = [imageScaler, crop, affine];
