/**
 * Trains the network of fixtures/digits from random weights, on topiary's own training: a small residual network for
 * handwritten digits, 28 x 28 grey.
 *
 *     npx tsx tools/train-digits.ts [OUT.onnx] [EPOCHS]
 *
 * Images and splits are those of `--data digits`. Only train is trained on; the last epoch is kept, whatever val says;
 * test is read once, at the end. What it printed for the file in the repository stands in fixtures/digits/README.md.
 *
 * It is trained to be pruned: a group lasso over each coupled group of channels (Wen et al., "Learning structured sparsity
 * in deep neural networks", 2016) draws channels that do little to zero, so that about half of the multiplications can go
 * without any training afterwards.
 */
import { fileURLToPath } from "node:url";
import { Random } from "../src/base/random.js";
import { type Dataset, openDataset } from "../src/data/index.js";
import { DataType, type Model } from "../src/ir/index.js";
import { writeModel } from "../src/onnx/index.js";
import { evaluate, inferShapes, numbersIn, ResidentSession } from "../src/runtime/index.js";
import { epochOrder, labelsFeed, scalarFeed, vectorFeed } from "../src/train/feed.js";
import { classifierStep, gatherSegments, scatterSegments, scheduleFactor } from "../src/train/index.js";
import { distort } from "./digits/distort.js";
import { digitsNetwork, laidOut, shrink } from "./digits/network.js";

/** Weight of the group lasso, times the learning rate at each step. */
const SPARSITY = 0.04;
const BATCH = 64;
const PEAK_RATE = 0.1;
const SEED = 0;

export interface DigitsOptions {
  readonly epochs: number;
  readonly train: Dataset;
  readonly onEpoch?: (epoch: number, loss: number, trained: Model) => Promise<void>;
}

/** The network after so many epochs. The same images and epochs give the same weights on the same kind of processor. */
export async function trainDigits({ epochs, train, onEpoch }: DigitsOptions): Promise<Model> {
  const random = new Random(SEED);
  const model = digitsNetwork(random);
  const dims = [BATCH, ...train.shape];
  const shapes = await inferShapes(model, { inputShapes: new Map([["input", dims]]) });
  const optimizer = { kind: "sgd", momentum: 0.9, nesterov: true, weightDecay: 5e-4 } as const;
  const step = classifierStep({ model, shapes }, { optimizer });
  const session = await ResidentSession.open(step.model, step.state, { threads: 1 });
  let weights = gatherSegments(step.weights, model);
  await session.write(
    new Map([
      ["weights", vectorFeed(weights)],
      ["velocity", vectorFeed(new Float32Array(weights.length))],
      ["statistics", vectorFeed(gatherSegments(step.statistics, model))],
    ]),
  );
  const groups = laidOut(step.weights);
  const steps = Math.floor(train.length / BATCH);
  const current = async () => {
    const statistics = (await session.read()).get("statistics");
    const values = Float32Array.from(statistics ? numbersIn(statistics) : []);
    return scatterSegments(model, [
      { segments: step.weights, values: weights },
      { segments: step.statistics, values },
    ]);
  };
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = epochOrder(train.length, SEED, epoch);
    let total = 0;
    for (let k = 0; k < steps; k++) {
      const indices = order.subarray(k * BATCH, (k + 1) * BATCH);
      const pixels = distort(train.normalise(await train.read(indices)), train.shape, random);
      const rate = PEAK_RATE * scheduleFactor({ kind: "one-cycle" }, epoch * steps + k, epochs * steps);
      const outputs = await session.step(
        new Map([
          ["input", { dataType: DataType.FLOAT, dims, data: pixels }],
          ["labels", labelsFeed(train, indices)],
          ["learningRate", scalarFeed(rate)],
          ["step", scalarFeed(1)],
        ]),
      );
      const loss = outputs.find(({ name }) => name === "loss");
      total += Number(loss && numbersIn(loss)[0]);
      const moved = (await session.read()).get("weights");
      weights = Float32Array.from(moved ? numbersIn(moved) : []);
      shrink(weights, groups, SPARSITY * rate);
      await session.write(new Map([["weights", vectorFeed(weights)]]));
    }
    await onEpoch?.(epoch, total / steps, await current());
  }
  const trained = await current();
  await session.close();
  return trained;
}

async function main(out: string, epochs: number): Promise<void> {
  const [train, val, test] = await Promise.all(
    (["train", "val", "test"] as const).map((split) => openDataset("digits", { split })),
  );
  if (!train || !val || !test) throw new Error("three splits");
  const right = async (model: Model, data: Dataset) => {
    const { top1 } = await evaluate(model, { shape: data.shape, batches: data.batches(100) }, { threads: 1 });
    return Math.round(top1 * data.length);
  };
  let started = performance.now();
  const onEpoch = async (epoch: number, loss: number, model: Model) => {
    const seconds = (performance.now() - started) / 1000;
    const share = (await right(model, val)) / val.length;
    console.log(
      `epoch ${epoch + 1}  loss ${loss.toFixed(4)}  val ${share.toFixed(4)}  ${seconds.toFixed(0)} s`,
    );
    started = performance.now();
  };
  const model = await trainDigits({ epochs, train, onEpoch });
  for (const data of [train, val, test])
    console.log(`${data.split}: ${await right(model, data)} of ${data.length} right`);
  writeModel(model, out);
  console.log(out);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [out = fileURLToPath(new URL("../fixtures/digits/digits.onnx", import.meta.url)), epochs = "30"] =
    process.argv.slice(2);
  await main(out, Number(epochs));
  // Children that inferred shapes would keep the process.
  process.exit(0);
}
