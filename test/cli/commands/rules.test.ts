import { readFileSync } from "node:fs";
import { expect } from "chai";
import { Random } from "../../../src/base/random.js";
import type { PrunePlan } from "../../../src/channels/index.js";
import { writeModel } from "../../../src/onnx/index.js";
import { bytesOf, npy, zip } from "../../data/numpy-files.js";
import { document } from "../../support/command.js";
import { model } from "../../support/graph.js";
import { TemporaryFolder } from "../../support/temporary.js";

/** Patches of images, a grouped convolution over them, a layer normalisation and an attention of two heads of four. */
const text = `<ir_version: 10, opset_import: ["" : 21]> f (float[N,3,8,8] image) => (float[N,10] scores)
<float[8,3,4,4] stem, float[8,4,1,1] grouped, float[8] more = {5, 0, 0, 0, 0, 0, 0, -5}, float[8] scale = {1, 1, 1, 1, 1, 1, 1, 1}, float[8] offset = {0, 0, 0, 0, 0, 0, 0, 0},
 float[8,8] wq, float[8,8] wk, float[8,8] wv, float[8,8] wo, float[10,8] head, int64[3] flat = {0, 8, -1},
 int64[4] heads = {0, 0, 2, 4}, int64[3] joined = {0, 0, 8}, int64[1] middle = {1}>
{
  p = Conv <strides = [4, 4]> (image, stem)
  g = Conv <group = 2> (p, grouped, more)
  r = Reshape (g, flat)
  t = Transpose <perm = [0, 2, 1]> (r)
  n = LayerNormalization (t, scale, offset)
  q = MatMul (n, wq)
  k = MatMul (n, wk)
  v = MatMul (n, wv)
  qr = Reshape (q, heads)
  kr = Reshape (k, heads)
  vr = Reshape (v, heads)
  qt = Transpose <perm = [0, 2, 1, 3]> (qr)
  kt = Transpose <perm = [0, 2, 3, 1]> (kr)
  vt = Transpose <perm = [0, 2, 1, 3]> (vr)
  a = MatMul (qt, kt)
  s = Softmax <axis = -1> (a)
  o = MatMul (s, vt)
  ot = Transpose <perm = [0, 2, 1, 3]> (o)
  oj = Reshape (ot, joined)
  y = MatMul (oj, wo)
  m = ReduceMean <keepdims = 0> (y, middle)
  scores = Gemm <transB = 1> (m, head)
}`;

interface Asked {
  readonly flags: readonly string[];
  readonly rules: object | undefined;
  /** "layers: units in cells" of every group. */
  readonly groups: readonly string[];
  readonly recomputed: number;
}

const asked: readonly Asked[] = [
  { flags: [], rules: undefined, groups: ["stem: 4+4", "wq wk wv: 2", "wo: 8"], recomputed: 0 },
  {
    flags: ["--attention", "dims"],
    rules: { attention: "dims" },
    groups: ["stem: 4+4", "wq wk: 4+4", "wv: 4+4", "wo: 8"],
    recomputed: 0,
  },
  {
    flags: ["--residual-width"],
    rules: { approximate: "layer-norm" },
    groups: ["stem: 4+4", "grouped: 4+4", "wq wk wv: 2", "wo: 8"],
    recomputed: 1,
  },
  {
    flags: ["--allow-approximate", "--grouped", "groups"],
    rules: { approximate: "all", grouped: "groups" },
    groups: ["stem grouped: 2", "wq wk wv: 2", "wo: 8"],
    recomputed: 1,
  },
];

interface Group {
  readonly cells: readonly number[];
  readonly producers: readonly { readonly tensor: string }[];
}

describe("what goes on request", () => {
  const folder = new TemporaryFolder();
  const path = folder.path.bind(folder);

  before(() => writeModel(model(text), path("whole.onnx")));

  for (const { flags, rules, groups, recomputed } of asked) {
    const title = flags.join(" ") || "nothing";
    const name = (kind: string) => path(`${title.replaceAll(/\W+/g, "-")}.${kind}`);

    it(`${title}: other groups`, async () => {
      const found = await document(["groups", path("whole.onnx"), ...flags]);
      const described = (found.groups as Group[]).map(
        ({ cells, producers }) => `${producers.map(({ tensor }) => tensor).join(" ")}: ${cells.join("+")}`,
      );
      expect(described).to.deep.equal(groups);
    });

    it(`${title}: apply cuts what prune cut, verify knows what was asked`, async () => {
      const files = ["-o", name("onnx"), "--plan", name("json")];
      const pruned = await document(["prune", path("whole.onnx"), "--ratio", "0.5", ...flags, ...files]);
      expect(pruned.recomputed).to.equal(recomputed);
      expect(JSON.parse(readFileSync(name("json"), "utf8")).rules).to.deep.equal(rules);
      await document(["apply", path("whole.onnx"), "--plan", name("json"), "-o", name("again.onnx")]);
      expect(readFileSync(name("again.onnx"))).to.deep.equal(readFileSync(name("onnx")));
      const verified = await document(["verify", path("whole.onnx"), name("onnx"), "--plan", name("json")]);
      expect(verified).to.deep.include({ ok: true, recomputed });
    });
  }

  it("measures what only goes on request", async () => {
    const random = new Random(3);
    const x = Float32Array.from({ length: 32 * 192 }, () => random.normal());
    const y = Uint8Array.from({ length: 32 }, (_, i) => i % 10);
    const samples = zip({ "x.npy": npy("<f4", [32, 3, 8, 8], bytesOf(x)), "y.npy": npy("|u1", [32], y) });
    const data = ["--data", `npz:${folder.write("samples.npz", samples)}`, "--samples", "32", "--batch", "8"];
    const flags = [
      "--ratio",
      "0.5",
      "--residual-width",
      ...data,
      "-o",
      path("measured.onnx"),
      "--plan",
      path("measured.json"),
    ];
    const gone = async (importance: string): Promise<readonly number[]> => {
      await document(["prune", path("whole.onnx"), ...flags, "--importance", importance]);
      const { slices } = JSON.parse(readFileSync(path("measured.json"), "utf8")) as PrunePlan;
      return slices.find(({ source, tensor }) => (source ?? tensor) === "scale")?.removed ?? [];
    };
    // Two channels far from zero, which their weights do not show.
    expect(await gone("l2")).to.include.oneOf([0, 7]);
    expect(await gone("mean-activation")).not.to.include.oneOf([0, 7]);
    expect(await gone("wanda")).not.to.include.oneOf([0, 7]);
  });
});
