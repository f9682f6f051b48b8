/**
 * How the time to find motifs grows with the number of nodes, on graphs of several shapes up to 50,000 nodes.
 *
 *     node --import tsx tools/bench/motifs.ts [MOST_NODES]
 */
import { Random } from "../../src/base/random.js";
import { attribute, Graph, Tensor, type Value } from "../../src/ir/index.js";
import { findMotifs } from "../../src/motifs/index.js";

type Shape = (builder: Builder, nodes: number) => void;

class Builder {
  readonly graph = new Graph({ name: "bench" });
  count = 0;
  readonly #weights = new Map<string, Value>();

  node(opType: string, ...inputs: Value[]): Value {
    const output = this.graph.value(`v${this.count++}`);
    this.graph.addNode({ opType, inputs, outputs: [output], attributes: [] });
    return output;
  }

  conv(x: Value, kernel: number, { depthwise = false, stride = 1 } = {}): Value {
    const weight = this.#weight(depthwise ? [8, 1, kernel, kernel] : [8, 8, kernel, kernel]);
    const output = this.graph.value(`v${this.count++}`);
    const attributes = [
      attribute.ints("strides", [stride, stride]),
      attribute.int("group", depthwise ? 8 : 1),
    ];
    this.graph.addNode({ opType: "Conv", inputs: [x, weight], outputs: [output], attributes });
    return output;
  }

  #weight(dims: number[]): Value {
    const name = `w${dims.join("x")}`;
    const size = dims.reduce((product, dim) => product * dim, 1);
    const known =
      this.#weights.get(name) ??
      this.graph.setInitializer(name, Tensor.float32(name, dims, new Float32Array(size)));
    this.#weights.set(name, known);
    return known;
  }
}

const shapes: Readonly<Record<string, Shape>> = {
  "residual blocks"(b, nodes) {
    let x = b.graph.addInput("x");
    while (b.count < nodes) {
      const stride = b.count % 700 === 0 ? 2 : 1;
      const y = b.conv(b.node("Relu", b.conv(x, 3, { stride })), 3);
      x = b.node("Relu", b.node("Add", stride === 2 ? b.conv(x, 1, { stride }) : x, y));
    }
    b.graph.addOutput(x);
  },
  "two kinds of blocks in turn"(b, nodes) {
    let x = b.graph.addInput("x");
    while (b.count < nodes) {
      x = b.node("Add", x, b.conv(b.conv(b.conv(x, 1), 3, { depthwise: true }), 1));
      x = b.node("Add", x, b.conv(b.node("Relu", b.conv(x, 3)), 3));
    }
    b.graph.addOutput(x);
  },
  "dense blocks of 24 layers"(b, nodes) {
    let x = b.graph.addInput("x");
    while (b.count < nodes) {
      const features = [x];
      for (let layer = 0; layer < 24; layer++) {
        const joined = features.length > 1 ? b.node("Concat", ...features) : x;
        features.push(b.conv(b.node("Relu", b.conv(b.node("Relu", joined), 1)), 3));
      }
      x = b.node("Relu", b.conv(b.node("Concat", ...features), 1));
    }
    b.graph.addOutput(x);
  },
  "one row of equal layers"(b, nodes) {
    let x = b.graph.addInput("x");
    while (b.count < nodes) x = b.node("Relu", b.conv(x, 3));
    b.graph.addOutput(x);
  },
  "a row of layers by chance"(b, nodes) {
    const random = new Random(1);
    let x = b.graph.addInput("x");
    while (b.count < nodes) {
      x = b.conv(x, 1 + 2 * random.below(3), { depthwise: random.below(2) === 1 });
      if (random.below(2) === 1) x = b.node("Relu", x);
    }
    b.graph.addOutput(x);
  },
  "blocks inside blocks"(b, nodes) {
    const depth = Math.floor(nodes / 4);
    const skips = [b.graph.addInput("x")];
    for (let level = 0; level < depth; level++) skips.push(b.conv(skips.at(-1) as Value, 3));
    let x = skips.pop() as Value;
    while (skips.length > 0) x = b.conv(b.node("Relu", b.node("Concat", skips.pop() as Value, x)), 3);
    b.graph.addOutput(x);
  },
  "a graph by chance"(b, nodes) {
    const random = new Random(2);
    const values = [b.graph.addInput("x")];
    const any = () => values[Math.max(0, values.length - 1 - random.below(20))] as Value;
    while (b.count < nodes) {
      values.push(
        random.below(3) === 0 ? b.node("Add", any(), any()) : b.conv(any(), 1 + 2 * random.below(2)),
      );
    }
    b.graph.addOutput(values.at(-1) as Value);
  },
};

const most = Number(process.argv[2] ?? 50_000);
const sizes = [1, 2, 4, 8, 16, 32, 64].map((part) => Math.round(most / part)).reverse();
for (const [name, shape] of Object.entries(shapes)) {
  const times = sizes.map((size) => {
    const builder = new Builder();
    shape(builder, size);
    const start = performance.now();
    const tree = findMotifs(builder.graph);
    const ms = performance.now() - start;
    return `${size}: ${ms.toFixed(0)} ms, ${tree.families.length - 1} families`;
  });
  console.log(`${name}\n  ${times.join("\n  ")}`);
}
