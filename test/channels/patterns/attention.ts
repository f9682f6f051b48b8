import { net, type Pattern } from "./pattern.js";

const tokens = "float[2, 4, 6] x";

/** Queries of three heads, keys and values of one. */
export const multiQuery = net({
  inputs: tokens,
  constants: `float[6, 12] wq, float[6, 4] wk, float[6, 4] wv, int64[4] sq = {2, 4, 3, 4}, int64[1] ax = {1},
    int64[4] e = {2, 3, 4, 4}, int64[3] t = {2, 4, 12}, float[12, 5] wo`,
  nodes: `q = MatMul(x, wq) k = MatMul(x, wk) u = MatMul(x, wv) qr = Reshape(q, sq) qt = Transpose <perm = [0, 2, 1, 3]> (qr)
    k1 = Unsqueeze(k, ax) ke = Expand(k1, e) u1 = Unsqueeze(u, ax) ue = Expand(u1, e)
    kk = Transpose <perm = [0, 1, 3, 2]> (ke) a = MatMul(qt, kk) sm = Softmax <axis = -1> (a) o = MatMul(sm, ue)
    ot = Transpose <perm = [0, 2, 1, 3]> (o) of = Reshape(ot, t) z = MatMul(of, wo)`,
});

/** Heads: fields over two axes whose direction the products between them decide. */
export const attentionPatterns: readonly Pattern[] = [
  {
    name: "packed queries, keys and values: whole heads go",
    text: net({
      inputs: tokens,
      constants: `float[6, 8] w0, float[8, 24] wqkv, float[24] bqkv, int64[5] s = {2, 4, 3, 2, 4}, int64 i0 = {0}, int64 i1 = {1}, int64 i2 = {2},
        float scale = {0.5}, int64[3] t = {2, 4, 8}, float[8, 8] wo, float[8, 5] v`,
      nodes: `h = MatMul(x, w0) p = MatMul(h, wqkv) pb = Add(p, bqkv) r = Reshape(pb, s) m = Transpose <perm = [2, 0, 3, 1, 4]> (r)
        q = Gather <axis = 0> (m, i0) k = Gather <axis = 0> (m, i1) u = Gather <axis = 0> (m, i2)
        kt = Transpose <perm = [0, 1, 3, 2]> (k) a = MatMul(q, kt) as = Mul(a, scale) sm = Softmax <axis = -1> (as)
        o = MatMul(sm, u) ot = Transpose <perm = [0, 2, 1, 3]> (o) of = Reshape(ot, t) ow = MatMul(of, wo) y = Add(h, ow) z = MatMul(y, v)`,
    }),
    groups: ["w0 wo: 8, 8", "wqkv: 24, 2"],
    barriers: ["graph-output - z 2"],
    cut: {
      layer: "wqkv",
      axis: 1,
      channels: [1],
      gives: [
        "wqkv 1: 0 1 2 3 8 9 10 11 16 17 18 19",
        "bqkv 0: 0 1 2 3 8 9 10 11 16 17 18 19",
        "wo 0: 0 1 2 3",
      ],
    },
  },
  {
    name: "separate queries, keys and values",
    text: net({
      inputs: tokens,
      constants: `float[6, 8] wq, float[6, 8] wk, float[6, 8] wv, int64[4] s = {2, 4, 2, 4}, int64[3] t = {2, 4, 8}, float[8, 5] wo`,
      nodes: `q = MatMul(x, wq) k = MatMul(x, wk) u = MatMul(x, wv) qr = Reshape(q, s) kr = Reshape(k, s) ur = Reshape(u, s)
        qt = Transpose <perm = [0, 2, 1, 3]> (qr) kt = Transpose <perm = [0, 2, 3, 1]> (kr) ut = Transpose <perm = [0, 2, 1, 3]> (ur)
        a = MatMul(qt, kt) sm = Softmax <axis = -1> (a) o = MatMul(sm, ut) ot = Transpose <perm = [0, 2, 1, 3]> (o) of = Reshape(ot, t) z = MatMul(of, wo)`,
    }),
    groups: ["wq wk wv: 8, 2"],
    barriers: ["graph-output - z 2"],
    cut: {
      layer: "wk",
      axis: 1,
      channels: [6],
      gives: ["wq 1: 4 5 6 7", "wk 1: 4 5 6 7", "wv 1: 4 5 6 7", "wo 0: 4 5 6 7"],
    },
  },
  {
    name: "one head: queries and keys apart from values",
    text: net({
      inputs: tokens,
      constants: "float[6, 4] wq, float[6, 4] wk, float[6, 3] wv, float[3, 5] wo",
      nodes: `q = MatMul(x, wq) k = MatMul(x, wk) u = MatMul(x, wv) kt = Transpose <perm = [0, 2, 1]> (k) a = MatMul(q, kt)
        sm = Softmax <axis = -1> (a) o = MatMul(sm, u) z = MatMul(o, wo)`,
    }),
    groups: ["wq wk: 4, 4", "wv: 3, 3"],
    barriers: ["graph-output - z 2"],
    cut: { layer: "wq", axis: 1, channels: [2], gives: ["wq 1: 2", "wk 1: 2", "q at a 2: 2"] },
  },
  {
    name: "the scale of an attention computed from the width of a head",
    text: net({
      inputs: tokens,
      constants: "float[6, 4] wq, float[6, 4] wk, int64[1] last = {2}, float[4, 5] wo",
      nodes: `q = MatMul(x, wq) k = MatMul(x, wk) d = Shape(q) w = Gather(d, last) f = Cast <to = 1> (w) r = Sqrt(f) qs = Div(q, r)
        kt = Transpose <perm = [0, 2, 1]> (k) a = MatMul(qs, kt) sm = Softmax <axis = -1> (a) z = MatMul(sm, wo)`,
    }),
    groups: ["wq wk: 4, 4"],
    barriers: ["graph-output - z 2"],
    cut: { layer: "wq", axis: 1, channels: [1], gives: ["wq 1: 1", "wk 1: 1", "qs at a 2: 1"] },
  },
  {
    name: "two query heads for each key and value head",
    text: net({
      inputs: tokens,
      constants: `float[6, 16] wq, float[6, 8] wk, float[6, 8] wv, int64[4] sq = {2, 4, 4, 4}, int64[4] sk = {2, 4, 2, 4}, int64[1] ax = {2},
        int64[5] e = {2, 2, 2, 4, 4}, int64[4] m = {2, 4, 4, 4}, int64[3] t = {2, 4, 16}, float[16, 5] wo`,
      nodes: `q = MatMul(x, wq) k = MatMul(x, wk) u = MatMul(x, wv) qr = Reshape(q, sq) kr = Reshape(k, sk) ur = Reshape(u, sk)
        qt = Transpose <perm = [0, 2, 1, 3]> (qr) kt = Transpose <perm = [0, 2, 1, 3]> (kr) ut = Transpose <perm = [0, 2, 1, 3]> (ur)
        k1 = Unsqueeze(kt, ax) ke = Expand(k1, e) kf = Reshape(ke, m) u1 = Unsqueeze(ut, ax) ue = Expand(u1, e) uf = Reshape(ue, m)
        kk = Transpose <perm = [0, 1, 3, 2]> (kf) a = MatMul(qt, kk) sm = Softmax <axis = -1> (a) o = MatMul(sm, uf)
        ot = Transpose <perm = [0, 2, 1, 3]> (o) of = Reshape(ot, t) z = MatMul(of, wo)`,
    }),
    groups: ["wq wk wv: 16, 2"],
    barriers: ["graph-output - z 2"],
    cut: {
      layer: "wk",
      axis: 1,
      channels: [1],
      gives: ["wq 1: 0 1 2 3 4 5 6 7", "wk 1: 0 1 2 3", "wv 1: 0 1 2 3", "wo 0: 0 1 2 3 4 5 6 7"],
    },
  },
  {
    name: "one key and value head for all query heads: these go, that one stays",
    text: multiQuery,
    groups: ["wq: 12, 3"],
    barriers: ["collapsed a - 2", "unaligned z of 2", "graph-output - z 2"],
    cut: { layer: "wq", axis: 1, channels: [5], gives: ["wq 1: 4 5 6 7", "wo 0: 4 5 6 7"] },
  },
  {
    name: "rotary position embedding: pairs of halves",
    text: net({
      inputs: tokens,
      constants: `float[6, 4] wq, float[6, 4] wk, float[4, 4] cos, float[4, 4] sin, int64[1] zero = {0}, int64[1] half = {2}, int64[1] all = {4}, int64[1] ax = {2},
        float[4, 5] wo`,
      nodes: `q = MatMul(x, wq) k = MatMul(x, wk)
        q1 = Slice(q, zero, half, ax) q2 = Slice(q, half, all, ax) qn = Neg(q2) qr = Concat <axis = 2> (qn, q1) qc = Mul(q, cos) qs = Mul(qr, sin) qe = Add(qc, qs)
        k1 = Slice(k, zero, half, ax) k2 = Slice(k, half, all, ax) kn = Neg(k2) kr = Concat <axis = 2> (kn, k1) kc = Mul(k, cos) ks = Mul(kr, sin) ke = Add(kc, ks)
        kt = Transpose <perm = [0, 2, 1]> (ke) a = MatMul(qe, kt) sm = Softmax <axis = -1> (a) z = MatMul(sm, wo)`,
    }),
    groups: ["wq wk: 4, 2"],
    barriers: ["graph-output - z 2"],
    cut: {
      layer: "wq",
      axis: 1,
      channels: [1],
      gives: ["wq 1: 1 3", "wk 1: 1 3", "cos 1: 1 3", "sin 1: 1 3", "qe at a 2: 1 3"],
    },
  },
  {
    name: "a weight of three heads here is a weight of queries, keys and values there",
    text: net({
      inputs: tokens,
      outputs: "float[] y, float[] z",
      constants: `float[6, 12] w, int64[5] s = {2, 4, 3, 2, 2}, int64 i0 = {0}, int64 i1 = {1}, int64 i2 = {2}, int64[3] t = {2, 4, 4}, float[4, 5] wo,
        int64[4] s2 = {2, 4, 3, 4}, float[6, 12] wk, float[6, 12] wv, int64[3] t2 = {2, 4, 12}, float[12, 5] wo2`,
      nodes: `p = MatMul(x, w) r = Reshape(p, s) m = Transpose <perm = [2, 0, 3, 1, 4]> (r)
        q = Gather <axis = 0> (m, i0) k = Gather <axis = 0> (m, i1) u = Gather <axis = 0> (m, i2)
        kt = Transpose <perm = [0, 1, 3, 2]> (k) a = MatMul(q, kt) sm = Softmax <axis = -1> (a) o = MatMul(sm, u)
        ot = Transpose <perm = [0, 2, 1, 3]> (o) of = Reshape(ot, t) y = MatMul(of, wo)
        q2 = MatMul(x, w) k2 = MatMul(x, wk) u2 = MatMul(x, wv) qr = Reshape(q2, s2) kr = Reshape(k2, s2) ur = Reshape(u2, s2)
        qt = Transpose <perm = [0, 2, 1, 3]> (qr) kt2 = Transpose <perm = [0, 2, 3, 1]> (kr) ut = Transpose <perm = [0, 2, 1, 3]> (ur)
        a2 = MatMul(qt, kt2) sm2 = Softmax <axis = -1> (a2) o2 = MatMul(sm2, ut) ot2 = Transpose <perm = [0, 2, 1, 3]> (o2)
        of2 = Reshape(ot2, t2) z = MatMul(of2, wo2)`,
    }),
    groups: ["w wk: 12, 2", "wv: 12, 4"],
    barriers: ["graph-output - y 2", "graph-output - z 2"],
  },
  {
    name: "a single head that a reshape sets apart",
    text: net({
      inputs: tokens,
      constants: `float[6, 4] wq, float[6, 4] wk, float[6, 4] wv, int64[4] s = {2, 4, 1, 4}, int64[3] t = {2, 4, 4}, float[4, 5] wo`,
      nodes: `q = MatMul(x, wq) k = MatMul(x, wk) u = MatMul(x, wv) qr = Reshape(q, s) kr = Reshape(k, s) ur = Reshape(u, s)
        qt = Transpose <perm = [0, 2, 1, 3]> (qr) kt = Transpose <perm = [0, 2, 3, 1]> (kr) ut = Transpose <perm = [0, 2, 1, 3]> (ur)
        a = MatMul(qt, kt) sm = Softmax <axis = -1> (a) o = MatMul(sm, ut) ot = Transpose <perm = [0, 2, 1, 3]> (o) of = Reshape(ot, t) z = MatMul(of, wo)`,
    }),
    groups: ["wq wk: 4, 4", "wv: 4, 4"],
    barriers: ["graph-output - z 2"],
  },
];
