import { attribute, elementsOf } from "../ir/index.js";
import { type ConvInputs, convMacs, convWindow, groupFollowsChannels, linkConv } from "./conv.js";
import { type ChannelLink, defineOp, type OpDefinition, type Operand } from "./define.js";
import { gemmMacs, linkMatrices, matMulMacs } from "./linear.js";
import { makes, rides, ridesBroadcast } from "./relations.js";
import { zeroOf } from "./zero-point.js";

/** At which inputs a quantised convolution has its operands; scales and zero points may be one for every filter. */
interface QuantisedConvInputs extends ConvInputs {
  readonly zero: number;
  readonly scale?: number;
}

function quantisedConv(
  names: Pick<OpDefinition, "type" | "domain" | "since" | "inputs">,
  at: QuantisedConvInputs,
): OpDefinition {
  return defineOp({
    ...names,
    outputs: ["y"],
    kind: "convolution",
    channels(node, link) {
      const [w, zeros, y] = [link.input(at.w), link.input(at.zero), link.output(0)];
      const zero = w && zeroOf(link, w, zeros);
      if (!w || !y || zero === undefined) return link.barrier("quantised");
      if (node.int("channels_last")) return link.barrier("no-rule");
      linkConv(node, link, at);
      link.zeroIs(w, zero);
      rides(link, zeros, 0, y, 1);
      if (at.scale !== undefined) rides(link, link.input(at.scale), 0, y, 1);
    },
    afterSlice: groupFollowsChannels,
    window: (node) => convWindow(node, node.input(at.w)),
    macs: (node, dims) => convMacs(node, node.input(at.w), dims),
  });
}

/** https://onnx.ai/onnx/operators/onnx__ConvInteger.html */
const convInteger = quantisedConv(
  { type: "ConvInteger", since: [10], inputs: ["x", "w", "x_zero_point?", "w_zero_point?"] },
  { x: 0, w: 1, zero: 3 },
);

const qLinearConvInputs = ["x", "x_scale", "x_zero_point", "w", "w_scale", "w_zero_point"];
const qLinearConvAt = { x: 0, w: 3, scale: 4, zero: 5, bias: 8 };

/** https://onnx.ai/onnx/operators/onnx__QLinearConv.html */
const qLinearConv = quantisedConv(
  {
    type: "QLinearConv",
    since: [10],
    inputs: [...qLinearConvInputs, "y_scale", "y_zero_point", "B?"],
  },
  qLinearConvAt,
);

/** One factor of a product, with the inputs that say how its numbers are meant. */
interface Factor {
  readonly at: number;
  readonly zero: number;
  readonly scale?: number;
}

/** Sums over an axis where a stored weight can be shown as zeros; elsewhere no check could tell, so it stays. */
function contractStored(
  link: ChannelLink,
  [a, aAxis, aZero]: readonly [Operand, number, Operand | undefined],
  [b, bAxis, bZero]: readonly [Operand, number, Operand | undefined],
): void {
  const [operand, zeros] = link.tensor(b) ? [b, bZero] : [a, aZero];
  const zero = zeroOf(link, operand, zeros);
  if (zero === undefined) {
    link.freeze(a, aAxis, "quantised");
    link.freeze(b, bAxis, "quantised");
    return;
  }
  link.zeroIs(operand, zero);
  link.contract(a, aAxis, b, bAxis);
}

/** Products of matrices of whole numbers, as numpy.matmul. */
function linkQuantisedMatrices(link: ChannelLink, first: Factor, second: Factor): void {
  const [a, b, y] = [link.input(first.at), link.input(second.at), link.output(0)];
  if (!a || !b || !y || a.dims.length === 0 || b.dims.length === 0) return link.barrier("unknown-shape");
  contractStored(link, [a, -1, link.input(first.zero)], [b, innerOf(b), link.input(second.zero)]);
  linkMatrices(link, a, b, y);
  for (const at of [first.scale, first.zero]) ridesRows(link, at, y);
  for (const at of [second.scale, second.zero]) if (at !== undefined) rides(link, link.input(at), -1, y, -1);
}

/** The axis of a product's second operand that it sums over. */
const innerOf = (b: Operand) => (b.dims.length === 1 ? 0 : -2);

/** Scales and zero points of rows: one each, or [rows, 1]. */
function ridesRows(link: ChannelLink, at: number | undefined, y: Operand): void {
  const p = at === undefined ? undefined : link.input(at);
  if (p) rides(link, p, p.dims.length === 1 ? 0 : -2, y, -2);
}

/** https://onnx.ai/onnx/operators/onnx__MatMulInteger.html */
const matMulInteger = defineOp({
  type: "MatMulInteger",
  since: [10],
  inputs: ["A", "B", "a_zero_point?", "b_zero_point?"],
  outputs: ["Y"],
  kind: "linear",
  channels: (_, link) => linkQuantisedMatrices(link, { at: 0, zero: 2 }, { at: 1, zero: 3 }),
  macs: matMulMacs,
});

const qLinearMatMulInputs = ["a", "a_scale", "a_zero_point", "b", "b_scale", "b_zero_point"];

/** https://onnx.ai/onnx/operators/onnx__QLinearMatMul.html */
const qLinearMatMul = defineOp({
  type: "QLinearMatMul",
  since: [10, 21],
  inputs: [...qLinearMatMulInputs, "y_scale", "y_zero_point"],
  outputs: ["y"],
  kind: "linear",
  channels: (_, link) =>
    linkQuantisedMatrices(link, { at: 0, scale: 1, zero: 2 }, { at: 3, scale: 4, zero: 5 }),
  macs: matMulMacs,
});

