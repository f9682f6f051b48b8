import { expect } from "chai";
import { ChannelAnalysis, type ChannelRules } from "../../src/channels/index.js";
import { type Model, rawBytes } from "../../src/ir/index.js";
import { constantTensor } from "../../src/ops/index.js";
import { model } from "../support/graph.js";
import { runPlain } from "../support/observe.js";
import { channelsOf, cutUnits, expectSameOutputs, measured } from "../support/oracle.js";

/** A network that is written down at any width, and which axes of its constants have that width. */
interface Narrowing {
  readonly name: string;
  readonly approximate: ChannelRules["approximate"];
  readonly width: number;
  readonly text: (width: number) => string;
  /** Layer, axis and channels that go. */
  readonly cut: { readonly layer: string; readonly axis: number; readonly channels: readonly number[] };
  /** "constant axis" of everything that is as wide. */
  readonly wide: readonly string[];
}

const graph = (constants: string, nodes: string, inputs = "float[2, 3, 4, 4] x") =>
  `<ir_version: 10, opset_import: ["" : 21]> f (${inputs}) => (float[] z) <${constants}> {${nodes}}`;

const features = (width: number, constants: string, nodes: string, channels: number | undefined = width) =>
  graph(
    `float[${width}, 3, 1, 1] w, float[${width}] b, float[5, ${channels}, 1, 1] v${constants}`,
    `h = Conv(x, w, b) ${nodes} z = Conv(y, v)`,
  );

const tokens = (width: number, constants: string, nodes: string) =>
  graph(
    `float[6, ${width}] w, float[${width}] b, float[${width}, 5] v${constants}`,
    `k = MatMul(x, w) h = Add(k, b) ${nodes} z = MatMul(y, v)`,
    "float[2, 4, 6] x",
  );

const onFeatures = {
  width: 8,
  cut: { layer: "w", axis: 0, channels: [1, 4, 6] },
  wide: ["w 0", "b 0", "v 1"],
};
const onTokens = { width: 8, cut: { layer: "w", axis: 1, channels: [0, 5, 6] }, wide: ["w 1", "b 0", "v 0"] };
/** One channel of each of the two groups, at other places. */
const onGroups = {
  width: 8,
  cut: { layer: "w", axis: 0, channels: [1, 6] },
  wide: ["w 0", "b 0", "v 1", "s 0", "t 0"],
};
const scaled = (width: number) => `, float[${width}] s, float[${width}] t`;

const narrowings: readonly Narrowing[] = [
  {
    name: "LayerNormalization",
    approximate: "layer-norm",
    ...onTokens,
    text: (c) => tokens(c, scaled(c), "y = LayerNormalization(h, s, t)"),
    wide: [...onTokens.wide, "s 0", "t 0"],
  },
  {
    name: "LayerNormalization of patches behind a class token and places",
    approximate: "layer-norm",
    width: 8,
    cut: { layer: "w", axis: 0, channels: [0, 5, 6] },
    wide: ["w 0", "cls 2", "pos 2", "s 0", "t 0", "v 0"],
    text: (c) =>
      graph(
        `float[${c}, 3, 2, 2] w, float[1, 1, ${c}] cls, float[1, 5, ${c}] pos, float[${c}] s, float[${c}] t, float[${c}, 5] v,
          int64[3] flat = {0, 0, -1}, int64[1] first = {0}, int64[2] ones = {1, 1}, int64 token = {0}`,
        `p = Conv <strides = [2, 2]> (x, w) f = Reshape(p, flat) k = Transpose <perm = [0, 2, 1]> (f) size = Shape(x)
          n = Gather(size, first) e = Concat <axis = 0> (n, ones) c = Expand(cls, e) a = Concat <axis = 1> (c, k) h = Add(a, pos)
          y = LayerNormalization(h, s, t) o = Gather <axis = 1> (y, token) z = MatMul(o, v)`,
      ),
  },
  {
    name: "a layer normalisation in parts",
    approximate: "layer-norm",
    ...onTokens,
    text: (c) =>
      tokens(
        c,
        `${scaled(c)}, int64[1] a = {-1}, float two = {2}, float e = {0.00001}`,
        "m = ReduceMean(h, a) d = Sub(h, m) q = Pow(d, two) u = ReduceMean(q, a) ue = Add(u, e) r = Sqrt(ue) n = Div(d, r) ns = Mul(n, s) y = Add(ns, t)",
      ),
    wide: [...onTokens.wide, "s 0", "t 0"],
  },
  {
    name: "a root mean square in parts",
    approximate: "layer-norm",
    ...onTokens,
    text: (c) =>
      tokens(
        c,
        `, float[${c}] s, int64[1] a = {-1}, float two = {2}, float e = {0.00001}`,
        "q = Pow(h, two) u = ReduceMean(q, a) ue = Add(u, e) r = Sqrt(ue) n = Div(h, r) y = Mul(n, s)",
      ),
    wide: [...onTokens.wide, "s 0"],
  },
  {
    name: "SimplifiedLayerNormalization",
    approximate: "layer-norm",
    ...onTokens,
    text: (c) => tokens(c, `, float[${c}] s`, "y = SimplifiedLayerNormalization(h, s)"),
    wide: [...onTokens.wide, "s 0"],
  },
  {
    name: "GroupNormalization",
    approximate: "all",
    ...onGroups,
    text: (c) => features(c, scaled(c), "y = GroupNormalization <num_groups = 2> (h, s, t)"),
  },
  {
    name: "a group normalisation as exporters write it",
    approximate: "all",
    ...onGroups,
    text: (c) =>
      features(
        c,
        `, float[${c}, 1, 1] s, float[${c}, 1, 1] t, float[2] one = {1, 1}, float[2] zero = {0, 0}, int64[3] to = {0, 2, -1}, int64[4] back = {2, ${c}, 4, 4}`,
        "r = Reshape(h, to) i = InstanceNormalization(r, one, zero) g = Reshape(i, back) gs = Mul(g, s) y = Add(gs, t)",
      ),
  },
  {
    name: "Softmax",
    approximate: "all",
    ...onFeatures,
    text: (c) => features(c, "", "y = Softmax <axis = 1> (h)"),
  },
  {
    name: "ReduceMax",
    approximate: "all",
    ...onFeatures,
    text: (c) => features(c, ", int64[1] a = {1}", "y = ReduceMax(h, a)", 1),
    wide: ["w 0", "b 0"],
  },
  {
    name: "LRN",
    approximate: "all",
    ...onFeatures,
    text: (c) => features(c, "", "y = LRN <size = 3> (h)"),
  },
];

