import { net, type Pattern } from "./pattern.js";

const tokens = "float[2, 4, 6] x";

const separate = (constants: string, products: string) =>
  net({
    inputs: tokens,
    constants: `float[6, 12] wq, float[12] bq, float[6, 12] wk, float[6, 12] wv, int64[4] s = {2, 4, 3, 4}, int64[3] t = {2, 4, 12}, float[12, 5] wo${constants}`,
    nodes: `q = MatMul(x, wq) qb = Add(q, bq) k = MatMul(x, wk) u = MatMul(x, wv) qr = Reshape(qb, s) kr = Reshape(k, s) ur = Reshape(u, s)
      ${products} sm = Softmax <axis = -1> (a) o = MatMul(sm, ut) ot = Transpose <perm = [0, 2, 1, 3]> (o) of = Reshape(ot, t) z = MatMul(of, wo)`,
  });

const plain = `qt = Transpose <perm = [0, 2, 1, 3]> (qr) kt = Transpose <perm = [0, 2, 3, 1]> (kr) ut = Transpose <perm = [0, 2, 1, 3]> (ur)
  qs = Mul(qt, scale) a = MatMul(qs, kt)`;

/** Attention on request: dimensions inside heads. */
export const headDimPatterns: readonly Pattern[] = [
  {
    name: "dimensions of heads: other ones in every head, queries and keys apart from values",
    rules: { attention: "dims" },
    text: separate(", float scale = {0.5}", plain),
    groups: ["wq wk: 12, 4+4+4", "wv: 12, 4+4+4"],
    barriers: ["graph-output - z 2"],
    cut: {
      layer: "wq",
      axis: 1,
      channels: [1, 6, 8],
      gives: ["wq 1: 1 6 8", "bq 0: 1 6 8", "wk 1: 1 6 8", "qb at qr 2: 1 6 8"],
    },
  },
  {
    name: "dimensions of heads from packed queries, keys and values: equally many of all",
    rules: { attention: "dims" },
    text: net({
      inputs: tokens,
      constants: `float[6, 24] wqkv, float[24] bqkv, int64[5] s = {2, 4, 3, 2, 4}, int64 i0 = {0}, int64 i1 = {1}, int64 i2 = {2},
        int64[3] t = {2, 4, 8}, float[8, 5] wo`,
      nodes: `p = MatMul(x, wqkv) pb = Add(p, bqkv) r = Reshape(pb, s) m = Transpose <perm = [2, 0, 3, 1, 4]> (r)
        q = Gather <axis = 0> (m, i0) k = Gather <axis = 0> (m, i1) u = Gather <axis = 0> (m, i2)
        kt = Transpose <perm = [0, 1, 3, 2]> (k) a = MatMul(q, kt) sm = Softmax <axis = -1> (a)
        o = MatMul(sm, u) ot = Transpose <perm = [0, 2, 1, 3]> (o) of = Reshape(ot, t) z = MatMul(of, wo)`,
    }),
    groups: ["wqkv: 24, 4+4+4+4"],
    barriers: ["graph-output - z 2"],
    cut: {
      layer: "wqkv",
      axis: 1,
      channels: [0, 5, 18, 23],
      gives: ["wqkv 1: 0 5 8 13 18 23", "bqkv 0: 0 5 8 13 18 23", "wo 0: 2 7", "pb at r 2: 0 5 8 13 18 23"],
    },
  },
  {
    name: "dimensions of heads under a rotation by tables: the same pairs in every head",
    rules: { attention: "dims" },
    text: separate(
      ", float[4, 4] cos, float[4, 4] sin, int64[1] zero = {0}, int64[1] half = {2}, int64[1] all = {4}, int64[1] ax = {3}",
      `qt = Transpose <perm = [0, 2, 1, 3]> (qr) kt = Transpose <perm = [0, 2, 1, 3]> (kr) ut = Transpose <perm = [0, 2, 1, 3]> (ur)
        q1 = Slice(qt, zero, half, ax) q2 = Slice(qt, half, all, ax) qn = Neg(q2) qh = Concat <axis = 3> (qn, q1) qc = Mul(qt, cos) qs = Mul(qh, sin) qe = Add(qc, qs)
        k1 = Slice(kt, zero, half, ax) k2 = Slice(kt, half, all, ax) kn = Neg(k2) kh = Concat <axis = 3> (kn, k1) kc = Mul(kt, cos) ks = Mul(kh, sin) ke = Add(kc, ks)
        kk = Transpose <perm = [0, 1, 3, 2]> (ke) a = MatMul(qe, kk)`,
    ),
    groups: ["wq wk: 12, 2", "wv: 12, 4+4+4"],
    barriers: ["graph-output - z 2"],
    cut: {
      layer: "wq",
      axis: 1,
      channels: [1],
      gives: [
        "wq 1: 1 3 5 7 9 11",
        "bq 0: 1 3 5 7 9 11",
        "wk 1: 1 3 5 7 9 11",
        "cos 1: 1 3",
        "sin 1: 1 3",
        "qe at a 3: 1 3",
      ],
    },
  },
  {
    name: "dimensions of two query heads for each key and value head",
    rules: { attention: "dims" },
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
    groups: ["wq wk: 16, 4+4", "wv: 8, 4+4"],
    barriers: ["graph-output - z 2"],
    cut: {
      layer: "wk",
      axis: 1,
      channels: [1, 4],
      gives: ["wq 1: 1 5 8 12", "wk 1: 1 4", "q at qr 2: 1 5 8 12"],
    },
  },
];
