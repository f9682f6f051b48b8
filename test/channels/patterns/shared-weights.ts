import { net, type Pattern } from "./pattern.js";

/** Two convolutions read w; what the other one makes are places of the first one's kernels. */
function kernelPlaces(op: string, axis: 2 | 3, call: string, constants = ""): Pattern {
  const transposed = op === "ConvTranspose";
  const [outputs, inputs] = transposed ? [1, 0] : [0, 1];
  const dims = transposed ? [3, 4] : [4, 3];
  const perm = axis === 2 ? [2, inputs, outputs, 3] : [3, inputs, 2, outputs];
  const float = constants === "";
  return {
    name: `places of ${op}'s kernels on axis ${axis} are channels of another layer`,
    text: net({
      constants: `${float ? "float" : "int8"}[${[...dims, ...(axis === 2 ? [3, 2] : [2, 3])]}] w, float[5, 4, 1, 1] v, float[5, 3, 1, 1] u${constants}`,
      nodes: `${call} ${float ? "d = Identity(w)" : "d = DequantizeLinear(w, s, o)"} t = Transpose <perm = [${perm}]> (d) k = Conv(x, t)
        g = GlobalAveragePool(h) e = GlobalAveragePool(k) a = Conv(g, v) b = Conv(e, u) z = Add(a, b)`,
    }),
    groups: [],
    barriers: [
      `spatial-axis ${float ? "h" : "i"} w ${axis}`,
      `spatial-axis k t ${axis}`,
      "graph-output - z 1",
    ],
  };
}

const quantised = ", float s = {0.1}, uint8 p = {120}, int8 o = {2}";
const onBytes = (op: string) =>
  `q = QuantizeLinear(x, s, p) i = ${op}(q, s, p, w, s, o, s, p) h = DequantizeLinear(i, s, p)`;

/** Rows of w, whose zero points differ, are channels of another layer that reads its plain numbers. */
function unevenZeros(op: string, call: string): Pattern {
  return {
    name: `rows that ${op} sums over are channels of another layer`,
    text: net({
      inputs: "float[2, 6] x",
      constants: `int8[6, 4] w, float[4] ws, int8[4] wp = {1, 2, 1, 1}, float[6, 4] i, float[4, 5] v, float[6, 5] u, float s = {0.1}, uint8 p = {120}`,
      nodes: `q = QuantizeLinear(x, s, p) ${call} d = Cast <to = 1> (w) t = Transpose(d) k = MatMul(x, i) m = MatMul(k, t)
        a = MatMul(h, v) b = MatMul(m, u) z = Add(a, b)`,
    }),
    groups: ["w i: 4, 4"],
    barriers: [`quantised ${call.startsWith("c =") ? "c" : "h"} w 0`, "graph-output - z 1"],
  };
}

