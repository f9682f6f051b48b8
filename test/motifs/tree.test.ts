import { expect } from "chai";
import fc from "fast-check";
import { Random } from "../../src/base/random.js";
import { cloneModel, Graph, type Model, type Node, type Value } from "../../src/ir/index.js";
import {
  findMotifs,
  levelGraphs,
  type MotifTree,
  motifsDocument,
  motifsDot,
  motifsOf,
  motifsText,
  operationsOf,
} from "../../src/motifs/index.js";
import { networkModel, networkPlans, networkText } from "../support/network/index.js";
import { networks } from "./networks.js";

/** TOPIARY_FUZZ asks for more networks. */
const runs = Number(process.env.TOPIARY_FUZZ ?? 150);

describe("the tree of motifs", function () {
  this.timeout(60_000);

  it("of random networks: every operator on data stands in one operation", () =>
    forNetworks((model) => {
      const tree = findMotifs(model.graph);
      const nodes = operationsOf(tree.top).flatMap((leaf) => leaf.nodes);
      expect(new Set(nodes).size).to.equal(nodes.length);
      const dependent = new Set(tree.values);
      for (const node of model.graph.nodes) {
        const isOnData = node.outputs.some((value) => value && dependent.has(value));
        expect(nodes.includes(node), String(node)).to.equal(isOnData);
      }
    }));

  it("of random networks: instances have the structure of their motif, and levels rise", () =>
    forNetworks((model) => {
      const tree = findMotifs(model.graph);
      for (const motif of motifsOf(tree)) {
        for (const { values, parts } of motif.instances) {
          expect(values).to.have.length(motif.nodeCount);
          expect(parts).to.have.length(motif.edges.length);
          expect(new Set(values).size).to.equal(values.length);
        }
        for (const { source, target, type } of motif.edges) {
          expect(source).to.be.below(motif.nodeCount);
          expect(target).to.be.below(motif.nodeCount);
          const level = "instances" in type ? type.family.level : type.level;
          expect(level).to.be.below(motif.family.level);
        }
      }
      expect(tree.families.at(-1)?.motifs).to.deep.equal([tree.top.motif]);
    }));

  it("of random networks: edges join what the parts read and make", () =>
    forNetworks((model) => {
      const tree = findMotifs(model.graph);
      for (const { motif, values, parts } of motifsOf(tree).flatMap(({ instances }) => instances)) {
        motif.edges.forEach(({ source, target }, i) => {
          const part = parts[i];
          if (!part || "motif" in part) return;
          expect(part.inputs).to.include(values[source]);
          expect(part.outputs).to.include(values[target]);
        });
      }
    }));

  it("of random networks: the same for other widths, names and orders of nodes", () =>
    forNetworks((model, seed) => {
      // Bodies name values of the graph around them, which would have to be renamed there too.
      if (model.graph.nodes.some((node) => [...node.subgraphs()].length > 0)) return;
      const other = findMotifs(disguised(model, seed).graph);
      expect(countsOf(other)).to.deep.equal(countsOf(findMotifs(model.graph)));
    }));

  it("of every small network: the same for other names and orders of nodes", () => {
    for (const [name, make] of Object.entries(networks)) {
      const document = motifsDocument(findMotifs(make("kept").graph));
      const other = motifsDocument(findMotifs(disguised(make("kept"), 5).graph));
      expect(namesOf(other), name).to.deep.equal(namesOf(document));
    }
  });

  it("the same graph gives the same text", () => {
    for (const make of Object.values(networks)) {
      const model = make("folded");
      expect(motifsText(findMotifs(model.graph))).to.equal(motifsText(findMotifs(cloneModel(model).graph)));
    }
  });

  it("does not run out of stack", () => {
    const graph = new Graph();
    const skips = [graph.addInput("x")];
    const node = (opType: string, ...inputs: Value[]) => {
      const output = graph.value(`v${graph.nodes.length}`);
      graph.addNode({ opType, inputs, outputs: [output] });
      return output;
    };
    for (let depth = 0; depth < 5000; depth++) skips.push(node("Swirl", skips.at(-1) as Value));
    let x = skips.pop() as Value;
    while (skips.length > 0) x = node("Swirl", node("Concat", skips.pop() as Value, x));
    graph.addOutput(x);
    const tree = findMotifs(graph);
    expect(operationsOf(tree.top)).to.have.length(15_000);
  });

  it("of a graph without data is one empty graph", () => {
    const tree = findMotifs(new Graph());
    expect(tree.top.motif).to.include({ name: "network", nodeCount: 0 });
    expect(motifsDocument(tree).levels.map(({ level, nodes, edges }) => [level, nodes, edges])).to.deep.equal(
      [
        [0, 0, 0],
        [1, 0, 0],
      ],
    );
  });
});

