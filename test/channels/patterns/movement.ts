import { net, type Pattern } from "./pattern.js";

/** Channels on their way through reshapes, transpositions, splits, slices, pads, concatenations and shuffles. */
export const movementPatterns: readonly Pattern[] = [
  {
    name: "flatten of channels first: a channel is a block of columns",
    text: net({
      constants: "float[4, 3, 1, 1] w, float[64, 5] v",
      nodes: "h = Conv(x, w) f = Flatten(h) z = Gemm(f, v)",
    }),
    groups: ["w: 4, 4"],
    barriers: ["graph-output - z 1"],
    cut: {
      layer: "w",
      channels: [1],
      gives: ["w 0: 1", "v 0: 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31"],
    },
  },
  {
    name: "flatten of channels last: a channel is every fourth column",
    text: net({
      constants: "float[4, 3, 1, 1] w, int64[2] s = {0, -1}, float[5, 64] v",
      nodes:
        "h = Conv(x, w) t = Transpose <perm = [0, 2, 3, 1]> (h) f = Reshape(t, s) z = Gemm <transB = 1> (f, v)",
    }),
    groups: ["w: 4, 4"],
    barriers: ["graph-output - z 1"],
    cut: {
      layer: "w",
      channels: [1],
      gives: ["w 0: 1", "v 1: 1 5 9 13 17 21 25 29 33 37 41 45 49 53 57 61"],
    },
  },
  {
    name: "channel shuffle between grouped convolutions (ShuffleNet)",
    text: net({
      constants:
        "float[8, 3, 1, 1] w, float[8, 4, 1, 1] g1, int64[5] s = {2, 2, 4, 4, 4}, int64[4] t = {2, 8, 4, 4}, float[8, 1, 3, 3] d, float[6, 4, 1, 1] g2, float[4, 6, 1, 1] v",
      nodes: `h = Conv(x, w) a = Conv <group = 2> (h, g1)
        r = Reshape(a, s) p = Transpose <perm = [0, 2, 1, 3, 4]> (r) q = Reshape(p, t)
        e = Conv <group = 8, pads = [1, 1, 1, 1]> (q, d) c = Conv <group = 2> (e, g2) z = Conv(c, v)`,
    }),
    groups: ["w: 8, 4+4", "g1: 8, 2+2+2+2", "g2: 6, 3+3"],
    barriers: ["graph-output - z 1"],
  },
  {
    name: "split, concat and shuffle, stage after stage (ShuffleNet v2)",
    text: net({
      constants:
        "float[8, 3, 1, 1] w, int64[2] halves = {4, 4}, float[4, 4, 1, 1] u1, float[4, 4, 1, 1] u2, int64[5] s = {2, 2, 4, 4, 4}, int64[4] t = {2, 8, 4, 4}, float[3, 8, 1, 1] v",
      nodes: `h = Conv(x, w) a1, b1 = Split <axis = 1> (h, halves) c1 = Conv(b1, u1) d1 = Concat <axis = 1> (a1, c1)
        r1 = Reshape(d1, s) p1 = Transpose <perm = [0, 2, 1, 3, 4]> (r1) q1 = Reshape(p1, t)
        a2, b2 = Split <axis = 1> (q1, halves) c2 = Conv(b2, u2) d2 = Concat <axis = 1> (a2, c2)
        r2 = Reshape(d2, s) p2 = Transpose <perm = [0, 2, 1, 3, 4]> (r2) q2 = Reshape(p2, t) z = Conv(q2, v)`,
    }),
    groups: ["w: 8, 8", "u1: 4, 4", "u2: 4, 4"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", channels: [0], gives: ["w 0: 0", "v 1: 0"] },
  },
  {
    name: "split into unequal parts that different layers read",
    text: net({
      constants: "float[8, 3, 1, 1] w, int64[2] s = {3, 5}, float[2, 3, 1, 1] u, float[2, 5, 1, 1] v",
      nodes: "h = Conv(x, w) a, b = Split <axis = 1> (h, s) c = Conv(a, u) d = Conv(b, v) z = Add(c, d)",
    }),
    groups: ["w: 8, 8"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", channels: [1, 4], gives: ["w 0: 1 4", "u 1: 1", "v 1: 1"] },
  },
  {
    name: "option A: a shortcut of every other place, padded with zero channels",
    text: net({
      constants: `float[4, 3, 1, 1] w, int64[2] o = {0, 0}, int64[2] e = {9223372036854775807, 9223372036854775807},
        int64[2] ax = {2, 3}, int64[2] st = {2, 2}, int64[8] p = {0, 2, 0, 0, 0, 2, 0, 0},
        float[8, 4, 3, 3] u1, float[8, 8, 3, 3] u2, float[5, 8, 1, 1] v`,
      nodes: `h = Conv(x, w) k = Slice(h, o, e, ax, st) q = Pad(k, p)
        a = Conv <pads = [1, 1, 1, 1], strides = [2, 2]> (h, u1) r = Relu(a) b = Conv <pads = [1, 1, 1, 1]> (r, u2)
        y = Add(b, q) s = Relu(y) z = Conv(s, v)`,
    }),
    groups: ["w u2: 8, 8", "u1: 8, 8"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", channels: [1], gives: ["w 0: 1", "u1 1: 1", "u2 0: 3", "v 1: 3"] },
  },
  {
    name: "concatenations that grow (DenseNet)",
    text: net({
      constants: `float[4, 3, 1, 1] w, float[4] s1, float[4] t1, float[4] m1, float[4] n1 = {1, 2, 3, 4}, float[2, 4, 3, 3] u1,
        float[6] s2, float[6] t2, float[6] m2, float[6] n2 = {1, 2, 3, 4, 5, 6}, float[2, 6, 3, 3] u2, float[3, 8, 1, 1] v`,
      nodes: `h = Conv(x, w) b1 = BatchNormalization(h, s1, t1, m1, n1) r1 = Relu(b1) c1 = Conv <pads = [1, 1, 1, 1]> (r1, u1)
        d1 = Concat <axis = 1> (h, c1) b2 = BatchNormalization(d1, s2, t2, m2, n2) r2 = Relu(b2) c2 = Conv <pads = [1, 1, 1, 1]> (r2, u2)
        d2 = Concat <axis = 1> (h, c1, c2) z = Conv(d2, v)`,
    }),
    groups: ["w: 4, 4", "u1: 2, 2", "u2: 2, 2"],
    barriers: ["graph-output - z 1"],
    cut: {
      layer: "u1",
      channels: [1],
      gives: ["u1 0: 1", "s2 0: 5", "t2 0: 5", "m2 0: 5", "n2 0: 5", "u2 1: 5", "v 1: 5"],
    },
  },
  {
    name: "an activation and its negative side by side (CReLU)",
    text: net({
      constants: "float[4, 3, 1, 1] w, float[5, 8, 1, 1] v",
      nodes: "h = Conv(x, w) n = Neg(h) c = Concat <axis = 1> (h, n) r = Relu(c) z = Conv(r, v)",
    }),
    groups: ["w: 4, 4"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", channels: [3], gives: ["w 0: 3", "v 1: 3 7"] },
  },
  {
    name: "one half gates the other (GLU)",
    text: net({
      constants: "float[8, 3, 1, 1] w, float[8] b, float[5, 4, 1, 1] v",
      nodes:
        "h = Conv(x, w, b) a, g = Split <axis = 1, num_outputs = 2> (h) s = Sigmoid(g) y = Mul(a, s) z = Conv(y, v)",
    }),
    groups: ["w: 8, 4"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", channels: [2], gives: ["w 0: 2 6", "b 0: 2 6", "v 1: 2"] },
  },
  {
    name: "pixel shuffle, channels outermost (CRD)",
    text: net({
      constants: "float[8, 3, 1, 1] w, float[8] b, float[5, 2, 1, 1] v",
      nodes: 'h = Conv(x, w, b) y = DepthToSpace <blocksize = 2, mode = "CRD"> (h) z = Conv(y, v)',
    }),
    groups: ["w: 8, 2"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", channels: [5], gives: ["w 0: 4 5 6 7", "b 0: 4 5 6 7", "v 1: 1"] },
  },
  {
    name: "pixel shuffle, places outermost (DCR)",
    text: net({
      constants: "float[8, 3, 1, 1] w, float[8] b, float[5, 2, 1, 1] v",
      nodes: "h = Conv(x, w, b) y = DepthToSpace <blocksize = 2> (h) z = Conv(y, v)",
    }),
    groups: ["w: 8, 2"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", channels: [5], gives: ["w 0: 1 3 5 7", "b 0: 1 3 5 7", "v 1: 1"] },
  },
  {
    name: "pixel shuffle as exporters write it: reshape, transpose, reshape",
    text: net({
      constants:
        "float[8, 3, 1, 1] w, int64[6] s = {2, 2, 2, 2, 4, 4}, int64[4] t = {2, 2, 8, 8}, float[5, 2, 1, 1] v",
      nodes:
        "h = Conv(x, w) r = Reshape(h, s) p = Transpose <perm = [0, 1, 4, 2, 5, 3]> (r) y = Reshape(p, t) z = Conv(y, v)",
    }),
    groups: ["w: 8, 2"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", channels: [5], gives: ["w 0: 4 5 6 7", "v 1: 1"] },
  },
  {
    name: "places folded into channels and out again",
    text: net({
      constants: "float[4, 3, 1, 1] w, float[8, 16, 1, 1] u, float[5, 2, 1, 1] v",
      nodes:
        "h = Conv(x, w) y = SpaceToDepth <blocksize = 2> (h) k = Conv(y, u) q = DepthToSpace <blocksize = 2> (k) z = Conv(q, v)",
    }),
    groups: ["w: 4, 4", "u: 8, 2"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", channels: [2], gives: ["w 0: 2", "u 1: 2 6 10 14"] },
  },
  {
    name: "every other channel, and some channels by index",
    text: net({
      constants: `float[6, 3, 1, 1] w, int64[1] o = {1}, int64[1] e = {6}, int64[1] ax = {1}, int64[1] st = {2},
        int64[4] i = {5, 0, 0, -2}, float[5, 3, 1, 1] u, float[5, 4, 1, 1] v`,
      nodes: `h = Conv(x, w) a = Slice(h, o, e, ax, st) b = Gather <axis = 1> (h, i) c = Conv(a, u) d = Conv(b, v) z = Add(c, d)`,
    }),
    groups: ["w: 6, 6"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", channels: [0, 3], gives: ["w 0: 0 3", "u 1: 1", "v 1: 1 2"] },
  },
  {
    name: "shape arithmetic that leads to a reshape, with an open batch",
    text: net({
      inputs: "float[N, 3, 4, 4] x",
      constants:
        "float[8, 3, 1, 1] w, int64 zero = {0}, int64 one = {1}, int64[1] front = {0}, int64[1] rest = {16}, float[16, 16] v, float[8, 5] u",
      nodes: `h = Conv(x, w) d = Shape(h) n = Gather(d, zero) c = Gather(d, one) n1 = Unsqueeze(n, front) c1 = Unsqueeze(c, front)
        s = Concat <axis = 0> (n1, c1, rest) f = Reshape(h, s) m = MatMul(f, v) t = Transpose <perm = [0, 2, 1]> (m) z = MatMul(t, u)`,
    }),
    groups: ["w: 8, 8"],
    barriers: ["graph-output - z 1", "graph-output - z 2"],
  },
  {
    name: "shape arithmetic with a constant channel count, batch open",
    text: net({
      inputs: "float[N, 3, 4, 4] x",
      constants:
        "float[8, 3, 1, 1] w, int64 zero = {0}, int64[1] front = {0}, int64[1] width = {128}, float[128, 5] v",
      nodes: `h = Conv(x, w) d = Shape(x) n = Gather(d, zero) n1 = Unsqueeze(n, front) s = Concat <axis = 0> (n1, width)
        f = Reshape(h, s) z = MatMul(f, v)`,
    }),
    groups: ["w: 8, 8"],
    barriers: ["graph-output - z 1"],
    cut: {
      layer: "w",
      channels: [7],
      gives: ["w 0: 7", "v 0: 112 113 114 115 116 117 118 119 120 121 122 123 124 125 126 127"],
    },
  },
  {
    name: "an outer product of two layers' channels",
    text: net({
      inputs: "float[2, 6] x",
      constants:
        "float[6, 4] w, float[6, 3] u, int64[1] one = {1}, int64[1] two = {2}, float[3, 5] v, int64[2] flat = {2, 20}, float[20, 5] q",
      nodes: `a = MatMul(x, w) b = MatMul(x, u) a1 = Unsqueeze(a, two) b1 = Unsqueeze(b, one) o = Mul(a1, b1) k = MatMul(o, v)
        f = Reshape(k, flat) z = MatMul(f, q)`,
    }),
    groups: ["w: 4, 4", "u: 3, 3"],
    barriers: ["unaligned z f 1", "graph-output - z 1"],
    cut: {
      layer: "w",
      axis: 1,
      channels: [2],
      gives: ["w 1: 2", "q 0: 10 11 12 13 14"],
    },
  },
  {
    name: "an outer product on one axis: bilinear pooling",
    text: net({
      inputs: "float[2, 6] x",
      constants:
        "float[6, 4] w, float[6, 3] u, int64[1] one = {1}, int64[1] two = {2}, int64[2] flat = {2, 12}, float[12, 5] q",
      nodes: `a = MatMul(x, w) b = MatMul(x, u) a1 = Unsqueeze(a, two) b1 = Unsqueeze(b, one) o = Mul(a1, b1)
        f = Reshape(o, flat) z = MatMul(f, q)`,
    }),
    groups: ["w: 4, 4"],
    barriers: ["unaligned z f 1", "graph-output - z 1"],
    cut: { layer: "w", axis: 1, channels: [2], gives: ["w 1: 2", "q 0: 6 7 8"] },
  },
  {
    name: "sizes in Constant nodes of every form, one of them for two reshapes",
    text: net({
      constants: "float[8, 3, 1, 1] w, float[8, 3, 1, 1] u, float[128, 5] v, float[128, 5] q",
      nodes: `s = Constant <value_ints = [2, 128]> () t = Constant <value = int64[2] {2, 128}> ()
        h = Conv(x, w) k = Conv(x, u) a = Reshape(h, s) b = Reshape(k, s) c = Reshape(h, t)
        d = MatMul(a, v) e = MatMul(b, q) g = MatMul(c, v) y = Add(d, e) z = Add(y, g)`,
    }),
    groups: ["w: 8, 8", "u: 8, 8"],
    barriers: ["graph-output - z 1"],
    cut: {
      layer: "w",
      channels: [3],
      gives: ["w 0: 3", "v 0: 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63"],
    },
  },
  {
    name: "a slice over channels and rows at once, with another step on each",
    text: net({
      constants:
        "float[8, 3, 1, 1] w, int64[2] from = {1, 0}, int64[2] to = {8, 3}, int64[2] axes = {1, 2}, int64[2] steps = {3, 1}, float[5, 3, 1, 1] v",
      nodes: "h = Conv(x, w) y = Slice(h, from, to, axes, steps) z = Conv(y, v)",
    }),
    groups: ["w: 8, 8"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", channels: [2, 3, 4], gives: ["w 0: 2 3 4", "v 1: 1"] },
  },
  {
    name: "channels and rows that meet on one axis, told apart by no constant: the ones that have a meaning are read",
    text: net({
      constants: "int64[4] s = {0, 12, 4, 1}, float[4, 3, 1, 1] w, float[2, 4, 1, 1] v, float[5, 12, 1, 1] u",
      nodes: `n = Shape(x) o = ConstantOfShape <value = float[1] {0.5}> (n) a = Add(x, o) r = Reshape(a, s)
        h = Conv(a, w) z = Conv(h, v) y = Conv(r, u)`,
      outputs: "float[] z, float[] y",
    }),
    groups: ["w: 4, 4"],
    barriers: ["graph-output - z 1", "graph-output - y 1"],
    cut: { layer: "w", channels: [2], gives: ["w 0: 2", "v 1: 2"] },
  },
  {
    name: "an outer product whose factors get their channels one after the other: read as the analysis read it",
    text: net({
      constants: `float[1, 3, 1, 1] w, float[3, 1, 1, 1] e, int64[3] r = {0, 3, 16}, float[3, 2] p, float[1, 16, 3] q,
        int64[1] three = {3}, int64[1] two = {2}, int64[3] s = {0, 16, 6}, float[2, 4] u, float[6, 4] v`,
      nodes: `g = GlobalAveragePool(x) h = Conv(g, w) k = Conv(h, e) o = Sigmoid(k) a = Mul(x, o)
        b = Reshape(a, r) c = Transpose <perm = [0, 2, 1]> (b) d = MatMul(c, p) i = Conv <pads = [1, 1]> (d, q)
        j = Unsqueeze(d, three) l = Unsqueeze(c, two) m = Mul(j, l) n = Reshape(m, s) y = MatMul(i, u) z = MatMul(n, v)`,
      outputs: "float[] y, float[] z",
    }),
    groups: ["w#h:1: 1, 1"],
    barriers: [
      "graph-input - x 1",
      "spatial-axis i d 2",
      "graph-output - y 1",
      "graph-output - y 2",
      "graph-output - z 2",
    ],
  },
];
