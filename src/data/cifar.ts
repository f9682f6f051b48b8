import { existsSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../base/errors.js";
import { checkLabels, numbersTo, readBytes, requireFolder, sizeOfFile } from "./data-files.js";
import type { DatasetSpec } from "./dataset-spec.js";
import { type SampleSet, SamplesInMemory, type Source } from "./samples.js";

const SHAPE = [3, 32, 32] as const;
const PIXELS = 3 * 32 * 32;
/** A hundred names take far less. */
const LARGEST_NAMES = 1 << 16;

/** The binary version (https://www.cs.toronto.edu/~kriz/cifar.html): records of label bytes and 3,072 pixels, CHW. */
interface Layout {
  readonly folder: string;
  readonly train: readonly string[];
  readonly test: readonly string[];
  /** Label bytes of a record, and which of them counts. */
  readonly labelBytes: number;
  readonly labelAt: number;
  readonly names: string;
  readonly classes: number;
}

function layoutOf(kind: "cifar10" | "cifar100", labelSet: DatasetSpec["labelSet"]): Layout {
  if (kind === "cifar10") {
    const train = [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`);
    const names = "batches.meta.txt";
    return {
      folder: "cifar-10-batches-bin",
      train,
      test: ["test_batch.bin"],
      labelBytes: 1,
      labelAt: 0,
      names,
      classes: 10,
    };
  }
  const files = { folder: "cifar-100-binary", train: ["train.bin"], test: ["test.bin"], labelBytes: 2 };
  return labelSet === "coarse"
    ? { ...files, labelAt: 0, names: "coarse_label_names.txt", classes: 20 }
    : { ...files, labelAt: 1, names: "fine_label_names.txt", classes: 100 };
}

/** CIFAR-10 or CIFAR-100 in the binary version, in `dir` or in the folder that its archive unpacks to. */
export function openCifar(kind: "cifar10" | "cifar100", dir: string, spec: DatasetSpec): Source {
  const layout = layoutOf(kind, spec.labelSet);
  const files = [...layout.train, ...layout.test];
  requireFolder(dir, `the binary version's ${files.join(", ")}`);
  const unpacked = join(dir, layout.folder);
  const folder = existsSync(unpacked) ? unpacked : dir;
  const python = files.some((file) => existsSync(join(folder, file.replace(".bin", ""))));
  const wanted = `the binary version's ${files.join(", ")}${python ? "; this is the Python version" : ""}`;
  const set = (names: readonly string[]) => async () =>
    new RecordSet(
      names.map((name) => recordFile(join(folder, name), layout, wanted)),
      layout,
    );
  const classes = spec.classes ?? namesOfFile(join(folder, layout.names)) ?? numbersTo(layout.classes);
  if (classes.length !== layout.classes) {
    throw new UserError(
      "data-class-names",
      `${kind}:${dir} has ${classes.length} class names, expected ${layout.classes}`,
    );
  }
  return { name: `${kind}:${dir}`, classes, train: set(layout.train), test: set(layout.test) };
}

/** The names in the file beside the images, one a line; undefined where there is no such file. */
function namesOfFile(path: string): string[] | undefined {
  if (!existsSync(path)) return undefined;
  const lines = readBytes(path, 0, Math.min(sizeOfFile(path, path), LARGEST_NAMES))
    .toString("utf8")
    .split("\n");
  return lines.map((line) => line.trim()).filter((line) => line !== "");
}

interface RecordFile {
  readonly path: string;
  readonly count: number;
}

function recordFile(path: string, { labelBytes }: Layout, wanted: string): RecordFile {
  const record = labelBytes + PIXELS;
  const size = sizeOfFile(path, wanted);
  if (size > 0 && size % record === 0) return { path, count: size / record };
  throw new UserError(
    "data-wrong-size",
    `${path} has ${size} bytes, expected a multiple of ${record} (${labelBytes} for the label, ${PIXELS} pixels)`,
  );
}

/** Files of equal records as one sequence. */
class RecordSet implements SampleSet {
  readonly count: number;

  constructor(
    private readonly files: readonly RecordFile[],
    private readonly layout: Layout,
  ) {
    this.count = files.reduce((sum, file) => sum + file.count, 0);
  }

  async load(from: number, to: number): Promise<SamplesInMemory> {
    const { classes, labelBytes, labelAt } = this.layout;
    const record = labelBytes + PIXELS;
    const labels = new Int32Array(to - from);
    const pixels = new Uint8Array((to - from) * PIXELS);
    let base = 0;
    let at = 0;
    for (const { path, count } of this.files) {
      const first = Math.min(Math.max(from - base, 0), count);
      const last = Math.min(Math.max(to - base, 0), count);
      const bytes = readBytes(path, first * record, last * record);
      const start = at;
      for (let offset = 0; offset < bytes.length; offset += record, at++) {
        labels[at] = bytes[offset + labelAt] ?? -1;
        pixels.set(bytes.subarray(offset + labelBytes, offset + record), at * PIXELS);
      }
      checkLabels(labels.subarray(start, at), classes, path, first);
      base += count;
    }
    return new SamplesInMemory(SHAPE, labels, pixels);
  }
}
