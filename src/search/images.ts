import { readFileSync } from "node:fs";
import { deserialize, serialize } from "node:v8";
import { Random } from "../base/random.js";
import { Dataset, type Normalisation, type Pixels, SamplesInMemory, type Split } from "../data/index.js";
import { elementsOf } from "../ir/index.js";

/** Decoded samples as they pass to child processes, once for all trials. */
interface StoredImages {
  readonly name: string;
  readonly split: Split;
  readonly classes: readonly string[];
  readonly shape: readonly number[];
  readonly labels: Int32Array;
  readonly pixels: Pixels;
  readonly normalisation: Normalisation;
}

/** What trials look at: validation images, which rewards are measured on, and training images, which repair uses. */
export interface TrialImages {
  readonly val: Dataset;
  readonly train: Dataset;
}

/** `count` samples of a data set, drawn by a seed and decoded into memory; all of them where it has no more. */
export async function drawImages(data: Dataset, count: number, seed: number): Promise<Dataset> {
  const order = new Random(seed).shuffle(Uint32Array.from({ length: data.length }, (_, i) => i));
  const indices = order.subarray(0, Math.min(count, data.length)).sort();
  const labels = Int32Array.from(indices, (index) => data.labels[index] as number);
  const samples = new SamplesInMemory(data.shape, labels, await data.read(indices));
  return new Dataset(data.name, data.split, data.classes, samples, data.normalisation);
}

/** More bytes of float32 than this are not kept; normalising large images takes little beside running them. */
const MOST_NORMALISED = 2 ** 28;

/** The same samples, normalised once and for all where that takes little memory. */
export async function normalisedOnce(data: Dataset): Promise<Dataset> {
  const { name, split, classes, shape, labels } = data;
  if (4 * data.length * elementsOf(shape) > MOST_NORMALISED) return data;
  const pixels = data.normalise(await data.read(labels.map((_, i) => i)));
  return new Dataset(name, split, classes, new SamplesInMemory(shape, labels, pixels), {});
}

/** The bytes of a file that `readImages` reads. */
export async function storeImages({ val, train }: TrialImages): Promise<Uint8Array> {
  return serialize({ val: await stored(val), train: await stored(train) });
}

export function readImages(path: string): TrialImages {
  const { val, train } = deserialize(readFileSync(path)) as Record<"val" | "train", StoredImages>;
  return { val: opened(val), train: opened(train) };
}

async function stored(data: Dataset): Promise<StoredImages> {
  const { name, split, classes, shape, labels, normalisation } = data;
  const pixels = await data.read(labels.map((_, i) => i));
  return { name, split, classes, shape, labels, pixels, normalisation };
}

function opened({ name, split, classes, shape, labels, pixels, normalisation }: StoredImages): Dataset {
  return new Dataset(name, split, classes, new SamplesInMemory(shape, labels, pixels), normalisation);
}
