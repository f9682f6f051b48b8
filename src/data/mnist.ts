import { existsSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../base/errors.js";
import { checkLabels, numbersTo, requireFolder } from "./data-files.js";
import type { DatasetSpec } from "./dataset-spec.js";
import { type IdxFile, openIdx } from "./idx.js";
import { type SampleSet, SamplesInMemory, type Source } from "./samples.js";

const WANTED =
  "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, each perhaps with .gz";

/** MNIST or anything else in its files (Fashion-MNIST, KMNIST): grey images with labels from 0. */
export function openMnist(dir: string, spec: DatasetSpec): Source {
  requireFolder(dir, WANTED);
  const classes = spec.classes ?? numbersTo(10);
  const set = (part: "train" | "t10k") => async () => idxSet(dir, part, classes.length);
  return { name: `mnist:${dir}`, classes, train: set("train"), test: set("t10k") };
}

function idxSet(dir: string, part: string, classes: number): SampleSet {
  const images = openIdx(find(dir, `${part}-images`, "idx3"), 3, WANTED);
  const labels = openIdx(find(dir, `${part}-labels`, "idx1"), 1, WANTED);
  const [count = 0, height = 0, width = 0] = images.dims;
  if (labels.dims[0] !== count) {
    throw new UserError(
      "data-wrong-size",
      `${labels.path} has ${labels.dims[0]} labels for the ${count} images of ${images.path}`,
    );
  }
  return { count, load: async (from, to) => loadIdx(images, labels, [1, height, width], classes, from, to) };
}

function loadIdx(
  images: IdxFile,
  labels: IdxFile,
  shape: readonly number[],
  classes: number,
  from: number,
  to: number,
): SamplesInMemory {
  const y = Int32Array.from(labels.read(from, to));
  checkLabels(y, classes, labels.path, from);
  return new SamplesInMemory(shape, y, images.read(from, to));
}

/** The file as the archives name it: with a dash or, unpacked by some tools, a dot before idx. */
function find(dir: string, stem: string, idx: string): string {
  const names = [`${stem}-${idx}-ubyte`, `${stem}.${idx}-ubyte`].flatMap((name) => [name, `${name}.gz`]);
  return join(dir, names.find((name) => existsSync(join(dir, name))) ?? `${stem}-${idx}-ubyte`);
}
