import { UserError } from "../base/errors.js";
import { checkLabels, numbersTo } from "./data-files.js";
import type { DatasetSpec } from "./dataset-spec.js";
import { type NpyArray, readNpy } from "./npy.js";
import {
  gatherRows,
  type Pixels,
  type SampleSet,
  SamplesInMemory,
  type Source,
  valuesOf,
} from "./samples.js";
import { holdoutOfName, interleaveByClass } from "./split.js";
import { ZipArchive } from "./zip.js";

const WANTED = "a file of numpy.savez with arrays x and y, or x_train, y_train, x_test and y_test";

/** Arrays of a numpy .npz file: x has the samples along its first axis, y their labels. */
export async function openNpz(path: string, spec: DatasetSpec): Promise<Source> {
  const arrays = await labelArrays(path, spec);
  const labels = new Map<string, Int32Array>();
  for (const { y, values } of arrays) labels.set(y, labelsOf(values, `${y} of ${path}`));
  const classes =
    spec.classes ?? numbersTo(1 + Math.max(...[...labels.values()].map((of) => of.reduce(larger, 0))));
  const open = (pair: ArrayPair, sorted: boolean) => async () => {
    const y = labels.get(pair.y) ?? new Int32Array();
    checkLabels(y, classes.length, `${pair.y} of ${path}`);
    const order = sorted ? interleaveByClass(y) : Uint32Array.from(y, (_, i) => i);
    return arraySet(path, pair.x, y, order, spec.layout);
  };
  const [first, second] = arrays;
  if (first && second)
    return { name: `npz:${path}`, classes, train: open(first, false), test: open(second, false) };
  const whole = open(first ?? { x: "x", y: "y" }, true);
  return {
    name: `npz:${path}`,
    classes,
    whole: { holdout: spec.holdout ?? holdoutOfName(path), open: whole },
  };
}

const larger = (a: number, b: number) => Math.max(a, b);

interface ArrayPair {
  readonly x: string;
  readonly y: string;
}

/** The pairs of samples and labels (one, or train and test), with the labels' values. */
async function labelArrays(path: string, spec: DatasetSpec): Promise<(ArrayPair & { values: NpyArray })[]> {
  const zip = await ZipArchive.open(path, WANTED);
  try {
    const names = new Set(zip.names);
    const sets = [
      { x: "x_train", y: "y_train" },
      { x: "x_test", y: "y_test" },
    ];
    const named = spec.x !== undefined || spec.y !== undefined;
    const hasSets = !named && sets.every(({ x, y }) => names.has(`${x}.npy`) && names.has(`${y}.npy`));
    const pairs = hasSets ? sets : [{ x: spec.x ?? "x", y: spec.y ?? "y" }];
    const missing = pairs.flatMap(({ x, y }) => [x, y]).filter((name) => !names.has(`${name}.npy`));
    if (missing.length > 0) {
      const found = zip.names.map((name) => name.replace(/\.npy$/, "")).slice(0, 10);
      throw new UserError(
        "data-array-missing",
        `${path} has no array ${missing.join(" and ")}, it has ${found.join(", ") || "none"}; expected ${WANTED}, or a description that names x and y`,
      );
    }
    const read = async (pair: ArrayPair) => ({
      ...pair,
      values: readNpy(await zip.read(`${pair.y}.npy`), `${pair.y} of ${path}`),
    });
    return await Promise.all(pairs.map(read));
  } finally {
    zip.close();
  }
}

function labelsOf({ shape, values }: NpyArray, where: string): Int32Array {
  if (shape.length !== 1 && !(shape.length === 2 && shape[1] === 1)) {
    throw new UserError(
      "data-labels",
      `${where} has shape [${shape.join(", ")}], expected one class index a sample`,
    );
  }
  return Int32Array.from({ length: values.length }, (_, i) => {
    const label = Number(values[i]);
    if (Number.isInteger(label) && label >= 0 && label < 2 ** 31) return label;
    throw new UserError(
      "label-out-of-range",
      `${where}: sample ${i} has label ${label}, expected a class index from 0`,
    );
  });
}

/** The samples of array `name` in `order`; x is read when they are loaded. */
function arraySet(
  path: string,
  name: string,
  labels: Int32Array,
  order: Uint32Array,
  layout: DatasetSpec["layout"],
): SampleSet {
  const load = async (from: number, to: number) => {
    const zip = await ZipArchive.open(path, WANTED);
    try {
      const where = `${name} of ${path}`;
      const array = readNpy(await zip.read(`${name}.npy`), where);
      if (array.shape[0] !== labels.length) {
        const got = `${where} has shape [${array.shape.join(", ")}]`;
        throw new UserError(
          "data-wrong-size",
          `${got} for ${labels.length} labels; its first axis must count the samples`,
        );
      }
      const rows = order.subarray(from, to);
      const stored = array.shape.slice(1);
      const pixels = gatherRows(pixelsOf(array), valuesOf(stored), rows);
      const channelsLast = stored.length === 3 && (layout ? layout === "nhwc" : looksChannelsLast(stored));
      const y = Int32Array.from(rows, (row) => labels[row] ?? -1);
      if (channelsLast) return new SamplesInMemory(channelsFirst(stored), y, moveChannels(pixels, stored));
      return new SamplesInMemory(stored.length === 2 ? [1, ...stored] : stored, y, pixels);
    } finally {
      zip.close();
    }
  };
  return { count: labels.length, load };
}

/** Bytes stay bytes, anything else becomes float32. */
function pixelsOf({ values }: NpyArray): Pixels {
  if (values instanceof Uint8Array || values instanceof Float32Array) return values;
  return values instanceof BigInt64Array || values instanceof BigUint64Array
    ? Float32Array.from(values, Number)
    : new Float32Array(values);
}

function looksChannelsLast([first, , last]: readonly number[]): boolean {
  const channels = [1, 3, 4];
  return channels.includes(last ?? 0) && !channels.includes(first ?? 0);
}

function channelsFirst([height = 0, width = 0, channels = 0]: readonly number[]): number[] {
  return [channels, height, width];
}

/** Samples of shape [height, width, channels] as [channels, height, width]. */
function moveChannels(pixels: Pixels, [height = 0, width = 0, channels = 0]: readonly number[]): Pixels {
  const out = pixels.slice();
  const plane = height * width;
  const size = plane * channels;
  for (let start = 0; start < pixels.length; start += size) {
    for (let i = 0; i < size; i++) {
      out[start + (i % channels) * plane + Math.floor(i / channels)] = pixels[start + i] ?? 0;
    }
  }
  return out;
}
