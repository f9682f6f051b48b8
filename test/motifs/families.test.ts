import { expect } from "chai";
import { instancesInsideOut } from "../../src/motifs/contents.js";
import { findMotifs, type MotifTree, motifsDocument } from "../../src/motifs/index.js";
import { Layers, type Wire } from "./layers.js";

/** Names and counts of the families of a network, without the network itself. */
function families(build: (net: Layers) => Wire | readonly Wire[]): Record<string, number> {
  const net = new Layers("kept");
  const outputs = build(net);
  const tree = findMotifs(net.model(...("name" in outputs ? [outputs] : outputs)).graph);
  return Object.fromEntries(
    tree.families.filter((each) => each !== tree.top.motif.family).map(({ name, count }) => [name, count]),
  );
}

const relu = { activation: "relu" } as const;

function basicBlock(net: Layers, x: Wire): Wire {
  return net.add(net.conv(net.conv(x, x.channels, 3, relu), x.channels, 3), x, "relu");
}

describe("families", () => {
  it("one block is no motif", () => {
    expect(families((net) => basicBlock(net, net.conv(net.input, 4, 3)))).to.deep.equal({});
  });

  it("a block without the shortcut counts only beside those with one", () => {
    const count = (between: (net: Layers, x: Wire) => Wire) =>
      families((net) => {
        let x = net.conv(net.input, 4, 3, relu);
        for (let i = 0; i < 2; i++) x = basicBlock(net, x);
        x = between(net, x);
        return net.head(net.conv(net.conv(x, 8, 3, { stride: 2, ...relu }), 8, 3));
      });
    expect(count((_, x) => x)).to.deep.equal({ "basic block": 3 });
    expect(count((net, x) => net.maxPool(x))).to.deep.equal({ "basic block": 2 });
  });

  it("an expansion is missing, not the block", () => {
    const block = (net: Layers, x: Wire, wide: boolean) => {
      const inner = wide ? net.conv(x, 8, 1, relu) : x;
      return net.add(net.conv(net.depthwise(inner, 3, relu), 4, 1), x);
    };
    expect(
      families((net) => block(net, block(net, block(net, net.conv(net.input, 4, 3), false), true), true)),
    ).to.deep.equal({ "inverted residual": 3 });
  });

  it("a gate makes no other family", () => {
    const block = (net: Layers, x: Wire, gated: boolean) => {
      const inner = net.depthwise(net.conv(x, 8, 1, relu), 3, relu);
      return net.add(net.conv(gated ? net.squeezeAndExcite(inner) : inner, 4, 1), x);
    };
    const tree = findMotifs(
      ((net) => net.model(block(net, block(net, net.conv(net.input, 4, 3), false), true)))(new Layers("kept"))
        .graph,
    );
    expect(tree.families[0]?.name).to.equal("inverted residual");
    expect(tree.families[0]?.motifs.map(({ name }) => name)).to.deep.equal([
      "inverted residual: 1×1, depthwise 3×3, 1×1, residual",
      "inverted residual: 1×1, depthwise 3×3, squeeze and excite, 1×1, residual",
    ]);
  });

  it("what stands once in each block is part of the block", () => {
    const tree = findMotifs(
      ((net) => {
        let x = net.conv(net.input, 4, 3);
        for (let i = 0; i < 3; i++)
          x = net.add(net.squeezeAndExcite(net.conv(net.conv(x, 4, 3, relu), 4, 3)), x);
        return net.model(x);
      })(new Layers("kept")).graph,
    );
    expect(tree.families.map(({ name, count }) => [name, count])).to.deep.equal([
      ["basic block", 3],
      ["network", 1],
    ]);
  });

  it("what stands twice in a block is a motif of its own", () => {
    expect(
      families((net) => {
        let x = net.conv(net.input, 4, 3);
        const separable = (y: Wire) => net.conv(net.depthwise(y, 3), 4, 1, relu);
        for (let i = 0; i < 3; i++) x = net.add(separable(separable(x)), x);
        return x;
      }),
    ).to.deep.equal({ "depthwise separable convolution": 6, "residual block": 3 });
  });

  it("blocks around gates around blocks have levels all the same", () => {
    const net = new Layers("kept");
    const gate = (x: Wire, inner: (y: Wire) => Wire) =>
      net.node("Mul", [x.name, net.node("Sigmoid", [inner(x).name], 4).name], 4);
    const plain = (x: Wire) => basicBlock(net, x);
    const gated = (x: Wire) => {
      const first = gate(net.conv(x, 4, 3, relu), plain);
      return net.add(net.conv(gate(first, plain), 4, 3), x, "relu");
    };
    let x = net.conv(net.input, 4, 3);
    for (let i = 0; i < 3; i++) x = plain(gated(x));
    const tree = findMotifs(net.model(x).graph);
    expect(motifsDocument(tree).levels.length).to.equal(tree.top.motif.family.level + 1);
    const instances = instancesInsideOut(tree);
    instances.forEach(({ parts }, i) => {
      for (const part of parts) if ("motif" in part) expect(instances.indexOf(part)).to.be.below(i);
    });
    expect(instances.at(-1)).to.equal(tree.top);
    expect(tree.families.find(({ name }) => name === "basic block")?.count).to.equal(12);
  });

  it("stages begin where sizes change", () => {
    const sizes = stagesOf((net) => {
      let x = net.conv(net.input, 4, 3, relu);
      for (const stride of [1, 1, 1, 2, 1, 2, 1, 1, 1]) {
        const inner = net.conv(net.conv(x, 4, 3, { stride, ...relu }), 4, 3);
        x = net.add(inner, stride === 1 ? x : net.conv(x, 4, 1, { stride }), "relu");
      }
      return x;
    });
    expect(sizes).to.deep.equal([3, 2, 4]);
  });

  it("one stage is none", () => {
    expect(
      families((net) => {
        let x = net.conv(net.input, 4, 3);
        for (let i = 0; i < 5; i++) x = basicBlock(net, x);
        return x;
      }),
    ).to.deep.equal({ "basic block": 5 });
  });

  it("a unit that stands alone is found by those that stand in a row", () => {
    expect(
      families((net) => {
        let x = net.conv(net.input, 4, 3);
        const fire = (y: Wire) => {
          const squeezed = net.conv(y, 2, 1, relu);
          return net.concat(net.conv(squeezed, 2, 1, relu), net.conv(squeezed, 2, 3, relu));
        };
        for (let i = 0; i < 2; i++) x = fire(x);
        x = fire(net.maxPool(x));
        return net.conv(x, 4, 1);
      }),
    ).to.deep.equal({ sequence: 3 });
  });

  it("a mask that every layer reads does not tie the layers together", () => {
    const net = new Layers("kept");
    let x = net.linear(net.reshape({ ...net.input, channels: 8 }, [1, 1536, 8]), 8);
    const mask = net.node("Neg", [net.node("Not", [net.constant("bool[1]")], 1).name], 1);
    for (let layer = 0; layer < 3; layer++) {
      const masked = net.node("Add", [net.linear(net.layerNorm(x), 16, "gelu").name, mask.name], 16);
      x = net.add(x, net.linear(masked, 8));
    }
    expect(findMotifs(net.model(x).graph).families[0]?.count).to.equal(3);
  });

  it("a graph of one operator has one level with one edge", () => {
    const net = new Layers("kept");
    const { top, families: all } = findMotifs(net.model(net.maxPool(net.input)).graph);
    expect(all).to.have.length(1);
    expect(top.motif).to.include({ nodeCount: 2 });
    expect(top.motif.edges).to.have.length(1);
  });
});

/** Lengths of the stages of a network. */
function stagesOf(build: (net: Layers) => Wire): number[] {
  const net = new Layers("kept");
  const tree: MotifTree = findMotifs(net.model(build(net)).graph);
  return tree.top.parts.flatMap((part) =>
    "motif" in part && part.motif.family.name.startsWith("stage") ? [part.parts.length] : [],
  );
}
