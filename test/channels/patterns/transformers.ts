import { multiQuery } from "./attention.js";
import { net, type Pattern } from "./pattern.js";

/** Attention of two heads of four over the tokens `t` (windows × 4 × 8), with a bias for each head; gives `ow`. */
const windowed = `p = MatMul(t, wqkv) r = Reshape(p, packed) m = Transpose <perm = [2, 0, 3, 1, 4]> (r)
  q = Gather <axis = 0> (m, i0) k = Gather <axis = 0> (m, i1) u = Gather <axis = 0> (m, i2) kt = Transpose <perm = [0, 1, 3, 2]> (k)
  a = MatMul(q, kt) ab = Add(a, bias) sm = Softmax <axis = -1> (ab) o = MatMul(sm, u) ot = Transpose <perm = [0, 2, 1, 3]> (o)
  of = Reshape(ot, flat) ow = MatMul(of, wo)`;

const windowedConstants = `float[8, 24] wqkv, float[8, 8] wo, int64[5] packed = {8, 4, 3, 2, 4}, int64[3] flat = {8, 4, 8},
  int64 i0 = {0}, int64 i1 = {1}, int64 i2 = {2}`;

const swin = (norm: string, constants: string) =>
  net({
    inputs: "float[2, 4, 4, 6] x",
    constants: `float[6, 8] w0, ${windowedConstants}, float[1, 2, 4, 4] bias, float[32, 10] wm, float[10, 5] v, int64[6] cut = {2, 2, 2, 2, 2, 8},
      int64[4] whole = {2, 4, 4, 8}, int64[2] zero = {0, 0}, int64[2] one = {1, 1}, int64[2] three = {3, 3}, int64[2] four = {4, 4},
      int64[2] s00 = {0, 0}, int64[2] s10 = {1, 0}, int64[2] s01 = {0, 1}, int64[2] ax = {1, 2}, int64[2] two = {2, 2},
      int64[1] f0 = {0}, int64[1] f1 = {1}, int64[1] f3 = {3}, int64[1] f4 = {4}, int64[1] rows = {1}, int64[1] columns = {2}${constants}`,
    nodes: `h = MatMul(x, w0) ${norm}
      ra = Slice(n, f1, f4, rows) rb = Slice(n, f0, f1, rows) rc = Concat <axis = 1> (ra, rb)
      rd = Slice(rc, f1, f4, columns) re = Slice(rc, f0, f1, columns) rolled = Concat <axis = 2> (rd, re)
      parts = Reshape(rolled, cut) windows = Transpose <perm = [0, 1, 3, 2, 4, 5]> (parts) t = Reshape(windows, flat)
      ${windowed}
      back = Reshape(ow, cut) apart = Transpose <perm = [0, 1, 3, 2, 4, 5]> (back) map = Reshape(apart, whole)
      ba = Slice(map, f3, f4, rows) bb = Slice(map, f0, f3, rows) bc = Concat <axis = 1> (ba, bb)
      bd = Slice(bc, f3, f4, columns) be = Slice(bc, f0, f3, columns) unrolled = Concat <axis = 2> (bd, be) y = Add(h, unrolled)
      m0 = Slice(y, s00, four, ax, two) m1 = Slice(y, s10, four, ax, two) m2 = Slice(y, s01, four, ax, two) m3 = Slice(y, one, four, ax, two)
      mc = Concat <axis = 3> (m0, m1, m2, m3) mw = MatMul(mc, wm) z = MatMul(mw, v)`,
  });

const normedQueries = net({
  inputs: "float[2, 4, 6] x",
  constants: `float[6, 12] wq, float[6, 12] wk, float[6, 12] wv, float[4] sq, float[4] sk, float[4] tk, int64[4] s = {2, 4, 3, 4}, int64[3] t = {2, 4, 12}, float[12, 5] wo`,
  nodes: `q = MatMul(x, wq) k = MatMul(x, wk) u = MatMul(x, wv) qr = Reshape(q, s) kr = Reshape(k, s) ur = Reshape(u, s)
    qt = Transpose <perm = [0, 2, 1, 3]> (qr) kt = Transpose <perm = [0, 2, 1, 3]> (kr) ut = Transpose <perm = [0, 2, 1, 3]> (ur)
    qn = LayerNormalization(qt, sq) kn = LayerNormalization(kt, sk, tk) kk = Transpose <perm = [0, 1, 3, 2]> (kn)
    a = MatMul(qn, kk) sm = Softmax <axis = -1> (a) o = MatMul(sm, ut) ot = Transpose <perm = [0, 2, 1, 3]> (o) of = Reshape(ot, t) z = MatMul(of, wo)`,
});

