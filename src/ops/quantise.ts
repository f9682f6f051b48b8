import { bitsOf, integersOf } from "../ir/index.js";
import { axisOf, type ChannelLink, defineOp, type Operand } from "./define.js";
import { rides } from "./relations.js";

/** Scale and zero point: one for all of x, or one for each index of `axis`. */
function rideScales(link: ChannelLink, x: Operand, y: Operand, axis: number): boolean {
  const scales = [link.input(1), link.input(2)].filter((operand) => operand !== undefined);
  // Scales of whole blocks of an axis have x's rank.
  if (scales.some(({ dims }) => dims.length > 1)) return false;
  const size = x.dims[axisOf(axis, x.dims.length)];
  if (scales.some(({ dims }) => (dims[0] ?? 1) !== 1 && dims[0] !== size)) return false;
  link.same(x, y);
  for (const scale of scales) rides(link, scale, 0, y, axis);
  return true;
}

/**
 * The stored value that means zero, one for the whole tensor; undefined where there is none that a cut could be checked
 * with: zero points that differ, and those of elements that do not fill a byte.
 */
function zeroOf(link: ChannelLink, x: Operand): number | undefined {
  const [stored, given] = [link.tensor(x), link.input(2)];
  const zeros = link.tensor(given);
  const width = stored && bitsOf(stored.dataType);
  if (!width || width < 8 || (given && !zeros)) return undefined;
  if (!zeros) return 0;
  const [zero = 0, ...others] = integersOf(zeros);
  return others.every((other) => other === zero) && (zero === 0 || width === 8) ? zero : undefined;
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
    if (x.isConstant || !rideScales(link, x, y, node.int("axis") ?? 1)) link.barrier("quantised");
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
    const zero = x.isConstant ? zeroOf(link, x) : 0;
    if (zero === undefined || !rideScales(link, x, y, node.int("axis") ?? 1))
      return link.barrier("quantised");
    if (x.isConstant) link.zeroIs(x, zero);
  },
});

/** https://onnx.ai/onnx/operators/onnx__DynamicQuantizeLinear.html: the range of all channels together. */
const dynamicQuantizeLinear = defineOp({
  type: "DynamicQuantizeLinear",
  since: [11],
  inputs: ["x"],
  outputs: ["y", "y_scale", "y_zero_point"],
  kind: "elementwise",
  channels: (_, link) => link.barrier("mixes-channels"),
});

export const quantiseOps = [quantizeLinear, dequantizeLinear, dynamicQuantizeLinear];
