import { invariant } from "../base/errors.js";
import { checkNormalisation, type Normalisation, normalise } from "./normalise.js";
import type { Pixels, Samples } from "./samples.js";
import type { Split } from "./split.js";

/** Samples as a model takes them. */
export interface Batch {
  /** `size` samples of the data set's shape, one after the other (NCHW for images), normalised. */
  readonly x: Float32Array;
  /** Class index of each sample. */
  readonly y: Int32Array;
  readonly size: number;
}

/** Which samples `batches` gives: the positions `from` (0) up to but not including `to` (all) of `order` (as stored). */
export interface BatchRange {
  readonly from?: number;
  readonly to?: number;
  readonly order?: ArrayLike<number>;
}

/** One split of a data set, ready for a model. */
export class Dataset {
  constructor(
    /** What it is, for people: "test of cifar10:data/cifar". */
    readonly name: string,
    readonly split: Split,
    /** Class names in the order of their indices. */
    readonly classes: readonly string[],
    private readonly samples: Samples,
    readonly normalisation: Normalisation,
  ) {
    checkNormalisation(normalisation, samples.shape, name);
  }

  get length(): number {
    return this.samples.labels.length;
  }

  /** Shape of one sample without the batch axis, [channels, height, width] for images. */
  get shape(): readonly number[] {
    return this.samples.shape;
  }

  /** Class index of each sample. */
  get labels(): Int32Array {
    return this.samples.labels;
  }

  /** What its pixels take in memory at most, in bytes; a batch comes on top. */
  get memoryBytes(): number {
    return this.samples.memoryBytes;
  }

  /** The samples at `indices` before normalisation (bytes for images), for augmentation; a copy. */
  async read(indices: ArrayLike<number>): Promise<Pixels> {
    for (const index of Array.from(indices)) {
      invariant(index >= 0 && index < this.length, () => `sample ${index} of ${this.length} of ${this.name}`);
    }
    return this.samples.read(indices);
  }

  /** What `read` gave, augmented or not, as a model takes it. */
  normalise(pixels: Pixels): Float32Array {
    return normalise(pixels, this.shape, this.normalisation);
  }

  /** The samples in batches of `size`; the last batch may be smaller. */
  async *batches(size: number, range: BatchRange = {}): AsyncGenerator<Batch> {
    invariant(Number.isInteger(size) && size > 0, `batch size ${size}`);
    const { order, from = 0, to = order?.length ?? this.length } = range;
    for (let start = from; start < to; start += size) {
      const end = Math.min(start + size, to);
      const indices = Int32Array.from({ length: end - start }, (_, i) =>
        order ? (order[start + i] ?? -1) : start + i,
      );
      const x = this.normalise(await this.read(indices));
      yield { x, y: indices.map((index) => this.labels[index] ?? -1), size: indices.length };
    }
  }
}
