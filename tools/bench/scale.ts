/**
 * Times every stage of pruning on generated graphs, to see whether it grows with the graph or faster.
 *
 * usage: npm run build && node --import tsx tools/bench/scale.ts [--budget macs|ratio] [NODES ...]
 *
 * NODES are sizes up to 50,000, by default 5000 10000 20000 50000. A graph is a chain of residual blocks of 3 x 3
 * convolutions over 8 channels; a fresh trunk starts after every 500 nodes, so that groups grow in number, not in size.
 * "macs" keeps half of the multiply-accumulates, "ratio" removes 30 % of every group. Each cell is "CPU seconds / wall
 * seconds"; CPU counts all threads (the collector works beside). Each size runs once, the first after a warm-up.
 */
import { loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Budget } from "../../src/channels/index.js";
import type { Model, Value } from "../../src/ir/index.js";

/** The package as users run it: the loader that runs this file would slow it down. */
const built = join(import.meta.dirname, "../../dist");
const ir: typeof import("../../src/ir/index.js") = await import(`${built}/ir/index.js`);
const channels: typeof import("../../src/channels/index.js") = await import(`${built}/channels/index.js`);
const { sliceChecked }: typeof import("../../src/rewrite/prune.js") = await import(
  `${built}/rewrite/prune.js`
);
const { inferShapes }: typeof import("../../src/runtime/index.js") = await import(
  `${built}/runtime/index.js`
);
const { criterionNamed }: typeof import("../../src/importance/index.js") = await import(
  `${built}/importance/index.js`
);
const { Random }: typeof import("../../src/base/random.js") = await import(`${built}/base/random.js`);

const LARGEST = 50_000;
const WARM_UP = 1_000;
const WIDTH = 8;
const TRUNK = 500;

function residualChain(nodes: number): Model {
  const graph = new ir.Graph({ name: "chain" });
  const random = new Random(1);
  let made = 0;
  const add = (opType: string, inputs: readonly Value[]): Value => {
    const output = graph.value(`v${made++}`);
    const attributes = opType === "Conv" ? [ir.attribute.ints("pads", [1, 1, 1, 1])] : [];
    graph.addNode({ opType, inputs, outputs: [output], attributes });
    return output;
  };
  const conv = (input: Value): Value => {
    const name = `w${made}`;
    const weights = Float32Array.from({ length: WIDTH * WIDTH * 9 }, () => random.uniform() - 0.5);
    const weight = graph.setInitializer(name, ir.Tensor.float32(name, [WIDTH, WIDTH, 3, 3], weights));
    return add("Conv", [input, weight]);
  };
  const shape = [1, WIDTH, 32, 32].map((size) => ({ size }));
  let trunk = graph.addInput("x", { type: { kind: "tensor", elementType: ir.DataType.FLOAT, shape } });
  let nextTrunk = 0;
  while (graph.nodes.length < nodes) {
    const branch = conv(add("Relu", [conv(trunk)]));
    const startsTrunk = graph.nodes.length >= nextTrunk;
    if (startsTrunk) nextTrunk += TRUNK;
    trunk = add("Relu", [startsTrunk ? branch : add("Add", [branch, trunk])]);
  }
  graph.addOutput(trunk);
  return new ir.Model({ irVersion: 8, opsetImports: [{ domain: "", version: 17 }], graph });
}

async function pruneOnce(model: Model, budget: Budget): Promise<{ cells: string[]; groups: number }> {
  const cells: string[] = [];
  let [wall, cpu] = [performance.now(), process.cpuUsage()];
  const lap = () => {
    const used = process.cpuUsage(cpu);
    const seconds = [(used.user + used.system) / 1e6, (performance.now() - wall) / 1e3];
    cells.push(seconds.map((each) => each.toFixed(2)).join(" / "));
    [wall, cpu] = [performance.now(), process.cpuUsage()];
  };
  const shapes = await inferShapes(model);
  lap();
  const analysis = new channels.ChannelAnalysis(model, shapes.of);
  const costs = new channels.CostModel(analysis);
  lap();
  const orders = channels.pruningOrders(analysis, criterionNamed("l2")(analysis, 0));
  const { removed } = channels.selectChannels(costs, orders, budget);
  lap();
  if (!sliceChecked(model, analysis, removed, new Map())) throw new Error("an operator refused the cut");
  lap();
  return { cells, groups: orders.length };
}

const { values, positionals } = parseArgs({
  options: { budget: { type: "string", default: "macs" } },
  allowPositionals: true,
});
const budget: Budget =
  values.budget === "ratio" ? { kind: "ratio", remove: 0.3 } : { kind: "macs", keep: 0.5 };
const sizes = positionals.length > 0 ? positionals.map(Number) : [5_000, 10_000, 20_000, LARGEST];
if (!sizes.every((size) => Number.isInteger(size) && size > 0 && size <= LARGEST))
  throw new Error(`sizes: got ${positionals.join(" ")}, expected whole numbers from 1 to ${LARGEST}`);
await pruneOnce(residualChain(WARM_UP), budget);
console.log("| nodes | groups | shapes | analyse | choose | slice | load |");
console.log("|---|---|---|---|---|---|---|");
for (const size of sizes) {
  const model = residualChain(size);
  const { cells, groups } = await pruneOnce(model, budget);
  console.log(
    `| ${[model.graph.nodes.length, groups, ...cells, (loadavg()[0] ?? 0).toFixed(1)].join(" | ")} |`,
  );
}
process.exit(0);
