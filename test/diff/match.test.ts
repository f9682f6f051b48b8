import { expect } from "chai";
import { matchGraphs } from "../../src/diff/index.js";
import { type Graph, Graph as IrGraph, type Node, Tensor } from "../../src/ir/index.js";
import { model } from "../support/graph.js";
import { residualBlock } from "../support/models.js";

function labels(a: Graph, b: Graph, ignoreNames = false): string[] {
  return Array.from(matchGraphs(a, b, { ignoreNames }).pairs, ([x, y]) => `${x.label} ${y.label}`).sort();
}

/** A row of residual blocks; every name starts with `prefix`. `skip` leaves one block out. */
function blocks(prefix: string, count: number, skip = -1): Graph {
  const graph = new IrGraph();
  let x = graph.addInput("x");
  const weight = graph.setInitializer(`${prefix}w`, Tensor.float32("w", [4, 4, 1, 1], new Float32Array(16)));
  const node = (opType: string, block: number, ...inputs: Node["inputs"][number][]) => {
    const output = graph.value(`${prefix}${opType}_${block}`);
    graph.addNode({ opType, inputs, outputs: [output] });
    return output;
  };
  for (let block = 0; block < count; block++) {
    if (block === skip) continue;
    const y = node("Relu", block, node("Conv", block, x, weight));
    const z = node("Sigmoid", block, y);
    x = node("Add", block, x, node("Mul", block, y, z));
  }
  graph.addOutput(x);
  return graph;
}

describe("matchGraphs", () => {
  it("finds every node again under other names and in another file order", () => {
    const a = residualBlock().graph;
    const b = model(`<ir_version: 8, opset_import: ["" : 17]>
g (float[N,3,8,8] p) => (float[N,10] q)
<float[4,3,3,3] w1, float[4] b1, float[6,4,3,3] w2, float[4,6,3,3] w3, float[10,4] w4, float[10] b4>
{
  t1 = Conv <pads = [1,1,1,1]> (p, w1, b1)
  t2 = Relu (t1)
  t3 = Conv <pads = [1,1,1,1]> (t2, w2)
  t4 = Relu (t3)
  t5 = Conv <pads = [1,1,1,1]> (t4, w3)
  t6 = Add (t2, t5)
  t7 = GlobalAveragePool (t6)
  t8 = Flatten (t7)
  q = Gemm <transB = 1> (t8, w4, b4)
}`).graph;
    expect(labels(a, b)).to.deep.equal(
      ["stem t1", "r t2", "up t3", "s t4", "down t5", "d t6", "e t7", "f t8", "head q"].sort(),
    );
  });

  it("a window of another size is another node; names alone do not make a match", () => {
    const text = (kernel: number) => `<ir_version: 8, opset_import: ["" : 17]>
g (float[1,3,8,8] x) => (float y) <float[4,3,${kernel},${kernel}] w> { t = Conv (x, w) y = Relu (t) }`;
    expect(labels(model(text(1)).graph, model(text(3)).graph)).to.deep.equal(["y y"]);
  });

  it("leaves out the block that is missing, and matches all others with themselves", () => {
    const matching = matchGraphs(blocks("", 40), blocks("", 40, 20));
    expect(matching.size).to.equal(39 * 5);
    expect([...matching.pairs].filter(([a, b]) => a.label !== b.label)).to.deep.equal([]);
    expect(matchGraphs(blocks("", 40), blocks("", 40, 20), { ignoreNames: true }).size).to.equal(39 * 5);
  });

  it("takes less than a second for 5,000 nodes without a common name", () => {
    const [a, b] = [blocks("", 1000), blocks("other/", 1000, 300)];
    // The processor's time: other processes on the machine do not count.
    const started = process.cpuUsage();
    expect(matchGraphs(a, b).size).to.equal(999 * 5);
    const { user } = process.cpuUsage(started);
    expect(user / 1e6).to.be.below(1);
  });
});
