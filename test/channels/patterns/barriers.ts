import { net, type Pattern } from "./pattern.js";

/** Channels that must stay, and the place that says so. */
export const barrierPatterns: readonly Pattern[] = [
  {
    name: "a graph output exposes the channels of one layer only",
    text: net({
      outputs: "float[] y, float[] z",
      constants: "float[4, 3, 1, 1] w, float[4, 4, 1, 1] u, float[5, 4, 1, 1] v",
      nodes: "h = Conv(x, w) k = Conv(h, u) y = Relu(k) r = Tanh(k) z = Conv(r, v)",
    }),
    groups: ["w: 4, 4"],
    barriers: ["graph-output - y 1", "graph-output - z 1"],
  },
  {
    name: "an operator without a rule",
    text: net({
      constants: `float[4, 3, 1, 1] w, float[4, 4, 1, 1] u, int64[2, 4, 4] t = {${new Array(32).fill(0)}}, float[4, 5] v`,
      nodes: `h = Conv(x, w) k = Conv(h, u) e = NegativeLogLikelihoodLoss <reduction = "none"> (k, t) z = MatMul(e, v)`,
    }),
    groups: ["w: 4, 4"],
    barriers: ["no-rule e k 1", "graph-output - z 2"],
  },
  {
    name: "a diagonal says that there is no rule for it, also where no layer makes channels",
    text: net({
      inputs: "float[2, 4, 4] x",
      constants: "float[4, 5] v",
      nodes: `d = Einsum <equation = "bii->bi"> (x) z = MatMul(d, v)`,
    }),
    groups: [],
    barriers: ["graph-output - z 1", "no-rule d x 0"],
  },
  {
    name: "a value captured by the bodies of If",
    text: net({
      constants: "float[4, 3, 1, 1] w, float[4, 4, 1, 1] u, float[5, 4, 1, 1] v, bool cond = {1}",
      nodes: `h = Conv(x, w) k = Conv(h, u)
        y = If (cond) <then_branch = g1 () => (float[2, 4, 4, 4] a) { a = Relu(k) }, else_branch = g2 () => (float[2, 4, 4, 4] b) { b = Tanh(k) }>
        z = Conv(y, v)`,
    }),
    groups: ["w: 4, 4"],
    barriers: ["captured y k 0", "graph-output - z 1"],
  },
  {
    name: "a softmax, a sum, a maximum and a norm over channels",
    text: net({
      constants:
        "float[4, 3, 1, 1] w1, float[4, 3, 1, 1] w2, float[4, 3, 1, 1] w3, float[4, 3, 1, 1] w4, int64[1] one = {1}, float[4, 3, 1, 1] w5",
      nodes: `h1 = Conv(x, w1) h2 = Conv(x, w2) h3 = Conv(x, w3) h4 = Conv(x, w4) h5 = Conv(x, w5)
        y1 = Softmax <axis = 1> (h1) s1 = ReduceSum(y1, one) y2 = ReduceSum(h2, one) y3 = ReduceMax(h3, one) y4 = ReduceL2(h4, one)
        y5 = ArgMax <axis = 1> (h5) c5 = Cast <to = 1> (y5) z = Sum(s1, y2, y3, y4, c5)`,
    }),
    groups: ["w2: 4, 4", "w4: 4, 4"],
    barriers: ["mixes-channels y1 h1 1", "mixes-channels y3 h3 1", "mixes-channels y5 h5 1"],
  },
  {
    name: "channels that become the places of a convolution (ECA)",
    text: net({
      constants: "float[4, 3, 1, 1] w, int64[1] last = {-1}, float[1, 1, 3] k, float[5, 4, 1, 1] v",
      nodes: `h = Conv(x, w) g = GlobalAveragePool(h) s = Squeeze(g, last) t = Transpose <perm = [0, 2, 1]> (s)
        c = Conv <pads = [1, 1]> (t, k) e = Transpose <perm = [0, 2, 1]> (c) u = Unsqueeze(e, last) a = Sigmoid(u) y = Mul(h, a) z = Conv(y, v)`,
    }),
    groups: ["k#c:1: 1, 1"],
    barriers: ["spatial-axis c t 2", "graph-output - z 1"],
  },
  {
    name: "a residual on the graph's own input",
    text: net({
      constants: "float[6, 3, 1, 1] w, float[3, 6, 1, 1] u, float[5, 3, 1, 1] v",
      nodes: "h = Conv(x, w) r = Relu(h) k = Conv(r, u) y = Add(x, k) z = Conv(y, v)",
    }),
    groups: ["w: 6, 6"],
    barriers: ["graph-input - x 1", "graph-output - z 1"],
  },
  {
    name: "indices that data decides",
    text: net({
      constants: "float[6, 3, 1, 1] w, float[6, 6, 1, 1] u, int64[1] k = {3}, float[5, 3, 1, 1] v",
      nodes: "h = Conv(x, w) r = Conv(h, u) y, i = TopK <axis = 1> (r, k) z = Conv(y, v)",
    }),
    groups: ["w: 6, 6"],
    barriers: ["mixes-channels y r 1", "graph-output - z 1"],
  },
  {
    name: "a weight that the bodies of If read as well",
    text: net({
      constants: "float[4, 3, 1, 1] w, float[5, 4, 1, 1] v, bool cond = {1}",
      nodes: `h = Conv(x, w)
        y = If (cond) <then_branch = g1 () => (float[2, 4, 4, 4] a) { a = Conv(x, w) }, else_branch = g2 () => (float[2, 4, 4, 4] b) { b = Conv(x, w) }>
        k = Add(h, y) z = Conv(k, v)`,
    }),
    groups: [],
    barriers: ["captured y w 0", "graph-output - z 1"],
  },
];
