import { readFileSync } from "node:fs";
import { deserialize, serialize } from "node:v8";
import { Random } from "../base/random.js";
import {
  type Batch,
  type BatchRange,
  Dataset,
  type Normalisation,
  type Pixels,
  SamplesInMemory,
  type Split,
} from "../data/index.js";

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
  return new KeptInBatches(name, split, classes, new SamplesInMemory(shape, labels, pixels), normalisation);
}

/** More bytes in batches than this are not kept; normalising large images takes little beside running them. */
const MOST_KEPT = 2 ** 28;

interface Kept {
  readonly size: number;
  readonly range: BatchRange;
  readonly batches: readonly Batch[];
}

/** Keeps the batches that it was asked for last: every trial asks for the same. */
export class KeptInBatches extends Dataset {
  #kept: Kept | undefined;

  override async *batches(size: number, range: BatchRange = {}): AsyncGenerator<Batch> {
    const kept = this.#kept;
    if (kept?.size === size && isSame(kept.range, range)) {
      yield* kept.batches;
      return;
    }
    const batches: Batch[] = [];
    let bytes = 0;
    for await (const batch of super.batches(size, range)) {
      bytes += batch.x.byteLength;
      if (bytes <= MOST_KEPT) batches.push(batch);
      yield batch;
    }
    if (bytes <= MOST_KEPT) this.#kept = { size, range, batches };
  }
}

function isSame(a: BatchRange, b: BatchRange): boolean {
  return (
    a.from === b.from &&
    a.to === b.to &&
    Array.from(a.order ?? []).join() === Array.from(b.order ?? []).join()
  );
}
