import { net, type Pattern } from "./pattern.js";

/** Constants that ride along channels, are shared, or reach their reader by a way of their own. */
export const parameterPatterns: readonly Pattern[] = [
  {
    name: "slopes, scales and biases of every form that broadcasts",
    text: net({
      constants: `float[4, 3, 1, 1] w, float[4, 1, 1] slope, float[1, 4, 1, 1] scale, float[1] one, float[4, 4] places,
        float[4] last, float[4, 5] v`,
      nodes: `h = Conv(x, w) a = PRelu(h, slope) b = Mul(a, scale) c = Add(b, one) d = Mul(c, places)
        t = Transpose <perm = [0, 2, 3, 1]> (d) e = Add(t, last) z = MatMul(e, v)`,
    }),
    groups: ["w: 4, 4"],
    barriers: ["graph-output - z 3"],
    cut: { layer: "w", channels: [2], gives: ["w 0: 2", "slope 0: 2", "scale 1: 2", "last 0: 2", "v 0: 2"] },
  },
  {
    name: "maximum with a constant and a choice by a constant mask",
    text: net({
      constants:
        "float[4, 3, 1, 1] w, float[4, 1, 1] floor, bool[1, 4, 1, 1] mask, float zero = {0}, float[5, 4, 1, 1] v",
      nodes: "h = Conv(x, w) a = Max(h, floor) b = Where(mask, a, zero) z = Conv(b, v)",
    }),
    groups: ["w: 4, 4"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", channels: [0], gives: ["w 0: 0", "floor 0: 0", "mask 1: 0", "v 1: 0"] },
  },
  {
    name: "instance normalization: statistics of every channel alone",
    text: net({
      constants: "float[4, 3, 1, 1] w, float[4] s, float[4] t, float[5, 4, 1, 1] v",
      nodes: "h = Conv(x, w) y = InstanceNormalization(h, s, t) z = Conv(y, v)",
    }),
    groups: ["w: 4, 4"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", channels: [0], gives: ["w 0: 0", "s 0: 0", "t 0: 0", "v 1: 0"] },
  },
  {
    name: "layer normalization in a block with a wide inside (ConvNeXt)",
    text: net({
      constants: `float[4, 3, 1, 1] w, float[4, 1, 3, 3] d, float[4] s, float[4] t, float[4, 16] up, float[16] ub, float[16, 4] down,
        float[4] db, float[4] gamma, float[5, 4, 1, 1] v`,
      nodes: `h = Conv(x, w) c = Conv <group = 4, pads = [1, 1, 1, 1]> (h, d) p = Transpose <perm = [0, 2, 3, 1]> (c)
        n = LayerNormalization(p, s, t) a = MatMul(n, up) a1 = Add(a, ub) g = Gelu(a1) b = MatMul(g, down) b1 = Add(b, db)
        k = Mul(b1, gamma) q = Transpose <perm = [0, 3, 1, 2]> (k) y = Add(h, q) z = Conv(y, v)`,
    }),
    groups: ["up: 16, 16"],
    barriers: ["mixes-channels n p 3", "graph-output - z 1"],
    cut: { layer: "up", axis: 1, channels: [5], gives: ["up 1: 5", "ub 0: 5", "down 0: 5"] },
  },
  {
    name: "group normalization: whole groups go",
    text: net({
      constants: "float[8, 3, 1, 1] w, float[8] s, float[8] t, float[5, 8, 1, 1] v",
      nodes: "h = Conv(x, w) y = GroupNormalization <num_groups = 4> (h, s, t) z = Conv(y, v)",
    }),
    groups: ["w: 8, 4"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", channels: [2], gives: ["w 0: 2 3", "s 0: 2 3", "t 0: 2 3", "v 1: 2 3"] },
  },
  {
    name: "group normalization of opset 18: scales for groups",
    text: net({
      constants: "float[8, 3, 1, 1] w, float[4] s, float[4] t, float[5, 8, 1, 1] v",
      nodes: "h = Conv(x, w) y = GroupNormalization <num_groups = 4> (h, s, t) z = Conv(y, v)",
      opset: 18,
    }),
    groups: ["w: 8, 4"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", channels: [2], gives: ["w 0: 2 3", "s 0: 1", "t 0: 1", "v 1: 2 3"] },
  },
  {
    name: "group normalization as exporters write it",
    text: net({
      constants: `float[8, 3, 1, 1] w, int64[3] s = {0, 4, -1}, float[4] one, float[4] zero, float[8, 1, 1] gamma, float[8, 1, 1] beta,
        float[5, 8, 1, 1] v`,
      nodes: `h = Conv(x, w) r = Reshape(h, s) n = InstanceNormalization(r, one, zero) d = Shape(h) b = Reshape(n, d)
        m = Mul(b, gamma) y = Add(m, beta) z = Conv(y, v)`,
    }),
    groups: ["w: 8, 4"],
    barriers: ["graph-output - z 1"],
    cut: {
      layer: "w",
      channels: [2],
      gives: ["w 0: 2 3", "one 0: 1", "zero 0: 1", "gamma 0: 2 3", "beta 0: 2 3", "v 1: 2 3"],
    },
  },
  {
    name: "one weight at two inputs: the same channels everywhere",
    text: net({
      inputs: "float[2, 3, 4, 4] x, float[2, 3, 4, 4] x2",
      constants: "float[6, 3, 3, 3] w, float[6] b, float[5, 6, 1, 1] v, float[5, 6, 1, 1] u",
      nodes: "h = Conv(x, w, b) k = Conv(x2, w, b) r = Relu(h) c = Conv(r, v) d = Conv(k, u) z = Add(c, d)",
    }),
    groups: ["w: 6, 6"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", channels: [1], gives: ["w 0: 1", "b 0: 1", "v 1: 1", "u 1: 1"] },
  },
  {
    name: "one weight applied again and again to its own result",
    text: net({
      constants: "float[4, 3, 1, 1] w, float[4, 4, 1, 1] u, float[5, 4, 1, 1] v",
      nodes: "h = Conv(x, w) a = Conv(h, u) ar = Tanh(a) b = Conv(ar, u) br = Tanh(b) z = Conv(br, v)",
    }),
    groups: ["w u: 4, 4"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", channels: [3], gives: ["w 0: 3", "u 1: 3", "u 0: 3", "v 1: 3"] },
  },
  {
    name: "batch norms of two layers share vectors through Identity",
    text: net({
      constants: `float[4, 3, 1, 1] w, float[4, 4, 1, 1] u, float[4] ones = {1, 2, 3, 4}, float[4] zeros, float[5, 4, 1, 1] v`,
      nodes: `s2 = Identity(ones) t2 = Identity(zeros) h = Conv(x, w) a = BatchNormalization(h, ones, zeros, zeros, ones) r = Relu(a)
        k = Conv(r, u) b = BatchNormalization(k, s2, t2, t2, s2) q = Relu(b) z = Conv(q, v)`,
    }),
    groups: ["w: 4, 4", "u: 4, 4"],
    barriers: ["graph-output - z 1"],
    cut: {
      layer: "w",
      channels: [1],
      gives: [
        "w 0: 1",
        "ones for a 0: 1",
        "ones for a 0: 1",
        "zeros for a 0: 1",
        "zeros for a 0: 1",
        "u 1: 1",
      ],
    },
  },
  {
    name: "one vector is the bias of two layers that are cut differently",
    text: net({
      constants:
        "float[4, 3, 1, 1] w, float[4, 3, 1, 1] u, float[4] b, float[5, 4, 1, 1] v, float[5, 4, 1, 1] q",
      nodes:
        "h = Conv(x, w, b) k = Conv(x, u, b) r = Relu(h) s = Tanh(k) c = Conv(r, v) d = Conv(s, q) z = Add(c, d)",
    }),
    groups: ["w: 4, 4", "u: 4, 4"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", channels: [1], gives: ["w 0: 1", "b for h 0: 1", "v 1: 1"] },
  },
  {
    name: "weights that are transposed, reshaped and cast before use",
    text: net({
      constants: `float[3, 4, 1, 1] w, double[5, 16] u, int64[4] s = {5, 4, 2, 2}, float[4, 5] v`,
      nodes: `wt = Transpose <perm = [1, 0, 2, 3]> (w) uc = Cast <to = 1> (u) ur = Reshape(uc, s) vt = Transpose(v)
        h = Conv(x, wt) k = Conv(h, ur) g = GlobalAveragePool(k) f = Flatten(g) z = MatMul(f, vt)`,
    }),
    groups: ["w: 4, 4", "u: 5, 5"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", axis: 1, channels: [2], gives: ["w 1: 2", "u 1: 8 9 10 11"] },
  },
  {
    name: "weights in Constant nodes",
    text: net({
      constants: "float[5, 4, 1, 1] v",
      nodes: `w = Constant <value = float[4, 3, 1, 1] {1, 2, 3, -1, 2, 1, 0, 1, 2, 3, 1, -2}> () b = Constant <value = float[4] {1, 2, 3, 4}> ()
        h = Conv(x, w, b) r = Relu(h) z = Conv(r, v)`,
    }),
    groups: ["w: 4, 4"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", channels: [2], gives: ["w 0: 2", "b 0: 2", "v 1: 2"] },
  },
  {
    name: "a weight norm: outputs may go, inputs enter the norm",
    text: net({
      constants:
        "float[4, 3, 1, 1] w, float[6, 4, 1, 1] direction, float[6, 1, 1, 1] length, int64[3] ax = {1, 2, 3}, float[5, 6, 1, 1] v",
      nodes: `h = Conv(x, w) n = ReduceL2(direction, ax) q = Div(direction, n) u = Mul(q, length) k = Conv(h, u) r = Relu(k) z = Conv(r, v)`,
    }),
    groups: ["direction: 6, 6"],
    barriers: ["no-channels - direction 1", "graph-output - z 1"],
    cut: { layer: "direction", channels: [2], gives: ["direction 0: 2", "length 0: 2", "v 1: 2"] },
  },
  {
    name: "the same vector twice as operand of one node",
    text: net({
      constants: "float[4, 3, 1, 1] w, float[4] s = {1, 2, 3, 4}, float[5, 4, 1, 1] v",
      nodes: "h = Conv(x, w) y = BatchNormalization(h, s, s, s, s) z = Conv(y, v)",
    }),
    groups: ["w: 4, 4"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", channels: [0], gives: ["w 0: 0", "s 0: 0", "v 1: 0"] },
  },
  {
    name: "a grouped convolution's weight behind Identity",
    text: net({
      constants: "float[8, 3, 1, 1] w, float[2, 4, 1, 1] g, float[5, 2, 1, 1] v",
      nodes: "h = Conv(x, w) i = Identity(g) k = Conv <group = 2> (h, i) z = Conv(k, v)",
    }),
    groups: ["g: 2, 1+1"],
    barriers: ["shared-constant k i 1", "graph-output - z 1"],
  },
  {
    name: "a grouped convolution's weight is another layer's matrix as well",
    text: net({
      constants:
        "float[8, 3, 1, 1] w, float[4, 2] m, int64[4] s = {4, 2, 1, 1}, float[5, 4, 1, 1] v, float[4, 4] u, float[2, 5] q",
      nodes: `h = Conv(x, w) r = Reshape(m, s) k = Conv <group = 4> (h, r) y = Conv(k, v)
        t = MatMul(x, u) a = MatMul(t, m) z = MatMul(a, q)`,
      outputs: "float[] y, float[] z",
    }),
    groups: ["m u: 4, 1+1+1+1"],
    barriers: ["not-rewritable k h 1", "graph-output - y 1", "graph-output - z 3"],
  },
  {
    name: "one weight, dense here and grouped there",
    text: net({
      constants: "float[4, 3, 1, 1] w, float[8, 3, 1, 1] w2, float[4, 4, 1, 1] u, float[5, 4, 1, 1] v",
      nodes:
        "h = Conv(x, w) k = Conv(x, w2) a = Conv(h, u) b = Conv <group = 2> (k, u) y = Add(a, b) z = Conv(y, v)",
    }),
    groups: ["u: 4, 2+2"],
    barriers: ["shared-constant b u 1", "graph-output - z 1"],
  },
  {
    name: "one channel of a layer gates all of another's",
    text: net({
      outputs: "float[] y, float[] z",
      constants:
        "float[4, 3, 1, 1] w, float[4, 3, 1, 1] u, int64[1] i = {0}, float[5, 4, 1, 1] v, float[5, 4, 1, 1] q",
      nodes:
        "h = Conv(x, w) k = Conv(x, u) g = Gather <axis = 1> (k, i) m = Mul(h, g) y = Conv(m, v) z = Conv(k, q)",
    }),
    groups: ["w: 4, 4", "u: 4, 4"],
    barriers: ["graph-output - y 1", "graph-output - z 1"],
  },
];