/** What transformers do around their attention: tokens, windows, rolls, merged patches. */
export const transformerPatterns: readonly Pattern[] = [
  {
    name: "patches, a class token expanded to as many samples as there are, and places",
    text: net({
      constants: `float[8, 3, 2, 2] w, float[1, 1, 8] cls, float[1, 5, 8] pos, float[8, 12] u, float[12, 8] d, float[8, 5] v, int64[3] s = {0, 0, -1},
        int64[1] first = {0}, int64[2] ones = {1, 1}, int64 token = {0}`,
      nodes: `p = Conv <strides = [2, 2]> (x, w) f = Reshape(p, s) t = Transpose <perm = [0, 2, 1]> (f)
        size = Shape(x) n = Gather(size, first) e = Concat <axis = 0> (n, ones) c = Expand(cls, e) a = Concat <axis = 1> (c, t) b = Add(a, pos)
        k = MatMul(b, u) r = Relu(k) m = MatMul(r, d) y = Add(b, m) o = Gather <axis = 1> (y, token) z = MatMul(o, v)`,
    }),
    groups: ["w d: 8, 8", "u: 12, 12"],
    barriers: ["graph-output - z 1"],
    cut: {
      layer: "w",
      channels: [1, 6],
      gives: ["w 0: 1 6", "cls 2: 1 6", "pos 2: 1 6", "u 0: 1 6", "d 1: 1 6", "v 0: 1 6"],
    },
  },
  {
    name: "windows, rolls and merged patches",
    text: swin("n = Identity(h)", ""),
    groups: ["w0 wo: 8, 8", "wqkv: 24, 2", "wm: 10, 10"],
    barriers: ["graph-output - z 3"],
    cut: {
      layer: "w0",
      axis: 1,
      channels: [5],
      gives: ["w0 1: 5", "wqkv 0: 5", "wo 1: 5", "wm 0: 5 13 21 29"],
    },
  },
  {
    name: "windows behind a layer normalisation, which keeps the trunk",
    text: swin("n = LayerNormalization(h, s, t0)", ", float[8] s, float[8] t0"),
    groups: ["wqkv: 24, 2", "wm: 10, 10"],
    barriers: ["mixes-channels n h 3", "graph-output - z 3"],
  },
  {
    name: "a grid of places all over a feature map, with biases picked from a table",
    text: net({
      constants: `float[8, 3, 1, 1] w0, ${windowedConstants}, float[9, 2] table, int64[16] places = {4, 3, 1, 0, 5, 4, 2, 1, 7, 6, 4, 3, 8, 7, 5, 4},
        int64[3] square = {4, 4, 2}, int64[1] front = {0}, float[5, 8, 1, 1] v, int64[6] cut = {2, 8, 2, 2, 2, 2}, int64[6] grid = {2, 2, 2, 2, 2, 8}, int64[4] map = {2, 8, 4, 4}`,
      nodes: `h = Conv(x, w0) parts = Reshape(h, cut) cells = Transpose <perm = [0, 3, 5, 2, 4, 1]> (parts) t = Reshape(cells, flat)
        picked = Gather(table, places) pairs = Reshape(picked, square) heads = Transpose <perm = [2, 0, 1]> (pairs) bias = Unsqueeze(heads, front)
        ${windowed}
        back = Reshape(ow, grid) apart = Transpose <perm = [0, 5, 3, 1, 4, 2]> (back) whole = Reshape(apart, map) y = Add(h, whole) z = Conv(y, v)`,
    }),
    groups: ["w0 wo: 8, 8", "wqkv: 24, 2"],
    barriers: ["graph-output - z 1"],
    cut: {
      layer: "wqkv",
      axis: 1,
      channels: [6],
      gives: ["table 1: 1", "wqkv 1: 4 5 6 7 12 13 14 15 20 21 22 23", "wo 0: 4 5 6 7"],
    },
  },
  {
    name: "normed queries and keys: whole heads go",
    text: normedQueries,
    groups: ["wq wk wv: 12, 3"],
    barriers: ["graph-output - z 2"],
    cut: {
      layer: "wq",
      axis: 1,
      channels: [5],
      gives: ["wq 1: 4 5 6 7", "wk 1: 4 5 6 7", "wv 1: 4 5 6 7", "wo 0: 4 5 6 7"],
    },
  },
  {
    name: "normed queries and keys keep the dimensions that were asked for: whole heads go",
    rules: { attention: "dims" },
    text: normedQueries,
    groups: ["wq wk wv: 12, 3"],
    barriers: ["graph-output - z 2"],
  },
  {
    name: "one key and value head for all, dimensions asked for",
    rules: { attention: "dims" },
    text: multiQuery,
    groups: ["wq: 12, 3"],
    barriers: ["collapsed a - 3", "unaligned z of 2", "graph-output - z 2"],
  },
];
