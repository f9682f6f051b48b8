import { type Node, numbersOf } from "../ir/index.js";
import { axisOf, type ChannelLink, defineOp, type OpDefinition, type SliceContext } from "./define.js";
import { passAxes, range } from "./relations.js";
import { sameDims, setSizes } from "./sizes.js";

/** Axes that keep their size and are not scaled pass; along the others new elements mix old ones. */
function linkScaled(node: Node, link: ChannelLink, scalesIndex: number): void {
  const [x, y] = [link.input(0), link.output(0)];
  if (!x || !y || x.dims.length !== y.dims.length) {
    link.barrier("unknown-shape");
    return;
  }
  const scales = link.tensor(link.input(scalesIndex));
  const factors = scales && scales.elements > 0 ? numbersOf(scales) : [];
  const axes = axesOf(node, x.dims.length);
  // A factor of 1.05 leaves a size of 6 and makes other elements all the same.
  const scaled = new Set(axes.filter((_, i) => (factors[i] ?? 1) !== 1));
  const passes = (axis: number) => x.dims[axis] === y.dims[axis] && !scaled.has(axis);
  passAxes(link, x, y, passes);
  for (const axis of x.dims.keys()) if (!passes(axis)) link.freeze(x, axis, "spatial-axis");
}

/** The axes that scales and sizes are about (opset 18), all unless said otherwise. */
function axesOf(node: Node, rank: number): number[] {
  return node.ints("axes")?.map((axis) => axisOf(axis, rank)) ?? range(rank);
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
    linkScaled(node, link, link.opset < 11 ? 1 : 2);
  },
  afterSlice: (node, slice) => resizeTo(node, slice, 3),
});

/** Writes what is left of the result into the input that tells its sizes. */
function resizeTo(node: Node, slice: SliceContext, index: number): void {
  const [to, sizes] = [slice.outputAfter(0), slice.integers(index)];
  if (!to || !node.input(index) || sameDims(to, slice.outputBefore(0))) return;
  if (!sizes) return slice.refuse(`the sizes of a ${node.opType} are computed from data`);
  const wanted = axesOf(node, to.length).map((axis) => to[axis] ?? 1);
  setSizes(slice, index, sizes, wanted);
}

/** https://onnx.ai/onnx/operators/onnx__Upsample.html */
const upsample = defineOp({
  type: "Upsample",
  since: [1, 7, 9, 10],
  inputs: ["X", "scales"],
  outputs: ["Y"],
  kind: "movement",
  channels: (node, link) => linkScaled(node, link, 1),
});

/** https://onnx.ai/onnx/operators/onnx__CenterCropPad.html: axes whose size is the wanted one already pass. */
const centerCropPad = defineOp({
  type: "CenterCropPad",
  since: [18],
  inputs: ["input_data", "shape"],
  outputs: ["output_data"],
  kind: "movement",
  channels: (node, link) => linkScaled(node, link, -1),
  afterSlice: (node, slice) => resizeTo(node, slice, 1),
});

export const resizeOps: readonly OpDefinition[] = [resize, upsample, centerCropPad];