describe("graphs of motifs", () => {
  const tree = findMotifs((networks.resnet as (style: "kept") => Model)("kept").graph);

  it("are graphlib multigraphs, level by level, with one on top", () => {
    const levels = levelGraphs(tree);
    expect(levels.map((graphs) => graphs.length)).to.deep.equal([2, 2, 1]);
    for (const graph of levels.flat()) expect(graph.isMultigraph() && graph.isDirected()).to.equal(true);
    const [block] = levels[0] ?? [];
    expect(block?.graph()).to.deep.equal({ id: "m1", name: "basic block: 3×3, 3×3, residual", level: 1 });
    expect(block?.edges().map((edge) => [edge.v, edge.w, block.edge(edge).name])).to.deep.equal([
      ["0", "1", "3×3 convolution, relu"],
      ["0", "3", "add, relu"],
      ["1", "2", "3×3 convolution"],
      ["2", "3", "add, relu"],
    ]);
    expect(block?.node("0")).to.equal(tree.families[0]?.motifs[0]?.instances[0]?.values[0]?.name);
  });

  it("edges of higher levels are motifs of lower ones", () => {
    const [stage] = levelGraphs(tree)[1] ?? [];
    expect(stage?.edges().map((edge) => stage.edge(edge))).to.deep.equal(
      Array.from({ length: 3 }, () => ({ type: "m1", name: "basic block: 3×3, 3×3, residual", level: 1 })),
    );
  });

  it("in DOT hold every edge once and quote what files may contain", () => {
    const dot = motifsDot(tree);
    const edges = motifsOf(tree).reduce((sum, motif) => sum + motif.edges.length, 0);
    expect(dot.match(/->/g)).to.have.length(edges);
    const graph = new Graph();
    const [x, y] = [graph.addInput("x"), graph.value("y")];
    graph.addNode({ opType: 'Odd"\\\n', inputs: [x], outputs: [y] });
    graph.addOutput(y);
    expect(motifsDot(findMotifs(graph))).to.include('[label="Odd\\"\\\\ "]');
  });
});

function forNetworks(check: (model: Model, seed: number) => void): void {
  fc.assert(
    fc.property(networkPlans(), fc.nat(1000), (plan, seed) =>
      check(networkModel(networkText(plan), seed), seed),
    ),
    { numRuns: runs, seed: 20261121 },
  );
}

/** Families and motifs with their sizes; what stands side by side has no order. */
function countsOf(tree: MotifTree): readonly string[] {
  return tree.families
    .map(({ level, name, count, motifs }) => {
      const sizes = motifs.map(({ nodeCount, edges, instances }) => [
        nodeCount,
        edges.length,
        instances.length,
      ]);
      return `level ${level}: ${count} ${name}, ${sizes.map(String).sort().join(" ")}`;
    })
    .sort();
}

function namesOf({ levels }: ReturnType<typeof motifsDocument>): unknown {
  return levels.map(({ motifs, families, nodes, edges }) => ({
    motifs: motifs.map(({ name, count }) => [name, count]),
    families,
    nodes,
    edges,
  }));
}

/** The same network with other names and its nodes in another order that is right as well. */
function disguised(model: Model, seed: number): Model {
  const random = new Random(seed);
  const copy = cloneModel(model);
  const graph = new Graph({ name: "other" });
  const names = new Map<Value, Value>();
  const renamed = (value: Value) => {
    const known = names.get(value) ?? graph.value(`r${names.size}`);
    names.set(value, known);
    return known;
  };
  for (const input of copy.graph.inputs) graph.addInput(renamed(input).name, input.info);
  for (const value of copy.graph.initializers)
    if (value.initializer) graph.setInitializer(renamed(value).name, value.initializer);
  const left = new Set(copy.graph.nodes);
  const isReady = (node: Node) => node.inputs.every((value) => !value?.producer || !left.has(value.producer));
  while (left.size > 0) {
    const ready = [...left].filter(isReady);
    const node = ready[random.below(ready.length)] as Node;
    left.delete(node);
    graph.addNode({
      ...node,
      name: `n${left.size}`,
      inputs: node.inputs.map((value) => value && renamed(value)),
      outputs: node.outputs.map((value) => value && renamed(value)),
      attributes: node.attributes.values(),
    });
  }
  for (const output of copy.graph.outputs) graph.addOutput(renamed(output));
  copy.graph = graph;
  return copy;
}
