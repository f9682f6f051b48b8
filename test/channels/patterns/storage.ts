import { net, type Pattern } from "./pattern.js";

const fused = (text: string) => text.replace('["" : 21]', '["" : 21, "com.microsoft" : 1]');

/** How a model holds its weights, and what other programs made of its layers. */
export const storagePatterns: readonly Pattern[] = [
  {
    name: "a weight that is a graph input with a default, as early exporters list them all",
    text: net({
      inputs: "float[2, 3, 4, 4] x, float[4, 3, 1, 1] w",
      constants: "float[4, 3, 1, 1] w = {1, 2, -1, 3, 1, 1, 0, 2, -2, 1, 1, 3}, float[5, 4, 1, 1] v",
      nodes: "h = Conv(x, w) z = Conv(h, v)",
    }),
    groups: ["w: 4, 4"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", channels: [2], gives: ["w 0: 2", "v 1: 2"] },
  },
  {
    name: "half precision",
    text: net({
      inputs: "float16[2, 3, 4, 4] x",
      outputs: "float16[] z",
      constants: "float16[4, 3, 3, 3] w, float16[4] b, float16[5, 4, 1, 1] v",
      nodes: "h = Conv(x, w, b) r = Sigmoid(h) z = Conv(r, v)",
    }),
    groups: ["w: 4, 4"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", channels: [1], gives: ["w 0: 1", "b 0: 1", "v 1: 1"] },
  },
  {
    name: "weights stored as bfloat16 and float8, cast before use",
    text: net({
      constants: "bfloat16[4, 3, 1, 1] w, float8e4m3fn[5, 4, 1, 1] v",
      nodes: "wf = Cast <to = 1> (w) vf = Cast <to = 1> (v) h = Conv(x, wf) r = Sigmoid(h) z = Conv(r, vf)",
    }),
    groups: ["w: 4, 4"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", channels: [3], gives: ["w 0: 3", "v 1: 3"] },
  },
  {
    name: "four bits a weight, an odd number of them in a row",
    text: net({
      constants:
        "int4[4, 3, 3, 3] w, float s = {0.1}, uint4 p = {3}, uint4[5, 4, 1, 1] v, float[4] t, int4[4] q = {17, 17}",
      nodes: `a = DequantizeLinear <axis = 0> (w, t, q) h = Conv(x, a) r = Sigmoid(h)
        c = DequantizeLinear(v, s, p) z = Conv(r, c)`,
    }),
    groups: ["w: 4, 4"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", channels: [2], gives: ["w 0: 2", "t 0: 2", "q 0: 2", "v 1: 2"] },
  },
  {
    name: "scales of whole blocks: what a block sums over goes together",
    text: net({
      inputs: "float[4, 3] x",
      constants: "float[3, 6] w, int8[6, 5] v, float[2, 5] s",
      nodes:
        "h = MatMul(x, w) r = Sigmoid(h) c = DequantizeLinear <axis = 0, block_size = 3> (v, s) z = MatMul(r, c)",
    }),
    groups: ["w: 6, 2"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", axis: 1, channels: [4], gives: ["w 1: 3 4 5", "v 0: 3 4 5", "s 0: 1"] },
  },
  {
    name: "an embedding that is the last layer's weight as well",
    text: net({
      inputs: "int64[2, 3] x",
      constants: "float[7, 4] e, float[4, 6] u, float[6, 4] d",
      nodes:
        "h = Gather(e, x) k = MatMul(h, u) r = Relu(k) m = MatMul(r, d) y = Add(h, m) t = Transpose(e) z = MatMul(y, t)",
    }),
    groups: ["e d: 4, 4", "u: 6, 6"],
    barriers: ["dynamic-index h e 0"],
    cut: { layer: "u", axis: 1, channels: [0], gives: ["u 1: 0", "d 0: 0"] },
  },
  {
    name: "a convolution of whole numbers by a range that is found at run time",
    text: net({
      constants:
        "float[4, 3, 1, 1] w, uint8[5, 4, 1, 1] v, uint8 q = {3}, float[5] t, int64[4] s = {1, -1, 1, 1}",
      nodes: `h = Conv(x, w) r = Relu(h) g, gs, gp = DynamicQuantizeLinear(r) c = ConvInteger(g, v, gp, q) f = Cast <to = 1> (c)
        ts = Reshape(t, s) m = Mul(gs, ts) z = Mul(f, m)`,
    }),
    groups: ["w: 4, 4"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", channels: [1], gives: ["w 0: 1", "v 1: 1", "r at g 1: 1"] },
  },
  {
    name: "a quantised residual block",
    text: net({
      constants: `int8[4, 3, 1, 1] w, int8[4, 4, 1, 1] u, int8[5, 4, 1, 1] v, float s = {0.1}, uint8 p = {5}, float[4] ts, int8[4] o = {2, 2, 2, 2}, int8 one = {0}, int32[4] b`,
      nodes: `a = QuantizeLinear(x, s, p) h = QLinearConv(a, s, p, w, ts, o, s, p, b) k = QLinearConv(h, s, p, u, s, one, s, p)
        y = com.microsoft.QLinearAdd(h, s, p, k, s, p, s, p) c = QLinearConv(y, s, p, v, s, one, s, p) z = DequantizeLinear(c, s, p)`,
    }),
    groups: ["w u: 4, 4"],
    barriers: ["graph-output - z 1"],
    cut: {
      layer: "w",
      channels: [2],
      gives: ["w 0: 2", "ts 0: 2", "o 0: 2", "b 0: 2", "u 1: 2", "u 0: 2", "v 1: 2"],
    },
  },
  {
    name: "attention in one node: two heads of queries go with one of keys and values",
    text: net({
      inputs: "float[2, 5, 6] x",
      constants: `float[6, 32] wq, float[6, 16] wk, float[6, 16] wv, float[2, 2, 0, 8] cache, int32[2] lengths = {4, 4}, int32 total = {5},
        float[32, 3] o`,
      nodes: `q = MatMul(x, wq) k = MatMul(x, wk) v = MatMul(x, wv)
        y, pk, pv = com.microsoft.GroupQueryAttention <num_heads = 4, kv_num_heads = 2> (q, k, v, cache, cache, lengths, total) z = MatMul(y, o)`,
    }),
    groups: ["wq wk wv: 32, 2"],
    barriers: ["graph-output - z 2"],
  },
  {
    name: "an attention in one node without a rule says so, also where no layer makes channels",
    text: net({
      inputs: "float[2, 5, 6] x",
      constants: "float[6, 20] w, float[20] b, float[4, 3] o",
      nodes: `y = com.microsoft.Attention <num_heads = 2, qkv_hidden_sizes = [8, 8, 4]> (x, w, b) z = MatMul(y, o)`,
    }),
    groups: [],
    barriers: ["graph-output - z 2", "no-rule y x 0"],
  },
  {
    name: "a state that a Loop carries, and what its body reads",
    text: net({
      constants:
        "float[4, 3, 1, 1] w, float[4, 3, 1, 1] w2, float[4, 4, 1, 1] u, float[5, 4, 1, 1] v, int64 times = {2}, bool go = {1}",
      nodes: `h = Conv(x, w) k = Conv(x, w2)
        y = Loop (times, go, h) <body = step (int64 i, bool c, float[2, 4, 4, 4] s) => (bool d, float[2, 4, 4, 4] t)
          { d = Identity(c) a = Add(s, k) t = Tanh(a) }>
        r = Conv(y, u) z = Conv(r, v)`,
    }),
    groups: ["u: 4, 4"],
    barriers: ["no-rule y h 1", "captured y k 0", "graph-output - z 1"],
  },
  {
    name: "a sequence that a Scan walks through",
    text: net({
      inputs: "float[5, 3] x",
      constants: "float[3, 4] w, float[4] s0, float[4, 6] u, float[6, 2] v",
      nodes: `h = MatMul(x, w)
        s, y = Scan (s0, h) <num_scan_inputs = 1, body = step (float[4] a, float[4] b) => (float[4] c, float[4] d) { c = Add(a, b) d = Identity(c) }>
        k = MatMul(y, u) z = MatMul(k, v)`,
    }),
    groups: ["u: 6, 6"],
    barriers: ["no-rule s h 1", "graph-output - z 1"],
  },
].map((pattern) => ({ ...pattern, text: fused(pattern.text) }));
