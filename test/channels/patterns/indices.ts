import { net, type Pattern } from "./pattern.js";

const rows = (constants: string, nodes: string) => net({ inputs: "float[4, 6] x", constants, nodes });

/** Four times the same list. */
const fourTimes = (list: string) => `{${[list, list, list, list].join(", ")}}`;

/** Elements that constant indices name one by one. */
export const indexPatterns: readonly Pattern[] = [
  {
    name: "rows and columns that coordinates name",
    text: rows(
      "float[6, 8] w, int64[2, 4, 2] i = {0, 7, 0, 1, 0, 3, 0, 1, 2, 7, 2, 1, 2, 3, 2, 1}, float[4, 5] v",
      "h = MatMul(x, w) y = GatherND(h, i) z = MatMul(y, v)",
    ),
    groups: ["w: 8, 8"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", axis: 1, channels: [1, 5], gives: ["w 1: 1 5", "v 0: 1 3"] },
  },
  {
    name: "the same columns in every row",
    text: rows(
      `float[6, 8] w, int64[4, 4] i = ${fourTimes("6, 1, -1, 1")}, float[4, 5] v`,
      "h = MatMul(x, w) y = GatherElements <axis = 1> (h, i) z = MatMul(y, v)",
    ),
    groups: ["w: 8, 8"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", axis: 1, channels: [1, 5], gives: ["w 1: 1 5", "v 0: 1 3"] },
  },
  {
    name: "every column at its own place",
    text: rows(
      `float[6, 8] w, int64[4, 8] i = ${fourTimes("0, 1, 2, 3, 4, 5, 6, 7")}, float[8, 5] v`,
      "h = MatMul(x, w) y = GatherElements <axis = 1> (h, i) z = MatMul(y, v)",
    ),
    groups: ["w: 8, 8"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", axis: 1, channels: [5], gives: ["w 1: 5", "v 0: 5"] },
  },
  {
    name: "columns of another layer take the place of some",
    text: rows(
      `float[6, 8] w, float[6, 2] u, int64[4, 2] i = ${fourTimes("6, 1")}, float[8, 5] v`,
      "h = MatMul(x, w) k = MatMul(x, u) y = ScatterElements <axis = 1> (h, i, k) z = MatMul(y, v)",
    ),
    groups: ["w u: 8, 8"],
    barriers: ["graph-output - z 1"],
    cut: { layer: "w", axis: 1, channels: [6], gives: ["w 1: 6", "u 1: 0", "v 0: 6"] },
  },
  {
    name: "the same columns of all channels are written",
    text: rows(
      `float[6, 4] w, float[6, 4] u, int64[1] one = {1}, int64[4, 1] i = {2, 2, 2, 2}, float[5, 4] v`,
      `h = MatMul(x, w) t = Transpose(h) k = MatMul(x, u) q = Transpose(k) r = ReduceMax(q, one)
        y = ScatterElements <axis = 1> (t, i, r) z = MatMul(v, y)`,
    ),
    groups: ["w u: 4, 4"],
    barriers: ["graph-output - z 0"],
    cut: { layer: "w", axis: 1, channels: [3], gives: ["w 1: 3", "u 1: 3", "v 1: 3"] },
  },
  {
    name: "every channel is written at places of its own",
    text: rows(
      `float[6, 8] w, float[6, 8] u, int64[2] some = {0, 2}, int64[8, 2] i = {0, 1, 1, 0, 2, 3, 3, 1, 0, 2, 1, 3, 2, 0, 3, 2}, float[5, 8] v`,
      `h = MatMul(x, w) t = Transpose(h) k = MatMul(x, u) q = Transpose(k) r = Gather <axis = 1> (q, some)
        y = ScatterElements <axis = 1> (t, i, r) z = MatMul(v, y)`,
    ),
    groups: ["w u: 8, 8"],
    barriers: ["graph-output - z 0"],
    cut: { layer: "w", axis: 1, channels: [3], gives: ["w 1: 3", "u 1: 3", "i 0: 3", "v 1: 3"] },
  },
  {
    name: "rows of another layer take the place of some",
    text: rows(
      "float[6, 8] w, float[6, 2] u, int64[2, 1] i = {6, 1}, float[5, 8] v",
      "h = MatMul(x, w) t = Transpose(h) k = MatMul(x, u) q = Transpose(k) y = ScatterND(t, i, q) z = MatMul(v, y)",
    ),
    groups: ["w u: 8, 8"],
    barriers: ["graph-output - z 0"],
    cut: { layer: "w", axis: 1, channels: [6], gives: ["w 1: 6", "u 1: 0", "v 1: 6"] },
  },
];
