/**
 * Evaluations of random plans at half of the MACs, as a search makes them: how many a minute, and what share of their time is not
 * onnxruntime's.
 *
 *     npx tsx tools/bench/search.ts MODEL.onnx --data cifar10:DIR [--mean A,B,C --std A,B,C] [--trials 20] [--beside FOLDER]
 *
 * One child process with one thread. With --beside, evaluations take turns with those of another checkout of the project.
 * Medians over the trials, without the first three: code that has run a few times only is slow. CPU seconds are of this
 * process (choosing and cutting); the rest is the child's.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Random } from "../../src/base/random.js";
import type { Evaluator as EvaluatorType, PruningSpace as SpaceType } from "../../src/search/index.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: "string", default: "digits" },
    mean: { type: "string" },
    std: { type: "string" },
    trials: { type: "string", default: "20" },
    images: { type: "string", default: "1000" },
    "repair-images": { type: "string", default: "1024" },
    beside: { type: "string" },
  },
});
const [path = ""] = positionals;
const [BATCH, WARM_UP, SEED] = [128, 3, 0];
const numbers = (list: string | undefined) => list?.split(",").map(Number);

interface Times {
  readonly all: number[];
  readonly cut: number[];
  readonly passing: number[];
  readonly repair: number[];
  readonly score: number[];
  readonly engine: number[];
}

interface Subject {
  readonly name: string;
  readonly space: SpaceType;
  readonly evaluator: EvaluatorType;
  readonly times: Times;
}

/** The sources of one checkout, with the same model and images. */
async function open(name: string, root: string): Promise<Subject> {
  const part = async <T>(folder: string): Promise<T> => import(join(root, "src", folder, "index.js"));
  const { readModel } = await part<typeof import("../../src/onnx/index.js")>("onnx");
  const { inferShapes } = await part<typeof import("../../src/runtime/index.js")>("runtime");
  const { openDataset } = await part<typeof import("../../src/data/index.js")>("data");
  const { criterionNamed } = await part<typeof import("../../src/importance/index.js")>("importance");
  const { drawImages, Evaluator, PruningSpace } =
    await part<typeof import("../../src/search/index.js")>("search");
  const model = readModel(path);
  const input = model.graph.inputs.find(({ initializer }) => !initializer)?.name ?? "";
  const draw = async (split: "val" | "train", count: string) => {
    const options = { split, mean: numbers(values.mean), std: numbers(values.std) };
    return drawImages(await openDataset(values.data, options), Number(count), SEED);
  };
  const [val, train] = [await draw("val", values.images), await draw("train", values["repair-images"])];
  const batch = Math.min(BATCH, train.length);
  const shapes = await inferShapes(model, { inputShapes: new Map([[input, [batch, ...train.shape]]]) });
  const space = PruningSpace.open(model, shapes.of, { criterion: criterionNamed("l2"), seed: SEED });
  const repair = { hook: "bn" as const, batch, batches: Math.floor(train.length / batch) };
  const evaluator = await Evaluator.open(space, { images: { val, train }, repair, shapes });
  const times = { all: [], cut: [], passing: [], repair: [], score: [], engine: [] };
  return { name, space, evaluator, times };
}

async function evaluate({ space, evaluator, times }: Subject, shares: readonly number[]): Promise<number> {
  const { levels } = space.scaledTo({ kind: "macs", keep: 0.5 }, shares);
  const start = performance.now();
  const { accuracy, cutSeconds, seconds } = await evaluator.measure(levels);
  const all = (performance.now() - start) / 1000;
  times.all.push(all);
  times.cut.push(cutSeconds);
  times.passing.push(all - cutSeconds - seconds.all);
  times.repair.push(seconds.repair);
  times.score.push(seconds.score);
  times.engine.push(seconds.engine);
  return accuracy;
}

const subjects = [await open("here", join(import.meta.dirname, "../.."))];
if (values.beside) subjects.push(await open("beside", values.beside));
const random = new Random(SEED);
const groups = subjects[0]?.space.groups ?? [];
for (let trial = 0; trial < Number(values.trials) + WARM_UP; trial++) {
  const shares = groups.map(() => random.uniform());
  const accuracies = [];
  for (const subject of subjects) accuracies.push(await evaluate(subject, shares));
  if (new Set(accuracies).size > 1) console.log(`trial ${trial}: accuracies ${accuracies.join(" and ")}`);
}

const median = (list: readonly number[]) => {
  const sorted = list.slice(WARM_UP).sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
};
console.log("| checkout | a minute | ms | cut | passed on | repair | score | onnxruntime | outside it |");
console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
for (const { name, times, evaluator } of subjects) {
  const parts = [times.all, times.cut, times.passing, times.repair, times.score, times.engine].map(median);
  const outside = median(times.all.map((all, i) => 1 - (times.engine[i] ?? Number.NaN) / all));
  const columns = [60 / median(times.all), ...parts.map((part) => 1000 * part)].map((n) => n.toFixed(0));
  console.log(`| ${[name, ...columns, `${(100 * outside).toFixed(1)} %`].join(" | ")} |`);
  evaluator.close();
}
// The child that inferred shapes would keep the process.
process.exit(0);
