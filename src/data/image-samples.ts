import { decodeImage, type ImageShape } from "./decode-image.js";
import { gatherRows, type Pixels, type Samples, valuesOf } from "./samples.js";

/** Decoded images are kept up to this many bytes in all; a larger set is decoded again each time. */
const LARGEST_KEPT = 1 << 30;
/** sharp has four threads by default; a few more images in flight keep them busy. */
const IN_FLIGHT = 8;

/** Image files, decoded when they are first read and then kept, if all of them fit. */
export class ImageSamples implements Samples {
  readonly shape: readonly number[];
  readonly memoryBytes: number;
  readonly #kept: Uint8Array | undefined;
  readonly #decoded: Uint8Array;

  constructor(
    private readonly paths: readonly string[],
    readonly labels: Int32Array,
    private readonly image: ImageShape,
    largestKept = LARGEST_KEPT,
  ) {
    this.shape = [image.channels, image.height, image.width];
    const bytes = paths.length * valuesOf(this.shape);
    this.#kept = bytes <= largestKept ? new Uint8Array(bytes) : undefined;
    this.memoryBytes = this.#kept?.length ?? 0;
    this.#decoded = new Uint8Array(paths.length);
  }

  async read(indices: ArrayLike<number>): Promise<Pixels> {
    const size = valuesOf(this.shape);
    const kept = this.#kept;
    if (!kept) {
      const out = new Uint8Array(indices.length * size);
      await inParallel(indices.length, async (i) => out.set(await this.#decode(indices[i] ?? 0), i * size));
      return out;
    }
    const missing = [...new Set(Array.from(indices))].filter((index) => !this.#decoded[index]);
    await inParallel(missing.length, async (i) => {
      const index = missing[i] ?? 0;
      kept.set(await this.#decode(index), index * size);
      this.#decoded[index] = 1;
    });
    return gatherRows(kept, size, indices);
  }

  #decode(index: number): Promise<Uint8Array> {
    return decodeImage(this.paths[index] ?? "", this.image);
  }
}

/** Runs `task` for 0 to `count` - 1, at most `IN_FLIGHT` at a time; none starts after one has failed. */
async function inParallel(count: number, task: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const work = async () => {
    try {
      while (next < count) await task(next++);
    } finally {
      next = count;
    }
  };
  await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, count) }, work));
}
