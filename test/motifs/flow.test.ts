import { expect } from "chai";
import type { Model } from "../../src/ir/index.js";
import { Graph } from "../../src/ir/index.js";
import { dataFlow, type Flow } from "../../src/motifs/flow.js";
import { model } from "../support/graph.js";
import { userError } from "../support/user-error.js";

describe("data flow", () => {
  it("leads from the inputs to the outputs, without constants and without arithmetic on shapes", () => {
    const net = small(`n = Shape(x) m = Gather(n, zero) one = Constant <value_ints = [1, -1]> ()
      both = Concat <axis = 0> (m, one) h = Conv(x, w) y = Reshape(h, both)`);
    expect(edges(dataFlow(net.graph))).to.have.members([
      "in>x",
      "x>Conv",
      "Conv>h",
      "h>Reshape",
      "Reshape>y",
      "y>out",
    ]);
  });

  it("leaves out what no output depends on", () => {
    const net = small("y = Conv(x, w) unused = Relu(y) more = Sigmoid(unused)");
    expect(edges(dataFlow(net.graph))).to.have.members(["in>x", "x>Conv", "Conv>y", "y>out"]);
  });

  it("ends the way of a mask where layers begin to read it", () => {
    const net = model(`<ir_version: 8, opset_import: ["" : 17]>
      g (float[1,4] x, float[1,4] mask) => (float[1,4] y) <float[4,4] w, float[4,4] v>
      { m = Neg(mask) a = MatMul(x, w) b = Add(a, m) c = MatMul(b, v) y = Add(c, m) }`);
    const flow = edges(dataFlow(net.graph));
    expect(flow).to.include.members(["mask>Neg", "Neg>m", "m>out", "a>Add", "c>Add"]);
    expect(flow.filter((edge) => edge.startsWith("m>"))).to.deep.equal(["m>out"]);
  });

  it("counts an operand as often as it is read", () => {
    const net = small("h = Conv(x, w) y = Mul(h, h)");
    expect(edges(dataFlow(net.graph)).filter((edge) => edge === "h>Mul")).to.have.length(2);
  });

  it("takes no more than a type from what a cast is like", () => {
    const net = small("z = CastLike(w, x) h = Conv(x, z) y = Relu(h)");
    expect(edges(dataFlow(net.graph)).filter((edge) => edge.endsWith(">Conv"))).to.deep.equal(["x>Conv"]);
  });

  it("sees what the bodies of a node read", () => {
    const net = small(`h = Conv(x, w) k = ReduceMax <keepdims = 0> (h) c = Cast <to = 9> (k)
      y = If (c) <then_branch = yes () => (float[1,4,8,8] a) { a = Relu(h) },
                  else_branch = no () => (float[1,4,8,8] b) { b = Neg(h) }>`);
    expect(edges(dataFlow(net.graph)).filter((edge) => edge === "h>If")).to.have.length(2);
  });

  it("every edge leads to a higher vertex, in the order of the tails", () => {
    const { from, to } = dataFlow(small("h = Conv(x, w) a = Relu(h) b = Neg(h) y = Add(a, b)").graph);
    from.forEach((tail, i) => {
      expect(to[i]).to.be.above(tail);
      expect(tail).to.be.at.least(from[i - 1] ?? 0);
    });
  });

  it("refuses a graph with a cycle", async () => {
    const graph = new Graph({ name: "ring" });
    const [x, a, b] = [graph.addInput("x"), graph.value("a"), graph.value("b")];
    graph.addNode({ opType: "Add", inputs: [x, b], outputs: [a] });
    graph.addNode({ opType: "Relu", inputs: [a], outputs: [b] });
    graph.addOutput(b);
    expect(await userError("cyclic-graph", () => dataFlow(graph))).to.include("ring");
  });

  it("of a graph without data there is none", () => {
    expect(edges(dataFlow(new Graph()))).to.deep.equal([]);
  });
});

function small(nodes: string): Model {
  return model(`<ir_version: 8, opset_import: ["" : 17]> g (float[1,4,8,8] x) => (float[] y)
    <float[4,4,1,1] w, int64[1] zero = {0}> { ${nodes} }`);
}

function edges({ nodes, values, from, to }: Flow): string[] {
  const name = (vertex: number) =>
    nodes[vertex]?.opType ?? values[vertex]?.name ?? (vertex === 0 ? "in" : "out");
  return Array.from(from, (tail, i) => `${name(tail)}>${name(to[i] as number)}`);
}