/** Weights that two layers read in ways of their own: what one makes of an axis counts for the other. */
export const sharedWeightPatterns: readonly Pattern[] = [
  ...([2, 3] as const).flatMap((axis) => [
    kernelPlaces("Conv", axis, "h = Conv(x, w)"),
    kernelPlaces("ConvTranspose", axis, "h = ConvTranspose(x, w)"),
    kernelPlaces("com.microsoft.FusedConv", axis, "h = com.microsoft.FusedConv(x, w)"),
    kernelPlaces("QLinearConv", axis, onBytes("QLinearConv"), quantised),
    kernelPlaces("com.microsoft.QLinearConv", axis, onBytes("com.microsoft.QLinearConv"), quantised),
    kernelPlaces(
      "ConvInteger",
      axis,
      "q = QuantizeLinear(x, s, p) i = ConvInteger(q, w, p, o) h = Cast <to = 1> (i)",
      quantised,
    ),
  ]),
  unevenZeros("QLinearMatMul", "c = QLinearMatMul(q, s, p, w, ws, wp, s, p) h = DequantizeLinear(c, s, p)"),
  unevenZeros("MatMulInteger", "c = MatMulInteger(q, w, p, wp) h = Cast <to = 1> (c)"),
  unevenZeros(
    "com.microsoft.MatMulIntegerToFloat",
    "h = com.microsoft.MatMulIntegerToFloat(q, w, s, ws, p, wp)",
  ),
  unevenZeros("com.microsoft.QGemm", "h = com.microsoft.QGemm(q, s, p, w, ws, wp)"),
  {
    name: "blocks and bytes of a matrix of some bits are channels of other layers",
    text: net({
      inputs: "float[2, 48] x, float[2, 6] y",
      constants:
        "uint8[32, 3, 8] w, float[96] ws, float[6, 3] i, int64[2] flat = {2, 256}, float[32, 5] v, float[256, 5] u",
      nodes: `h = com.microsoft.MatMulNBits <K = 48, N = 32, bits = 4, block_size = 16> (x, w, ws) d = Cast <to = 1> (w) k = MatMul(y, i)
        m = MatMul(k, d) t = Transpose <perm = [1, 0, 2]> (m) f = Reshape(t, flat) a = MatMul(h, v) b = MatMul(f, u) z = Add(a, b)`,
    }),
    groups: ["w: 32, 32"],
    barriers: ["not-rewritable h w 2", "quantised h w 1", "graph-output - z 1"],
  },
  {
    name: "whole groups, asked for, of a graph's input",
    rules: { grouped: "groups" },
    text: net({
      inputs: "float[2, 4, 4, 4] x",
      constants: "float[6, 2, 2, 2] g, float[5, 6, 1, 1] v",
      nodes: "y = Conv <group = 2> (x, g) z = Conv(y, v)",
    }),
    groups: [],
    barriers: ["graph-input - x 1", "graph-output - z 1"],
  },
  {
    name: "whole groups, asked for, by filters that data decides",
    rules: { grouped: "groups" },
    text: net({
      inputs: "float[2, 3, 4, 4] x, float[6, 2, 2, 2] g",
      constants: "float[4, 3, 1, 1] w, float[5, 6, 1, 1] v",
      nodes: "h = Conv(x, w) y = Conv <group = 2> (h, g) z = Conv(y, v)",
    }),
    groups: [],
    barriers: ["graph-input - g 0", "graph-output - z 1"],
  },
  {
    name: "filters of whole groups, asked for, read by a layer of one group as well",
    rules: { grouped: "groups" },
    text: net({
      constants: "float[4, 3, 1, 1] w, float[2, 3, 1, 1] u, float[6, 2, 2, 2] g, float[5, 6, 1, 1] v",
      nodes:
        "h = Conv(x, w) k = Conv(x, u) a = Conv <group = 2> (h, g) b = Conv(k, g) y = Add(a, b) z = Conv(y, v)",
    }),
    groups: ["w g: 6, 2"],
    barriers: ["collapsed a g 1", "graph-output - z 1"],
  },
  {
    name: "filters of whole transposed groups, asked for, read by a layer of one group as well",
    rules: { grouped: "groups" },
    text: net({
      constants:
        "float[4, 3, 1, 1] w, float[4, 3, 1, 1] u, float[4, 3, 2, 2] g, float[5, 6, 1, 1] v, float[5, 3, 1, 1] i",
      nodes: `h = Conv(x, w) k = Conv(x, u) a = ConvTranspose <group = 2> (h, g) b = ConvTranspose(k, g)
        c = Conv(a, v) d = Conv(b, i) z = Add(c, d)`,
    }),
    groups: ["w u: 4, 2"],
    barriers: ["collapsed a g 1", "graph-output - z 1"],
  },
  {
    name: "filters of a transposed convolution, three for each channel, read by a layer of one group as well",
    text: net({
      constants:
        "float[4, 3, 1, 1] w, float[4, 3, 1, 1] u, float[4, 3, 2, 2] g, float[5, 12, 1, 1] v, float[5, 3, 1, 1] i",
      nodes: `h = Conv(x, w) k = Conv(x, u) a = ConvTranspose <group = 4> (h, g) b = ConvTranspose(k, g)
        c = Conv(a, v) d = Conv(b, i) z = Add(c, d)`,
    }),
    groups: ["w u: 4, 4"],
    barriers: ["not-rewritable a g 1", "graph-output - z 1"],
  },
];
