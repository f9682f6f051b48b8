import { expect } from "chai";
import { invariant } from "../../src/base/errors.js";
import { type AxisVerdict, ChannelAnalysis, whyChannels } from "../../src/channels/index.js";
import { inferShapes } from "../../src/runtime/index.js";
import { model } from "../support/graph.js";
import { net } from "./patterns/pattern.js";

/** A question about a small graph whose answer is written out. */
interface WhyCase {
  readonly name: string;
  readonly text: string;
  /** The node or tensor asked about, and the axis that the answer is compared on. */
  readonly ask: string;
  readonly axis: number;
  /** What keeps all channels ("code node tensor axis"), and the nodes on the way there. */
  readonly kept?: readonly [string, ...string[]] | undefined;
  /** "tensor axis" of every layer that they stand with, and the nodes on the way there. */
  readonly joined?: readonly (readonly [string, ...string[]])[];
}

const tokens = "float[2, 4, 6] x";

const cases: readonly WhyCase[] = [
  {
    name: "kept by the graph's output, through an addition",
    text: net({
      constants: "float[4, 3, 1, 1] w, float[4, 3, 1, 1] v",
      nodes: "[one] a = Conv(x, w) [two] b = Conv(x, v) [act] c = Relu(a) [add] z = Add(b, c)",
    }),
    ask: "w",
    axis: 0,
    kept: ["graph-output - z 1", "Add add"],
  },
  {
    name: "kept by an operator without a rule",
    text: net({
      constants: `float[4, 3, 1, 1] w, float[4, 3, 1, 1] u, int64[2, 4, 4] t = {${new Array(32).fill(0)}}`,
      nodes: `[one] a = Conv(x, w) [two] b = Conv(x, u) [add] c = Add(a, b) [act] d = Relu(c) [loss] z = NegativeLogLikelihoodLoss <reduction = "none"> (d, t)`,
    }),
    ask: "u",
    axis: 0,
    kept: ["no-rule loss d 1", "Add add"],
  },
  {
    name: "kept by an index that data decides",
    text: net({
      inputs: "float[2, 3, 4, 4] x, int64[2] i",
      constants: "float[4, 3, 1, 1] w, float[4, 1, 3, 3] d, float[5, 2, 1, 1] v",
      nodes: `[one] a = Conv(x, w) [deep] b = Conv <group = 4> (a, d) [pick] c = Gather <axis = 1> (b, i) [two] z = Conv(c, v)`,
    }),
    ask: "d",
    axis: 0,
    kept: ["dynamic-index pick b 1", "Conv deep"],
  },
  {
    name: "joined by the additions of a residual trunk",
    text: net({
      constants: "float[4, 3, 1, 1] w, float[4, 4, 1, 1] u, float[4, 4, 1, 1] v, float[5, 4, 1, 1] h",
      nodes: `[stem] a = Conv(x, w) [first] b = Conv(a, u) [add1] c = Add(a, b) [act] d = Relu(c) [second] e = Conv(d, v) [add2] f = Add(c, e) [head] z = Conv(f, h)`,
    }),
    ask: "stem",
    axis: 1,
    joined: [
      ["u 0", "Add add1"],
      ["v 0", "Add add2"],
    ],
  },
  {
    name: "joined by a depthwise convolution",
    text: net({
      constants: "float[4, 3, 1, 1] w, float[4, 1, 3, 3] d, float[5, 4, 1, 1] h",
      nodes:
        "[wide] a = Conv(x, w) [act] b = Relu(a) [deep] c = Conv <group = 4, pads = [1, 1, 1, 1]> (b, d) [narrow] z = Conv(c, h)",
    }),
    ask: "d",
    axis: 0,
    joined: [["w 0", "Conv deep"]],
  },
  {
    name: "joined by a concatenation that a shortcut is added to",
    text: net({
      constants: "float[2, 3, 1, 1] w, float[3, 3, 1, 1] u, float[5, 3, 1, 1] s, float[4, 5, 1, 1] h",
      nodes:
        "[left] a = Conv(x, w) [right] b = Conv(x, u) [cat] c = Concat <axis = 1> (a, b) [short] d = Conv(x, s) [add] e = Add(c, d) [head] z = Conv(e, h)",
    }),
    ask: "left",
    axis: 1,
    joined: [
      ["u 0", "Add add"],
      ["s 0", "Add add"],
    ],
  },
  {
    name: "joined by a channel shuffle",
    text: net({
      constants: `float[2, 3, 1, 1] w, float[2, 3, 1, 1] u, float[5, 4, 1, 1] h, int64[5] s = {2, 2, 2, 4, 4}, int64[4] t = {2, 4, 4, 4}`,
      nodes: `[left] a = Conv(x, w) [right] b = Conv(x, u) [cat] c = Concat <axis = 1> (a, b) [split] r = Reshape(c, s)
        [turn] p = Transpose <perm = [0, 2, 1, 3, 4]> (r) [merge] q = Reshape(p, t) [add] e = Add(c, q) [head] z = Conv(e, h)`,
    }),
    ask: "w",
    axis: 0,
    joined: [["u 0", "Add add"]],
  },
  {
    name: "joined by a weight that two layers share",
    text: net({
      constants: "float[4, 3, 1, 1] w, float[4, 3, 1, 1] u, float[5, 4, 1, 1] v",
      nodes:
        "[left] a = Conv(x, w) [right] b = Conv(x, u) [one] c = Conv(a, v) [two] d = Conv(b, v) [add] z = Add(c, d)",
    }),
    ask: "w",
    axis: 0,
    joined: [["u 0", "Conv one", "Conv two"]],
  },
  {
    name: "joined by the product of queries and keys",
    text: net({
      inputs: tokens,
      constants: `float[6, 12] wq, float[6, 12] wk, float[6, 12] wv, int64[4] s = {2, 4, 3, 4}, int64[3] t = {2, 4, 12}, float[12, 5] wo`,
      nodes: `[query] q = MatMul(x, wq) [key] k = MatMul(x, wk) [value] u = MatMul(x, wv) qr = Reshape(q, s) kr = Reshape(k, s) ur = Reshape(u, s)
        qt = Transpose <perm = [0, 2, 1, 3]> (qr) kt = Transpose <perm = [0, 2, 3, 1]> (kr) ut = Transpose <perm = [0, 2, 1, 3]> (ur)
        [scores] a = MatMul(qt, kt) sm = Softmax <axis = -1> (a) [mixed] o = MatMul(sm, ut) ot = Transpose <perm = [0, 2, 1, 3]> (o) of = Reshape(ot, t) [out] z = MatMul(of, wo)`,
    }),
    ask: "query",
    axis: 2,
    joined: [
      ["wk 1", "MatMul scores"],
      ["wv 1", "MatMul mixed"],
    ],
  },
  {
    name: "kept by a layer normalisation further along the trunk",
    text: net({
      inputs: tokens,
      constants: "float[6, 8] w, float[6, 8] u, float[8] s, float[8] t, float[8, 5] v",
      nodes:
        "[one] a = MatMul(x, w) [two] b = MatMul(x, u) [add] c = Add(a, b) [norm] d = LayerNormalization(c, s, t) [head] z = MatMul(d, v)",
    }),
    ask: "u",
    axis: 1,
    kept: ["mixes-channels norm c 2", "Add add"],
  },
  {
    name: "joined by blocks of a grouped convolution, which lose equally many",
    text: net({
      constants: "float[4, 3, 1, 1] w, float[4, 3, 1, 1] u, float[4, 4, 1, 1] g, float[5, 4, 1, 1] h",
      nodes:
        "[left] a = Conv(x, w) [right] b = Conv(x, u) [cat] c = Concat <axis = 1> (a, b) [grouped] d = Conv <group = 2> (c, g) [head] z = Conv(d, h)",
    }),
    ask: "left",
    axis: 1,
    joined: [["u 0", "Conv grouped"]],
  },
];

