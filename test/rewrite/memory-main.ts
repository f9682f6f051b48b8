import { criterionNamed } from "../../src/importance/index.js";
import { type ReadOptions, readModel, writeModel } from "../../src/onnx/index.js";
import { pruneModel } from "../../src/rewrite/index.js";
import { inferShapes } from "../../src/runtime/index.js";
import { peakMb, residentMb } from "../../src/runtime/memory.js";

/** Prunes a small model, then a large one, and prints the peak of memory above what the process had before, in MB. */
const [weights, small = "", large = "", target = ""] = process.argv.slice(2);
await prune(small);
const idle = residentMb();
await prune(large);
console.log(peakMb() - idle);

async function prune(path: string): Promise<void> {
  const model = readModel(path, { weights: weights as ReadOptions["weights"] });
  const { of } = await inferShapes(model);
  const budget = { kind: "ratio", remove: 0.1 } as const;
  writeModel(pruneModel(model, of, { budget, criterion: criterionNamed("l2") }).model, target);
}
