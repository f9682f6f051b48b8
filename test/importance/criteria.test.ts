import { expect } from "chai";
import { ChannelAnalysis } from "../../src/channels/index.js";
import { type Aggregation, aggregations, criteria } from "../../src/importance/index.js";
import { model } from "../support/graph.js";
import { measured } from "../support/oracle.js";

/**
 * Three channels: w1 makes them, scale rides along, w2 reads them. l2 norms: filters 5, 13, 10 (as vectors in the plane
 * (3,4), (5,12), (6,8)); read slices 1, 2, 3.
 */
const normalised = `<ir_version: 8, opset_import: ["" : 17]>
net (float[1,2,2,2] x) => (float[1,1,2,2] y)
<float[3,2,1,1] w1 = {3, 4, 5, 12, 6, 8}, float[3] scale = {0.5, -2, 0.25}, float[3] shift = {9, 9, 9},
 float[3] mean = {0, 0, 0}, float[3] variance = {1, 1, 1}, float[1,3,1,1] w2 = {-1, 2, 3}>
{
  a = Conv (x, w1)
  b = BatchNormalization (a, scale, shift, mean, variance)
  r = Relu (b)
  y = Conv (r, w2)
}`;

/** Two layers, the first with batch normalization (mean |scale| 2), the second without (l2 scores 4/3 and 2/3). */
const partly = `<ir_version: 8, opset_import: ["" : 17]>
net (float[1,1,2,2] x) => (float[1,1,2,2] y)
<float[2,1,1,1] w1 = {1, 1}, float[2] scale = {1, 3}, float[2] shift, float[2] mean, float[2] variance = {1, 1},
 float[2,2,1,1] w2 = {2, 0, 1, 0}, float[1,2,1,1] w3 = {4, 2}>
{
  a = Conv (x, w1)
  b = BatchNormalization (a, scale, shift, mean, variance)
  c = Relu (b)
  d = Conv (c, w2)
  e = Relu (d)
  y = Conv (e, w3)
}`;

async function scoresOf(text: string, name: string, aggregation?: Aggregation): Promise<number[]> {
  const whole = await measured(model(text));
  const criterion = criteria.get(name) ?? expect.fail(`no criterion ${name}`);
  return [...criterion(new ChannelAnalysis(whole.model, whole.dims), 0, aggregation)];
}

function expectClose(found: readonly number[], wanted: readonly number[]): void {
  expect(found).to.have.length(wanted.length);
  wanted.forEach((value, i) => {
    expect(found[i], `unit ${i}`).to.be.closeTo(value, 1e-6);
  });
}

describe("importance criteria", () => {
  it("l1, l2: norms over the layer's mean, averaged over what makes and what reads a channel", async () => {
    const [n5, n13, n10] = [5, 13, 10].map((norm) => norm / (28 / 3)) as [number, number, number];
    expectClose(await scoresOf(normalised, "l2"), [(n5 + 0.5) / 2, (n13 + 1) / 2, (n10 + 1.5) / 2]);
    const [s7, s17, s14] = [7, 17, 14].map((norm) => norm / (38 / 3)) as [number, number, number];
    expectClose(await scoresOf(normalised, "l1"), [(s7 + 0.5) / 2, (s17 + 1) / 2, (s14 + 1.5) / 2]);
  });

  it("aggregates coupled slices by mean, sum, largest or root of squares", async () => {
    const made = [5, 13, 10].map((norm) => norm / (28 / 3));
    const read = [0.5, 1, 1.5];
    const pairs = made.map((value, i) => [value, read[i] as number] as const);
    const wanted: Record<Aggregation, number[]> = {
      mean: pairs.map(([a, b]) => (a + b) / 2),
      sum: pairs.map(([a, b]) => a + b),
      max: pairs.map(([a, b]) => Math.max(a, b)),
      l2: pairs.map(([a, b]) => Math.hypot(a, b)),
    };
    for (const aggregation of aggregations)
      expectClose(await scoresOf(normalised, "l2", aggregation), wanted[aggregation]);
  });

  it("bn-scale: |scale|, not shift, mean or variance", async () => {
    expectClose(await scoresOf(normalised, "bn-scale"), [0.5, 2, 0.25]);
  });

  it("bn-scale: layers without one follow l2 at the same mean", async () => {
    const l2 = await scoresOf(partly, "l2");
    const factor = 2 / (l2.reduce((sum, score) => sum + score, 0) / l2.length);
    const [, , third = 0, fourth = 0] = l2;
    expect(third).to.be.above(fourth);
    expectClose(await scoresOf(partly, "bn-scale"), [1, 3, factor * third, factor * fourth]);
  });

  it("bn-scale: a model without batch normalization is refused in words", async () => {
    const folded = normalised
      .replace("b = BatchNormalization (a, scale, shift, mean, variance)", "b = Neg (a)")
      .replace(/ float\[3\] scale.*\n float\[3\] mean.*1\},/, "");
    const error = await scoresOf(folded, "bn-scale").catch((thrown: unknown) => thrown);
    expect(error).to.have.property("code", "no-bn-scale");
  });

  it("fpgm: sums of distances between filters over their mean", async () => {
    const [ab, ac, bc] = [Math.hypot(2, 8), 5, Math.hypot(1, 4)];
    const mean = (2 * (ab + ac + bc)) / 3;
    expectClose(await scoresOf(normalised, "fpgm"), [(ab + ac) / mean, (ab + bc) / mean, (ac + bc) / mean]);
  });

  it("fpgm: filters along a later axis (MatMul) count the same", async () => {
    const text = `<ir_version: 8, opset_import: ["" : 17]>
net (float[1,2] x) => (float[1,1] y)
<float[2,3] w1 = {3, 5, 6, 4, 12, 8}, float[3,1] w2 = {1, 2, 3}>
{
  a = MatMul (x, w1)
  r = Relu (a)
  y = MatMul (r, w2)
}`;
    expectClose(await scoresOf(text, "fpgm"), await scoresOf(normalised, "fpgm"));
  });

  it("lamp: squared norms over the sum of those at least as large", async () => {
    const made = [25 / (25 + 100 + 169), 1, 100 / 269];
    const read = [1 / 14, 4 / 13, 1];
    const means = made.map((value, i) => (value + (read[i] as number)) / 2);
    expectClose(await scoresOf(normalised, "lamp"), means);
  });

  it("lamp: equal slices score alike, and all zeros score zero", async () => {
    const text = (filters: string, reads: string) => `<ir_version: 8, opset_import: ["" : 17]>
net (float[1,1,2,2] x) => (float[1,1,2,2] y)
<float[3,1,1,1] w1 = {${filters}}, float[1,3,1,1] w2 = {${reads}}>
{
  a = Conv (x, w1)
  y = Conv (a, w2)
}`;
    expectClose(await scoresOf(text("2, 2, 1", "0, 0, 0"), "lamp"), [0.25, 0.25, 1 / 18]);
  });
});