describe("why channels stay or stand together", () => {
  for (const { name, text, ask, axis, kept, joined = [] } of cases) {
    it(name, async () => {
      const verdict = await verdictOn(text, ask, axis);
      expect(verdict.frozen).to.equal(kept ? verdict.size : 0);
      expect(described(verdict)).to.deep.equal({ kept, joined });
    });
  }

  it("knows nothing of other names", async () => {
    const [first] = cases;
    expect(whyChannels(await analysisOf(first?.text ?? ""), "nobody")).to.equal(undefined);
  });
});

async function analysisOf(text: string): Promise<ChannelAnalysis> {
  const graph = model(text);
  return new ChannelAnalysis(graph, (await inferShapes(graph)).of);
}

async function verdictOn(text: string, name: string, axis: number): Promise<AxisVerdict> {
  const verdicts = whyChannels(await analysisOf(text), name) ?? [];
  const found = verdicts.find((each) => each.axis === axis);
  invariant(found, () => `${name} has no channels on axis ${axis}`);
  return found;
}

function described({ barrier, path, joined }: AxisVerdict): Pick<WhyCase, "kept" | "joined"> {
  const kept = barrier && `${barrier.code} ${barrier.node || "-"} ${barrier.tensor} ${barrier.axis}`;
  return {
    kept: kept === undefined ? undefined : [kept, ...path.map(String)],
    joined: joined.map((layer) => [`${layer.tensor} ${layer.axis}`, ...layer.path.map(String)]),
  };
}