describe("statistics over what is left", () => {
  for (const { name, approximate, width, text, cut, wide } of narrowings) {
    describe(name, () => {
      it("computes what a narrower network of the same kind computes", async () => {
        const whole = await measured(model(text(width)), 1, { approximate });
        const done = cutUnits(whole, channelsOf(cut.layer, cut.axis, cut.channels));
        expect(done.misaligned).to.deep.equal([]);
        const narrow = narrowed(whole.model, text(width - cut.channels.length), wide, cut.channels);
        const wanted = await runPlain(narrow, whole.feeds);
        expectSameOutputs(wanted, await runPlain(done.sliced.model, whole.feeds));
        const all = await runPlain(whole.model, whole.feeds);
        expect(all).not.to.deep.equal(wanted);
      });

      it("is not taken unless asked", async () => {
        const whole = await measured(model(text(width)));
        const units = (rules: Partial<ChannelRules>) =>
          new ChannelAnalysis(whole.model, whole.dims, rules).unitCount;
        expect(units({})).to.be.below(units({ approximate }));
      });
    });
  }

  it("of layer normalisations alone leaves others as they are", async () => {
    const rules = { approximate: "layer-norm" } as const;
    const whole = await measured(model(features(8, "", "y = Softmax <axis = 1> (h)")), 1, rules);
    expect(() => cutUnits(whole, channelsOf("w", 0, [1]))).to.throw("can go");
  });
});

/** The narrower network with the wide one's elements, picked here and not by what is tested. */
function narrowed(whole: Model, text: string, wide: readonly string[], gone: readonly number[]): Model {
  const narrow = model(text);
  for (const entry of wide) {
    const [name = "", axis = "0"] = entry.split(" ");
    const [from, to] = [whole, narrow].map(({ graph }) => constantTensor(graph.value(name)));
    if (!from || !to) throw new Error(`${name} is no constant`);
    const [size, at] = [from.dims[Number(axis)] ?? 0, Number(axis)];
    const inner = from.dims.slice(at + 1).reduce((product, dim) => product * dim, 1);
    const numbers = [...new Float32Array(rawBytes(from).slice().buffer)];
    const kept = numbers.filter((_, i) => !gone.includes(Math.floor(i / inner) % size));
    narrow.graph.setInitializer(
      name,
      to.with({ content: { kind: "raw", bytes: new Uint8Array(Float32Array.from(kept).buffer) } }),
    );
  }
  for (const value of whole.graph.values) {
    const tensor = constantTensor(value);
    const other = narrow.graph.find(value.name);
    const isWide = wide.some((entry) => entry.startsWith(`${value.name} `));
    if (tensor && other?.initializer && !isWide && value.name !== "back")
      narrow.graph.setInitializer(value.name, tensor);
  }
  return narrow;
}
