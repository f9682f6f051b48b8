/**
 * How long a diff takes and how many of the removed channels it finds, without a plan:
 *
 *     npx tsx tools/bench/diff.ts [--noise 0.1] MODEL...
 *
 * prunes every model to half of each group's channels by l2, adds noise of this share of a tensor's own spread to every weight, matches by
 * structure alone, and compares what the diff says with what the plan says. Also matches a chain of 5,000 nodes that has no
 * name in common with its copy.
 */
import { parseArgs } from "node:util";
import { Random } from "../../src/base/random.js";
import { diffModels, matchGraphs } from "../../src/diff/index.js";
import { criteria } from "../../src/importance/index.js";
import { cloneModel, type Model, numbersOf, Tensor } from "../../src/ir/index.js";
import { readModel } from "../../src/onnx/index.js";
import { parseModel } from "../../src/onnx/text/index.js";
import { pruneModel } from "../../src/rewrite/index.js";
import { inferShapes } from "../../src/runtime/index.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { noise: { type: "string", default: "0.1" } },
});
const noise = Number(values.noise);

function seconds(work: () => void): string {
  const begun = performance.now();
  const cpu = process.cpuUsage();
  work();
  const used = process.cpuUsage(cpu);
  const wall = (performance.now() - begun) / 1000;
  return `${wall.toFixed(2)} s (processor ${((used.user + used.system) / 1e6).toFixed(2)} s)`;
}

function disturbed(model: Model): Model {
  const copy = cloneModel(model);
  const random = new Random(7);
  for (const { name, initializer } of copy.graph.initializers) {
    if (!initializer || initializer.dims.length < 1 || initializer.elements < 2) continue;
    const before = numbersOf(initializer);
    if (!(before instanceof Float32Array)) continue;
    const spread = Math.sqrt(before.reduce((sum, x) => sum + x * x, 0) / before.length);
    const after = Float32Array.from(before, (x) => x + noise * spread * random.normal());
    copy.graph.setInitializer(name, Tensor.float32(name, initializer.dims, after));
  }
  return copy;
}

const chain = (prefix: string) => {
  const nodes = Array.from({ length: 5000 }, (_, i) => `${prefix}${i + 1} = Relu (${prefix}${i})`);
  return parseModel(`<ir_version: 8, opset_import: ["" : 17]> g (float[4] ${prefix}0) => (float[4] ${prefix}5000) {
${nodes.join("\n")} }`);
};
const [left, right] = [chain("a"), chain("b")];
let matched = 0;
const time = seconds(() => {
  matched = matchGraphs(left.graph, right.graph).size;
});
console.log(`chain of 5,000 without a common name: ${matched} matched in ${time}`);

for (const path of positionals) {
  const model = readModel(path);
  const shapes = await inferShapes(model);
  const criterion = criteria.get("l2");
  if (!criterion) throw new Error("no l2");
  const budget = { kind: "ratio", remove: 0.5 } as const;
  const pruned = pruneModel(model, shapes.of, { budget, criterion, version: "bench" });
  const [before, after] = [
    { model, shapes },
    { model: pruned.model, shapes: await inferShapes(pruned.model) },
  ];
  const truth = diffModels(before, after, { plan: pruned.plan });
  const wanted = new Map(
    truth.channels.flatMap(({ tensor, axis, removed, by }) =>
      by === "plan" ? [[`${tensor} ${axis}`, String(removed)] as const] : [],
    ),
  );
  for (const [what, other] of [
    ["the same weights", pruned.model],
    [`noise of ${noise}`, disturbed(pruned.model)],
  ] as const) {
    const side = { model: other, shapes: await inferShapes(other) };
    let found = truth;
    const took = seconds(() => {
      found = diffModels(before, side, { ignoreNames: true });
    });
    const right = found.channels.filter(
      ({ tensor, axis, removed }) => removed && wanted.get(`${tensor} ${axis}`) === String(removed),
    );
    const wrong = found.channels.filter(
      ({ tensor, axis, removed }) =>
        removed && wanted.has(`${tensor} ${axis}`) && wanted.get(`${tensor} ${axis}`) !== String(removed),
    );
    const { nodes } = found;
    console.log(
      `${path} (${model.graph.nodes.length} nodes), ${what}: ${took}; ${right.length} of ${wanted.size} axes right, ${wrong.length} wrong; ` +
        `nodes ${nodes.added} added, ${nodes.removed} removed`,
    );
  }
}
