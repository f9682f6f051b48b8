import { expect } from "chai";
import { numbersOf, rawBytes } from "../../../src/ir/index.js";
import { model } from "../../support/graph.js";

const text = `g (float[1,3,8,8] x) => (float[1,4,8,8] y)
  <float[40,3,5,5] w, int64[100] axes, bool[9] flags, double[2] d, float[1,4,8,8] h, float[1] given = {2}>
  { h = Op(x, w, axes, flags, d, given) y = Relu(h) }`;

describe("Graphs of tests as text", () => {
  it("have random constants where a type is listed and nothing makes the value", () => {
    const { graph } = model(text);
    expect(graph.initializers.map(({ name }) => name)).to.deep.equal(["given", "w", "axes", "flags", "d"]);
    expect(graph.find("h")?.initializer).to.equal(undefined);
    expect(graph.find("w")?.info).to.equal(undefined);
    const given = graph.find("given")?.initializer;
    expect(given && Array.from(numbersOf(given))).to.deep.equal([2]);
  });

  it("have weights of mean 0 and standard deviation 0.5, and small whole numbers", () => {
    const { graph } = model(text);
    const numbers = (name: string) => {
      const tensor = graph.find(name)?.initializer;
      return tensor ? Array.from(numbersOf(tensor)) : [];
    };
    const weights = numbers("w");
    const mean = weights.reduce((sum, value) => sum + value, 0) / weights.length;
    const variance = weights.reduce((sum, value) => sum + (value - mean) ** 2, 0) / weights.length;
    expect(mean).to.be.within(-0.05, 0.05);
    expect(Math.sqrt(variance)).to.be.within(0.45, 0.55);
    expect(new Set(numbers("axes"))).to.deep.equal(new Set([0, 1, 2, 3, 4, 5, 6, 7]));
    expect(new Set(numbers("flags"))).to.deep.equal(new Set([0, 1]));
  });

  it("are the same for the same seed only", () => {
    const bytes = (seed: number) => {
      const tensor = model(text, { seed }).graph.find("w")?.initializer;
      return tensor && Buffer.from(rawBytes(tensor)).toString("hex");
    };
    expect(bytes(1)).to.equal(bytes(1));
    expect(bytes(1)).to.not.equal(bytes(2));
  });

  it("are refused where they are not sound", () => {
    expect(() => model("g (x) => (y) { y = Add(x, w) }")).to.throw("w, which nothing makes");
    expect(() => model("g (x) => (y) <float[N] w> { y = Add(x, w) }")).to.throw(
      "dimensions that are numbers",
    );
  });
});
