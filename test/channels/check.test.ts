import { expect } from "chai";
import { checkSliced } from "../../src/channels/index.js";
import { type Graph, Tensor } from "../../src/ir/index.js";
import { type Choice, channelsOf, cutUnits } from "../support/oracle.js";
import { analysed } from "../support/sample.js";
import { net } from "./patterns/pattern.js";

/** What the closing check says about a cut after `damage` was done to its result. */
async function problemsOf(text: string, choose: Choice, damage: (graph: Graph) => void) {
  const { analysis, sliced, removed } = cutUnits(await analysed(text), choose);
  const check = () => checkSliced(analysis, sliced.model, removed, sliced.originals, sliced.dims);
  expect(check()).to.deep.equal([]);
  damage(sliced.model.graph);
  return check();
}

const shuffled = net({
  constants:
    "float[8, 3, 1, 1] w, int64[5] s = {2, 2, 4, 4, 4}, int64[4] t = {2, 8, 4, 4}, float[8] scale, float[5, 8, 1, 1] v",
  nodes: `h = Conv(x, w) r = Reshape(h, s) p = Transpose <perm = [0, 2, 1, 3, 4]> (r) q = Reshape(p, t)
    y = Add(q, h) z = Conv(y, v)`,
});

const parted = net({
  constants: "float[8, 3, 1, 1] w, int64[2] s = {3, 5}, float[2, 3, 1, 1] u, float[2, 5, 1, 1] v",
  nodes: "h = Conv(x, w) a, b = Split <axis = 1> (h, s) c = Conv(a, u) d = Conv(b, v) z = Add(c, d)",
});

describe("the closing check", () => {
  it("sees channels in another order", async () => {
    const [problem] = await problemsOf(shuffled, channelsOf("w", 0, [1]), (graph) => {
      const gather = graph.nodes.find(({ opType }) => opType === "Gather");
      const order = gather?.input(1);
      if (!order?.initializer) throw new Error("the shuffle has no order");
      const size = order.initializer.elements;
      const reversed = Array.from({ length: size }, (_, i) => size - 1 - i);
      graph.setInitializer(order.name, Tensor.int64(order.name, [size], reversed));
    });
    expect(problem?.message).to.match(/Add y: \d of \d channels meet a different one/);
    expect(problem?.output).to.equal("y");
  });

  it("sees parts that are cut elsewhere than the layers that read them", async () => {
    const problems = await problemsOf(parted, channelsOf("w", 0, [0, 1]), (graph) => {
      graph.setInitializer("s", Tensor.int64("s", [2], [2, 4]));
    });
    expect(problems.map(({ output }) => output)).to.include("c");
  });

  it("sees a constant that was cut to another size", async () => {
    const [problem] = await problemsOf(parted, channelsOf("w", 0, [0]), (graph) => {
      graph.setInitializer("u", Tensor.float32("u", [2, 3, 1, 1], new Float32Array(6)));
    });
    expect(problem?.message).to.equal("u axis 1: 2 channels stay, the sliced constant has 3");
  });

  it("takes padding for whatever it meets, but for one thing only", async () => {
    const text = net({
      constants:
        "float[4, 3, 1, 1] w, int64[8] p = {0, 2, 0, 0, 0, 2, 0, 0}, float[8, 3, 1, 1] u, float[5, 8, 1, 1] v",
      nodes: "h = Conv(x, w) q = Pad(h, p) k = Conv(x, u) y = Add(q, k) z = Conv(y, v)",
    });
    const problems = await problemsOf(text, channelsOf("w", 0, [1]), (graph) => {
      graph.setInitializer("p", Tensor.int64("p", [8], [0, 3, 0, 0, 0, 1, 0, 0]));
    });
    expect(problems[0]?.message).to.match(/Add y: 3 of 7 channels meet a different one/);
  });
});
