import { criterionNamed } from "../../src/importance/index.js";
import { readModel, writeModel } from "../../src/onnx/index.js";
import { pruneModel } from "../../src/rewrite/index.js";
import { inferShapes } from "../../src/runtime/index.js";
import { peakBytes } from "../support/peak.js";

/** Prunes a small model, then a large one, and prints the peak of memory above what the process had before, in bytes. */
const [small = "", large = "", target = ""] = process.argv.slice(2);
await prune(small);
const idle = process.memoryUsage.rss();
await prune(large);
console.log(peakBytes() - idle);

async function prune(path: string): Promise<void> {
  const model = readModel(path);
  const { of } = await inferShapes(model);
  const budget = { kind: "ratio", remove: 0.1 } as const;
  writeModel(pruneModel(model, of, { budget, criterion: criterionNamed("l2") }).model, target);
}
