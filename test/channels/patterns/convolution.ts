import { net, type Pattern } from "./pattern.js";

/** Grouped, depthwise and transposed convolutions, and blocks that are made of them. */
export const convolutionPatterns: readonly Pattern[] = [
  {
    name: "the residual block of the README",
    text: net({
      constants:
        "float[4, 3, 3, 3] w0, float[4] b0, float[6, 4, 3, 3] w1, float[4, 6, 3, 3] w2, float[5, 4, 1, 1] w3",
      nodes: `h = Conv <pads = [1, 1, 1, 1]> (x, w0, b0) a = Conv <pads = [1, 1, 1, 1]> (h, w1) r = Relu(a)
        b = Conv <pads = [1, 1, 1, 1]> (r, w2) y = Add(h, b) s = Relu(y) z = Conv(s, w3)`,
    }),
    groups: ["w0 w2: 4, 4", "w1: 6, 6"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w0", channels: [1], gives: ["w0 0: 1", "b0 0: 1", "w1 1: 1", "w2 0: 1", "w3 1: 1"] },
  },
  {
    name: "a grouped convolution: equal counts in every block, in and out",
    text: net({
      constants: "float[8, 3, 1, 1] w, float[6, 4, 3, 3] g, float[6] b, float[5, 6, 1, 1] v",
      nodes: "h = Conv(x, w) y = Conv <group = 2> (h, g, b) z = Conv(y, v)",
    }),
    groups: ["w: 8, 4+4", "g: 6, 3+3"],
    barriers: ["graph-output - z 1"],
  },
  {
    name: "two groups meet three: blocks of both lose equally many",
    text: net({
      constants:
        "float[12, 3, 1, 1] w, float[4, 6, 1, 1] g2, float[6, 4, 1, 1] g3, float[5, 4, 1, 1] v, float[5, 6, 1, 1] u",
      nodes:
        "h = Conv(x, w) a = Conv <group = 2> (h, g2) b = Conv <group = 3> (h, g3) c = Conv(a, v) d = Conv(b, u) z = Add(c, d)",
    }),
    groups: ["w: 12, 4+2+2+4", "g2: 4, 2+2", "g3: 6, 2+2+2"],
    barriers: ["graph-output - z 1"],
  },
  {
    name: "a depthwise convolution follows its input",
    text: net({
      constants: "float[6, 3, 1, 1] w, float[6, 1, 3, 3] d, float[6] b, float[5, 6, 1, 1] v",
      nodes: "h = Conv(x, w) y = Conv <group = 6, pads = [1, 1, 1, 1]> (h, d, b) z = Conv(y, v)",
    }),
    groups: ["w: 6, 6"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", channels: [2], gives: ["w 0: 2", "d 0: 2", "b 0: 2", "v 1: 2"] },
  },
  {
    name: "a depthwise convolution with three outputs for each input",
    text: net({
      constants: "float[4, 3, 1, 1] w, float[12, 1, 3, 3] d, float[12] b, float[5, 12, 1, 1] v",
      nodes: "h = Conv(x, w) y = Conv <group = 4> (h, d, b) z = Conv(y, v)",
    }),
    groups: ["w: 4, 4"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", channels: [1], gives: ["w 0: 1", "d 0: 3 4 5", "b 0: 3 4 5", "v 1: 3 4 5"] },
  },
  {
    name: "an inverted residual with linear bottleneck (MobileNet v2)",
    text: net({
      constants:
        "float[4, 3, 1, 1] w0, float[8, 4, 1, 1] up, float[8, 1, 3, 3] dw, float[4, 8, 1, 1] down, float[5, 4, 1, 1] v",
      nodes: `h = Conv(x, w0) a = Conv(h, up) ar = Clip <min = 0.0, max = 6.0> (a) b = Conv <group = 8, pads = [1, 1, 1, 1]> (ar, dw)
        br = Clip <min = 0.0, max = 6.0> (b) c = Conv(br, down) y = Add(h, c) z = Conv(y, v)`,
      opset: 10,
    }),
    groups: ["w0 down: 4, 4", "up: 8, 8"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "up", channels: [6], gives: ["up 0: 6", "dw 0: 6", "down 1: 6"] },
  },
  {
    name: "an encoder and a decoder with a transposed convolution and a skip (U-Net)",
    text: net({
      constants:
        "float[4, 3, 3, 3] w0, float[6, 4, 3, 3] w1, float[6, 5, 2, 2] t, float[5] b, float[4, 9, 1, 1] w2, float[2, 4, 1, 1] v",
      nodes: `h = Conv <pads = [1, 1, 1, 1]> (x, w0) m = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (h)
        a = Conv <pads = [1, 1, 1, 1]> (m, w1) r = Relu(a) u = ConvTranspose <strides = [2, 2]> (r, t, b)
        c = Concat <axis = 1> (h, u) d = Conv(c, w2) s = Relu(d) z = Conv(s, v)`,
    }),
    groups: ["w0: 4, 4", "w1: 6, 6", "t: 5, 5", "w2: 4, 4"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "t", axis: 1, channels: [3], gives: ["t 1: 3", "b 0: 3", "w2 1: 7"] },
  },
  {
    name: "a grouped transposed convolution: one offset in all groups",
    text: net({
      constants: "float[8, 3, 1, 1] w, float[8, 3, 2, 2] t, float[6] b, float[5, 6, 1, 1] v",
      nodes: "h = Conv(x, w) y = ConvTranspose <group = 2, strides = [2, 2]> (h, t, b) z = Conv(y, v)",
    }),
    groups: ["w: 8, 4+4", "t: 3, 3"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "t", axis: 1, channels: [1], gives: ["t 1: 1", "b 0: 1 4", "v 1: 1 4"] },
  },
  {
    name: "whole groups of a convolution, asked for",
    rules: { grouped: "groups" },
    text: net({
      constants: "float[6, 3, 1, 1] w, float[9, 2, 3, 3] g, float[9] b, float[5, 9, 1, 1] v",
      nodes: "h = Conv(x, w) y = Conv <group = 3> (h, g, b) z = Conv(y, v)",
    }),
    groups: ["w g: 9, 3"],
    barriers: ["graph-output - z 1"],
    cut: {
      layer: "g",
      channels: [4],
      gives: ["w 0: 2 3", "g 0: 3 4 5", "b 0: 3 4 5", "v 1: 3 4 5"],
    },
  },
  {
    name: "whole groups of a transposed convolution, asked for",
    rules: { grouped: "groups" },
    text: net({
      constants: "float[6, 3, 1, 1] w, float[6, 2, 2, 2] t, float[6] b, float[5, 6, 1, 1] v",
      nodes: "h = Conv(x, w) y = ConvTranspose <group = 3, strides = [2, 2]> (h, t, b) z = Conv(y, v)",
    }),
    groups: ["w: 6, 3"],
    barriers: ["graph-output - z 1"],
    cut: {
      layer: "w",
      channels: [1],
      gives: ["w 0: 0 1", "t 0: 0 1", "b 0: 0 1", "v 1: 0 1"],
    },
  },
  {
    name: "outputs of a depthwise convolution, asked for: one of every input's three",
    rules: { grouped: "channels" },
    text: net({
      constants: "float[4, 3, 1, 1] w, float[12, 1, 3, 3] d, float[12] b, float[5, 12, 1, 1] v",
      nodes: "h = Conv(x, w) y = Conv <group = 4> (h, d, b) z = Conv(y, v)",
    }),
    groups: ["w: 4, 1+1+1+1", "d: 12, 3+3+3+3"],
    barriers: ["graph-output - z 1"],
    cut: {
      layer: "d",
      channels: [1, 3, 8, 10],
      gives: ["d 0: 1 3 8 10", "b 0: 1 3 8 10", "v 1: 1 3 8 10"],
    },
  },
  {
    name: "squeeze and excite by convolutions",
    text: net({
      constants:
        "float[8, 3, 3, 3] w, float[2, 8, 1, 1] q, float[2] qb, float[8, 2, 1, 1] e, float[8] eb, float[5, 8, 1, 1] v",
      nodes: `h = Conv(x, w) g = GlobalAveragePool(h) a = Conv(g, q, qb) r = Relu(a) b = Conv(r, e, eb) s = Sigmoid(b)
        y = Mul(h, s) z = Conv(y, v)`,
    }),
    groups: ["w e: 8, 8", "q: 2, 2"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", channels: [3], gives: ["w 0: 3", "q 1: 3", "e 0: 3", "eb 0: 3", "v 1: 3"] },
  },
  {
    name: "squeeze and excite by matrices",
    text: net({
      constants:
        "float[8, 3, 3, 3] w, float[2, 8] q, float[2] qb, float[8, 2] e, float[8] eb, int64[2] sp = {2, 3}, int64[4] u = {2, 8, 1, 1}, float[5, 8, 1, 1] v",
      nodes: `h = Conv(x, w) m = ReduceMean <keepdims = 0> (h, sp) a = Gemm <transB = 1> (m, q, qb) r = Relu(a)
        b = Gemm <transB = 1> (r, e, eb) s = HardSigmoid(b) t = Reshape(s, u) y = Mul(h, t) z = Conv(y, v)`,
    }),
    groups: ["w e: 8, 8", "q: 2, 2"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "q", channels: [0], gives: ["q 0: 0", "qb 0: 0", "e 1: 0"] },
  },
];
