import { existsSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../base/errors.js";
import { numbersTo, requireFolder } from "./data-files.js";
import type { DatasetSpec } from "./dataset-spec.js";
import type { ImageShape } from "./decode-image.js";
import { foldersIn, type ImageList, labelsFileIn, listImages, WANTED_IMAGES } from "./image-list.js";
import { ImageSamples } from "./image-samples.js";
import type { SampleSet, Source } from "./samples.js";
import { holdoutOfName, interleaveByClass } from "./split.js";

const VAL = ["val", "valid", "validation"];

/**
 * A folder of images. If all folders in it are among train, test and val (valid, validation), these are its sets; val
 * is the test set where there is no test. Otherwise it is one set with a folder for each class or a file of labels.
 */
export function openImages(
  dir: string,
  spec: DatasetSpec,
  input: readonly [number, number, number] | undefined,
): Source {
  requireFolder(dir, WANTED_IMAGES);
  const shape = imageShape(spec, input, dir);
  const name = `images:${dir}`;
  const sets = spec.labels === undefined ? setFolders(dir) : undefined;
  if (!sets) {
    const list = listImages(dir, spec.labels);
    const classes = spec.classes ?? classNames(dir, spec.labels);
    const open = async () => imageSet(list, classes, shape);
    return { name, classes, whole: { holdout: spec.holdout ?? holdoutOfName(dir), open } };
  }
  const { train, val, test } = sets;
  const classes = spec.classes ?? classNames(train ?? test ?? dir);
  const set = (folder: string) => async () => imageSet(listImages(folder), classes, shape);
  return {
    name,
    classes,
    ...(train !== undefined && { train: set(train) }),
    ...(val !== undefined && { val: set(val) }),
    ...(test !== undefined && { test: set(test) }),
  };
}

interface SetFolders {
  readonly train: string | undefined;
  readonly val: string | undefined;
  readonly test: string | undefined;
}

/** The folders of train, val and test if `dir` has such folders and no others. */
function setFolders(dir: string): SetFolders | undefined {
  const folders = foldersIn(dir);
  const known = folders.every((name) => ["train", "test", ...VAL].includes(name));
  if (folders.length === 0 || !known || labelsFileIn(dir) !== undefined) return undefined;
  const find = (...names: string[]) => names.map((name) => join(dir, name)).find((path) => existsSync(path));
  const test = find("test");
  const val = find(...VAL);
  return { train: find("train"), val: test === undefined ? undefined : val, test: test ?? val };
}

/** Names of folders, sorted as text; in a file of labels, numbers are class indices. */
function classNames(folder: string, labelsFile = labelsFileIn(folder)): string[] {
  if (labelsFile === undefined) return foldersIn(folder);
  const names = [...new Set(listImages(folder, labelsFile).files.map(({ label }) => label))].sort();
  return names.every(isIndex) ? numbersTo(1 + Math.max(...names.map(Number))) : names;
}

const isIndex = (label: string) => /^\d{1,6}$/.test(label);

function imageSet(
  { folder, fromFolders, files }: ImageList,
  classes: readonly string[],
  shape: ImageShape,
): SampleSet {
  const indices = new Map(classes.map((name, index) => [name, index]));
  const labels = Int32Array.from(files, ({ path, label }) => {
    const index = indices.get(label) ?? (!fromFolders && isIndex(label) ? Number(label) : -1);
    if (index >= 0 && index < classes.length) return index;
    const known = `${classes.slice(0, 8).join(", ")}${classes.length > 8 ? ", ..." : ""}`;
    throw new UserError(
      "label-out-of-range",
      `${path} has label ${label}, expected one of the ${classes.length} classes ${known}`,
    );
  });
  const order = interleaveByClass(labels);
  const load = async (from: number, to: number) => {
    const rows = order.subarray(from, to);
    const paths = Array.from(rows, (row) => files[row]?.path ?? folder);
    return new ImageSamples(
      paths,
      Int32Array.from(rows, (row) => labels[row] ?? -1),
      shape,
    );
  };
  return { count: files.length, load };
}

function imageShape(
  spec: DatasetSpec,
  input: readonly [number, number, number] | undefined,
  dir: string,
): ImageShape {
  const [channels = 3, ...taken] = input ?? [];
  const [height = 0, width = height] = typeof spec.size === "number" ? [spec.size] : (spec.size ?? taken);
  if (height === 0) {
    throw new UserError("data-size", `images:${dir} needs a size; write it into a description (size: 224)`);
  }
  const { resize } = spec;
  if (resize !== undefined && resize < Math.max(height, width)) {
    throw new UserError(
      "data-size",
      `images:${dir}: resize ${resize} is smaller than the size ${height} x ${width}`,
    );
  }
  const wanted = spec.channels ?? channels;
  if (wanted === 1 || wanted === 3) return { channels: wanted, height, width, resize };
  throw new UserError("data-size", `images:${dir}: images have 1 or 3 channels, the model takes ${wanted}`);
}
