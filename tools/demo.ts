/**
 * What `npm start` runs: the first minute. Prunes the network of fixtures/digits to half of its multiplications, checks
 * that the result computes exactly what it should, measures both on real digits, and writes everything to a folder.
 *
 * usage: npm start [-- FOLDER]     (default: topiary-demo)
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { messageOf, UserError } from "../src/base/errors.js";
import { writeFileAtomically } from "../src/base/files.js";
import { ProgressLine } from "../src/cli/progress.js";
import { type Dataset, openDataset } from "../src/data/index.js";
import { criterionNamed } from "../src/importance/index.js";
import { DataType, type Model } from "../src/ir/index.js";
import { readModel, writeModel } from "../src/onnx/index.js";
import { type PrunedModel, pruneModel, silencedModel } from "../src/rewrite/index.js";
import { evaluate, inferShapes, measureLatency, relativeDifference, run } from "../src/runtime/index.js";

/** The share of the multiply-accumulates to keep. */
const KEEP = 0.5;
/** onnxruntime's fastest convolutions on CPU want widths that are multiples of this; others can even cost time. */
const ROUND_TO = 8;

const original = fileURLToPath(new URL("../fixtures/digits/digits.onnx", import.meta.url));
const progress = new ProgressLine(process.stderr);

async function main(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const small = join(folder, "digits-half.onnx");
  const plan = join(folder, "plan.json");
  const summary = join(folder, "summary.md");

  say(
    `1  reading ${relative(".", original)}, a small residual network, trained with a group lasso on digits`,
  );
  const model = readModel(original);

  say(
    `2  pruning it to ${percent(KEEP, 0)} of its multiply-accumulates, without any training, in widths of ${ROUND_TO}`,
  );
  const pruned = await prune(model);
  writeModel(pruned.model, small);
  writeFileAtomically(plan, [`${JSON.stringify(pruned.plan, null, 2)}\n`]);

  const images = await openDataset("digits", { split: "test" });
  say("3  comparing it with the original in which nobody sees the removed channels");
  const difference = await differenceFromSilenced(model, pruned, images);
  say(`   largest difference of an output: ${difference.toExponential(1)} of the largest output`);

  say(`4  recognising ${images.length} real digits that neither network was trained on`);
  const [before, after] = [await accuracy(original, images), await accuracy(small, images)];

  say("5  timing both, turn by turn");
  const timed = progress.start("   timing");
  const onProgress = (share: number) => timed(Math.round(share * 100), 100);
  const [slow, fast] = await measureLatency([original, small], { onProgress });
  progress.clear();

  const table = markdownTable([
    ["", "before", "after", "kept"],
    [`right of ${images.length} digits`, percent(before), percent(after), ""],
    row("multiply-accumulates", pruned.before.macs, pruned.after.macs),
    row("parameters", pruned.before.params, pruned.after.params),
    row("file, bytes", statSync(original).size, statSync(small).size),
    row("time for one image, ms", slow?.p50Ms ?? Number.NaN, fast?.p50Ms ?? Number.NaN, 3),
  ]);
  writeFileAtomically(summary, [`# digits.onnx, pruned to ${percent(KEEP, 0)} of its MACs\n\n${table}\n`]);
  process.stdout.write(`\n${table}\n\n`);
  for (const [path, what] of [
    [small, "the pruned model"],
    [plan, "the plan: which channels went"],
    [summary, "this table"],
  ]) {
    process.stdout.write(`  ${path}  ${what}\n`);
  }
}

async function prune(model: Model): Promise<PrunedModel> {
  const shapes = await inferShapes(model);
  const criterion = criterionNamed("l2");
  const sha256 = createHash("sha256").update(readFileSync(original)).digest("hex");
  const source = { name: "digits.onnx", sha256 };
  const budget = { kind: "macs", keep: KEEP } as const;
  return pruneModel(model, shapes.of, { budget, criterion, roundTo: ROUND_TO, source });
}

/** Runs the pruned model and the silenced original (`silencedModel`) on the first images. */
async function differenceFromSilenced(
  model: Model,
  { model: small, plan }: PrunedModel,
  images: Dataset,
): Promise<number> {
  for await (const { x, size } of images.batches(100, { to: 100 })) {
    const feeds = new Map([["input", { dataType: DataType.FLOAT, dims: [size, ...images.shape], data: x }]]);
    const [expected] = await run(silencedModel(model, plan), feeds);
    const [actual] = await run(small, feeds);
    if (expected && actual) return relativeDifference(expected, actual);
  }
  throw new Error("no output to compare");
}

async function accuracy(path: string, images: Dataset): Promise<number> {
  const advance = progress.start("   digits");
  const samples = { shape: images.shape, batches: images.batches(100) };
  const { top1 } = await evaluate(path, samples, { onProgress: (count) => advance(count, images.length) });
  progress.clear();
  return top1;
}

function row(name: string, before: number, after: number, digits = 0): string[] {
  const format = (value: number) =>
    value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return [name, format(before), format(after), percent(after / before, 0)];
}

function percent(share: number, digits = 2): string {
  return `${(100 * share).toFixed(digits)} %`;
}

function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(" | ")} |`;
  const rule = widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return rows.map(line).toSpliced(1, 0, line(rule)).join("\n");
}

function say(text: string): void {
  progress.clear();
  process.stderr.write(`${text}\n`);
}

main(process.argv[2] ?? "topiary-demo").catch((error: unknown) => {
  progress.clear();
  process.stderr.write(`${error instanceof UserError ? messageOf(error) : (error as Error).stack}\n`);
  process.exitCode = error instanceof UserError ? 2 : 70;
});
