export const datasetKinds = ["cifar10", "cifar100", "mnist", "images", "npz", "digits"] as const;
export type DatasetKind = (typeof datasetKinds)[number];

/**
 * A data set with its preprocessing, as a YAML or JSON file describes it (schemas/dataset.schema.json). Values become
 * (value / scale - mean) / std.
 */
export interface DatasetSpec {
  readonly kind: DatasetKind;
  /** The folder or the file; relative to the description's own folder. Not for digits. */
  readonly path?: string;
  /** One number, or one for each channel. Default 0. */
  readonly mean?: readonly number[];
  /** One number, or one for each channel. Default 1. */
  readonly std?: readonly number[];
  /** What values are divided by first. Default 255 for bytes, 1 for numbers of other types. */
  readonly scale?: number;
  /** At most this many samples, the first of the split. */
  readonly limit?: number;
  /** Class names in the order of their indices. */
  readonly classes?: readonly string[];
  /** cifar100: which of the two labels. Default "fine". */
  readonly labelSet?: "fine" | "coarse";
  /** images: height and width, or one number for both. Default: what the model takes. */
  readonly size?: number | readonly [number, number];
  /** images: the shorter side before the centre is cropped. Default: as small as covers `size`. */
  readonly resize?: number;
  /** images: 3 is RGB, 1 is grey. Default: what the model takes, else 3. */
  readonly channels?: 1 | 3;
  /** images: a text file with one "file label" a line, instead of a folder for each class. */
  readonly labels?: string;
  /** npz: names of the arrays. Default: x_train, y_train, x_test, y_test if the file has them, else x and y. */
  readonly x?: string;
  readonly y?: string;
  /** npz: where x has its channels. Default: first, unless only the last axis looks like channels (1, 3 or 4). */
  readonly layout?: "nchw" | "nhwc";
  /** images, npz: the share of an unsplit source that is its test set. Default: `holdoutOfName`. */
  readonly holdout?: number;
}