const domain = "com.microsoft";

/** A product of whole numbers that becomes a float product in the same node. */
const matMulIntegerToFloat = defineOp({
  type: "MatMulIntegerToFloat",
  domain,
  since: [1],
  inputs: ["A", "B", "a_scale", "b_scale", "a_zero_point?", "b_zero_point?", "bias?"],
  outputs: ["Y"],
  kind: "linear",
  channels(_, link) {
    linkQuantisedMatrices(link, { at: 0, scale: 2, zero: 4 }, { at: 1, scale: 3, zero: 5 });
    const y = link.output(0);
    if (y) ridesBroadcast(link, link.input(6), y);
  },
  macs: matMulMacs,
});

/**
 * Quantises its first operand by the range of all its elements: what is gone must count as zeros, and times zero weights
 * around any zero point come to nothing.
 */
const dynamicQuantizeMatMul = defineOp({
  type: "DynamicQuantizeMatMul",
  domain,
  since: [1],
  inputs: ["A", "B", "b_scale", "b_zero_point?", "bias?"],
  outputs: ["Y"],
  kind: "linear",
  channels(_, link) {
    const [a, b, y] = [link.input(0), link.input(1), link.output(0)];
    if (!a || !b || !y || a.dims.length === 0 || b.dims.length === 0) return link.barrier("unknown-shape");
    link.readAsZeros(a);
    link.contract(a, -1, b, innerOf(b));
    linkMatrices(link, a, b, y);
    for (const at of [2, 3]) rides(link, link.input(at), -1, y, -1);
    ridesBroadcast(link, link.input(4), y);
  },
  macs: matMulMacs,
});

const qGemm = defineOp({
  type: "QGemm",
  domain,
  since: [1],
  inputs: ["A", "a_scale", "a_zero_point", "B", "b_scale", "b_zero_point", "C?", "y_scale?", "y_zero_point?"],
  outputs: ["Y"],
  kind: "linear",
  channels(node, link) {
    const [a, b, y] = [link.input(0), link.input(3), link.output(0)];
    if (!a || !b || !y || a.dims.length !== 2 || b.dims.length !== 2) return link.barrier("unknown-shape");
    const [aInner, bInner] = [node.int("transA") ? 0 : 1, node.int("transB") ? 1 : 0];
    contractStored(link, [a, aInner, link.input(2)], [b, bInner, link.input(5)]);
    makes(link, a, 1 - aInner, y, 0);
    makes(link, b, 1 - bInner, y, 1);
    for (const at of [4, 5]) rides(link, link.input(at), 0, y, 1);
    ridesBroadcast(link, link.input(6), y);
  },
  macs: gemmMacs,
});

/**
 * A matrix of some bits a weight, [columns, blocks, bytes], with a scale for every block of every column: columns go one
 * by one, what they sum over in whole blocks. https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
 */
const matMulNBits = defineOp({
  type: "MatMulNBits",
  domain,
  since: [1],
  inputs: ["A", "B", "scales", "zero_points?", "g_idx?", "bias?"],
  outputs: ["Y"],
  kind: "linear",
  channels(node, link) {
    const [a, b, scales, y] = [link.input(0), link.input(1), link.input(2), link.output(0)];
    const [columns = 0, blocks = 0] = b?.dims ?? [];
    const size = node.int("block_size") ?? 0;
    const fits = b?.dims.length === 3 && y?.dims.at(-1) === columns && a?.dims.at(-1) === size * blocks;
    if (!a || !b || !scales || !y || !fits) return link.barrier("quantised");
    makes(link, b, 0, y, -1);
    link.freeze(b, 2, "not-rewritable");
    link.readAsZeros(a, -1);
    a.dims.slice(0, -1).forEach((_, axis) => {
      link.pass(a, axis, y, axis);
    });
    rides(link, link.input(5), 0, y, -1);
    const zeros = link.input(3);
    const isGrid = scales.dims.length === 2 && !zeros && !link.input(4);
    if (isGrid) {
      link.contractEach(a, -1, b, 1, size);
      link.ride(scales, 1, b, 1);
      link.ride(scales, 0, y, -1);
      return;
    }
    link.freeze(a, -1, "quantised");
    link.freeze(b, 1, "quantised");
    for (const table of [scales, zeros]) if (table) rideColumns(link, table, columns, y);
  },
  afterSlice(node, slice) {
    slice.setAttribute(attribute.int("N", slice.keptInput(1, 0).length));
    slice.setAttribute(attribute.int("K", slice.keptInput(1, 1).length * (node.int("block_size") ?? 0)));
  },
  macs: matMulMacs,
});

/** A table of equally many entries for each column, flat or not. */
function rideColumns(link: ChannelLink, table: Operand, columns: number, y: Operand): void {
  const each = elementsOf(table.dims) / columns;
  if (table.dims.length > 1) return link.ride(table, 0, y, -1);
  const rows = link.scratch([columns, each]);
  link.reshape(table, rows);
  link.ride(rows, 0, y, -1);
}

export const quantisedLayerOps: readonly OpDefinition[] = [
  convInteger,
  qLinearConv,
  // onnxruntime's own form has one more attribute, for channels that come last.
  { ...qLinearConv, domain, since: [1] },
  matMulInteger,
  qLinearMatMul,
  matMulIntegerToFloat,
  dynamicQuantizeMatMul,
  qGemm,
  matMulNBits,
];
