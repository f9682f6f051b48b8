/** Values as the source has them: bytes, or float32 where the source holds numbers of another type. */
export type Pixels = Uint8Array | Float32Array;

/** Labelled samples in a fixed order; labels are in memory, pixels come on demand. */
export interface Samples {
  /** Shape of one sample, usually [channels, height, width]. */
  readonly shape: readonly number[];
  /** Class index of each sample. */
  readonly labels: Int32Array;
  /** What the pixels take in memory at most, in bytes. */
  readonly memoryBytes: number;
  /** The samples at `indices`, one after the other, each in C order; a copy. */
  read(indices: ArrayLike<number>): Promise<Pixels>;
}

/** One set of a source, such as its training images. Its order is fixed; only `load` reads pixels. */
export interface SampleSet {
  readonly count: number;
  /** The samples `from` up to but not including `to`. */
  load(from: number, to: number): Promise<Samples>;
}

/**
 * A data set on disk: either sets of its own (`train`, `test`, perhaps `val`) or one `whole` that is still to be split.
 * A set is looked for when it is called; a missing file is a UserError then.
 */
export interface Source {
  readonly name: string;
  readonly classes: readonly string[];
  readonly train?: () => Promise<SampleSet>;
  readonly val?: () => Promise<SampleSet>;
  readonly test?: () => Promise<SampleSet>;
  readonly whole?: Whole;
}

/** A source without sets of its own. Its last `holdout` share (0 to 1) is the test set, unless the caller says otherwise. */
export interface Whole {
  readonly holdout: number;
  open(): Promise<SampleSet>;
}

/** Number of values of one sample. */
export function valuesOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Samples whose pixels are all in memory. */
export class SamplesInMemory implements Samples {
  constructor(
    readonly shape: readonly number[],
    readonly labels: Int32Array,
    private readonly pixels: Pixels,
  ) {}

  get memoryBytes(): number {
    return this.pixels.byteLength;
  }

  async read(indices: ArrayLike<number>): Promise<Pixels> {
    return gatherRows(this.pixels, valuesOf(this.shape), indices);
  }
}

/** The rows of `values` at `indices`, each `size` values long, copied into one array of the same type. */
export function gatherRows(values: Pixels, size: number, indices: ArrayLike<number>): Pixels {
  const length = indices.length * size;
  const out = values instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length);
  for (let i = 0; i < indices.length; i++) {
    const row = (indices[i] ?? 0) * size;
    out.set(values.subarray(row, row + size), i * size);
  }
  return out;
}
