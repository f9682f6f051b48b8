import { expect } from "chai";
import { costTable, widthProbes } from "../../src/analysis/index.js";
import { widthsAround } from "../../src/analysis/width-probes.js";
import { model } from "../support/graph.js";
import { measured } from "../support/oracle.js";

const text = `<ir_version: 8, opset_import: ["" : 17]>
net (float[1,3,8,8] x) => (float[1,10] y)
<float[16,3,3,3] stem, float[16,1,3,3] depth, float[32,16,1,1] point, float[32,16,1,1] again, float[32,10] head>
{
  a = Conv <pads = [1, 1, 1, 1]> (x, stem)
  b = Conv <group = 16, pads = [1, 1, 1, 1], strides = [2, 2]> (a, depth)
  c = Conv (b, point)
  d = Conv (b, again)
  e = Add (c, d)
  p = GlobalAveragePool (e)
  f = Flatten (p)
  y = MatMul (f, head)
}`;

describe("layers alone at other widths", () => {
  it("have widths about a half, exactly multiples of what is asked", () => {
    expect([1, 2, 4, 8, 16, 32].map((multiple) => widthsAround(64, multiple))).to.deep.equal([
      [31, 33],
      [30, 34],
      [28, 36],
      [24, 40],
      [16, 48],
      [32],
    ]);
    expect([1, 2, 4, 8, 16].map((multiple) => widthsAround(16, multiple))).to.deep.equal([
      ...[[7, 9], [6, 10], [4, 12], [8], []],
    ]);
    expect(widthsAround(30, 1)).to.deep.equal([15]);
    expect(widthsAround(1, 1)).to.deep.equal([1]);
    expect(widthsAround(1, 2)).to.deep.equal([]);
  });

  it("are those with most multiply-accumulates, equal ones together", async () => {
    const { model: net, dims } = await measured(model(text));
    const { macs, macsOf } = costTable(net.graph, dims);
    const probes = widthProbes(net.graph, dims);
    const [stem = 0, depth = 0, point = 0] = [...macsOf.values()];
    expect(stem).to.equal(8 * 8 * 16 * 27);
    expect([...new Map(probes.map(({ layer, share }) => [layer, share]))]).to.deep.equal([
      ["a", stem / macs],
      ["c", (2 * point) / macs],
      ["b", depth / macs],
    ]);
    const widths = (name: string) =>
      probes
        .filter(({ layer }) => layer === name)
        .map(({ multiple, inputs, outputs, products }) => [multiple, inputs, outputs, products]);
    // The image keeps its three channels; a depthwise convolution has as many inputs as outputs, one product for each.
    expect(widths("a").slice(0, 2)).to.deep.equal([
      [1, 3, 7, 21],
      [1, 3, 9, 27],
    ]);
    expect(widths("b").slice(0, 2)).to.deep.equal([
      [1, 7, 7, 7],
      [1, 9, 9, 9],
    ]);
    expect(widths("c").at(-1)).to.deep.equal([8, 8, 24, 192]);
  });

  it("do the work of the layer, in proportion to their widths", async () => {
    const { model: net, dims } = await measured(model(text));
    const { macsOf } = costTable(net.graph, dims);
    const whole = new Map([...macsOf].map(([node, macs]) => [node.label, macs]));
    const full = new Map([
      ["a", 3 * 16],
      ["b", 16],
      ["c", 16 * 32],
      ["y", 32 * 10],
    ]);
    const probes = widthProbes(net.graph, dims, 9);
    expect(new Set(probes.map(({ layer }) => layer)).size).to.equal(4);
    for (const { layer, products, model: alone } of probes) {
      const { model: probe, dims: sizes } = await measured(alone);
      const share = costTable(probe.graph, sizes).macs / (whole.get(layer) ?? 0);
      expect(share, layer).to.be.closeTo(products / (full.get(layer) ?? 0), 1e-12);
    }
  });
});
