import { axisOf, type ChannelLink, defineOp, type OpDefinition } from "./define.js";
import { passAxes, range } from "./relations.js";
import { sameDims, setSizes } from "./sizes.js";

/** Axes that keep their size pass; along the others new elements mix old ones. */
function linkScaled(link: ChannelLink): void {
  const [x, y] = [link.input(0), link.output(0)];
  if (!x || !y || x.dims.length !== y.dims.length) {
    link.barrier("unknown-shape");
    return;
  }
  passAxes(link, x, y, (axis) => x.dims[axis] === y.dims[axis]);
  x.dims.forEach((size, axis) => {
    if (size !== y.dims[axis]) link.freeze(x, axis, "spatial-axis");
  });
}

/** https://onnx.ai/onnx/operators/onnx__Resize.html: the wanted `sizes` are input 3 (from opset 11 on). */
const resize = defineOp({
  type: "Resize",
  since: [10, 11, 13, 18, 19],
  inputs: ["X", "roi?", "scales?", "sizes?"],
  outputs: ["Y"],
  kind: "movement",
  channels(node, link) {
    // A region of interest may cut into any axis, whatever its size afterwards.
    if (node.string("coordinate_transformation_mode") === "tf_crop_and_resize")
      return link.barrier("no-rule");
    linkScaled(link);
  },
  afterSlice(node, slice) {
    const [to, sizes] = [slice.outputAfter(0), slice.integers(3)];
    if (!to || !node.input(3) || sameDims(to, slice.outputBefore(0))) return;
    if (!sizes) return slice.refuse("the sizes of a Resize are computed from data");
    const axes = node.ints("axes")?.map((axis) => axisOf(axis, to.length)) ?? range(to.length);
    setSizes(
      slice,
      3,
      sizes,
      axes.map((axis) => to[axis] ?? 1),
    );
  },
});

/** https://onnx.ai/onnx/operators/onnx__Upsample.html */
const upsample = defineOp({
  type: "Upsample",
  since: [1, 7, 9, 10],
  inputs: ["X", "scales"],
  outputs: ["Y"],
  kind: "movement",
  channels: (_, link) => linkScaled(link),
});

export const resizeOps: readonly OpDefinition[] = [resize, upsample];
