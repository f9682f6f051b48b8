import type { Node } from "../ir/index.js";
import { axisOf, type ChannelLink, defineOp, type Operand } from "./define.js";
import { rides } from "./relations.js";
import { zeroOf } from "./zero-point.js";

/** Scale and zero point: one for all of x, one for each index of `axis`, or one for each block along it. */
function rideScales(node: Node, link: ChannelLink, x: Operand, y: Operand): boolean {
  const axis = axisOf(node.int("axis") ?? 1, x.dims.length);
  const scales = [link.input(1), link.input(2)].filter((operand) => operand !== undefined);
  const block = node.int("block_size") ?? 0;
  const size = x.dims[axis] ?? 0;
  if (block > 0) {
    const fits = ({ dims }: Operand) => dims.length === x.dims.length && (dims[axis] ?? 0) * block === size;
    if (!scales.every(fits)) return false;
  } else if (scales.some(({ dims }) => dims.length > 1 || ((dims[0] ?? 1) !== 1 && dims[0] !== size))) {
    return false;
  }
  link.same(x, y);
  for (const scale of scales) {
    if (block > 0) rideBlocked(link, scale, y, axis, block);
    else rides(link, scale, 0, y, axis);
  }
  return true;
}

/** A scale for every whole block along `axis`, and for every index of the other axes. */
function rideBlocked(link: ChannelLink, scale: Operand, y: Operand, axis: number, block: number): void {
  scale.dims.forEach((_, at) => {
    if (at === axis) link.repeatEach(scale, at, y, at, block);
    else rides(link, scale, at, y, at);
  });
}

/** https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html */
const quantizeLinear = defineOp({
  type: "QuantizeLinear",
  since: [10, 13, 19, 21, 23, 24, 25, 28],
  inputs: ["x", "y_scale", "y_zero_point?"],
  outputs: ["y"],
  kind: "elementwise",
  channels(node, link) {
    const [x, y] = [link.input(0), link.output(0)];
    if (!x || !y) return link.barrier("unknown-shape");
    // Weights that are rounded at run time have no stored value to check a cut with.
    if (x.isConstant || !rideScales(node, link, x, y)) link.barrier("quantised");
  },
});

/** https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html */
const dequantizeLinear = defineOp({
  type: "DequantizeLinear",
  since: [10, 13, 19, 21, 23, 24, 25, 28],
  inputs: ["x", "x_scale", "x_zero_point?"],
  outputs: ["y"],
  kind: "elementwise",
  channels(node, link) {
    const [x, y] = [link.input(0), link.output(0)];
    if (!x || !y) return link.barrier("unknown-shape");
    const zero = x.isConstant ? zeroOf(link, x, link.input(2)) : 0;
    if (zero === undefined || !rideScales(node, link, x, y)) return link.barrier("quantised");
    if (x.isConstant) link.zeroIs(x, zero);
  },
});

/**
 * https://onnx.ai/onnx/operators/onnx__DynamicQuantizeLinear.html: the range of all channels together, zero always among
 * them, so that a channel of zeros takes no part in it.
 */
const dynamicQuantizeLinear = defineOp({
  type: "DynamicQuantizeLinear",
  since: [11],
  inputs: ["x"],
  outputs: ["y", "y_scale", "y_zero_point"],
  kind: "elementwise",
  channels(_, link) {
    const [x, y] = [link.input(0), link.output(0)];
    if (!x || !y) return link.barrier("unknown-shape");
    // Weights that are rounded at run time have no stored value to check a cut with.
    if (x.isConstant) return link.barrier("quantised");
    link.same(x, y);
    link.readAsZeros(x);
  },
});

export const quantiseOps = [quantizeLinear, dequantizeLinear, dynamicQuantizeLinear];
