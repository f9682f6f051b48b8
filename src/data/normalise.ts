import { UserError } from "../base/errors.js";
import { type Pixels, valuesOf } from "./samples.js";

/** How values become a model's input: (value / scale - mean) / std; mean and std hold one number or one a channel. */
export interface Normalisation {
  /** Default 255 for bytes, 1 for numbers of other types. */
  readonly scale?: number | undefined;
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
}

/** Channels of a sample: the first of three axes; a sample of another rank counts as one channel. */
function channelsOf(shape: readonly number[]): number {
  return shape.length === 3 ? (shape[0] ?? 1) : 1;
}

/** Throws a UserError where mean or std does not fit samples of `shape`. */
export function checkNormalisation(
  { mean, std }: Normalisation,
  shape: readonly number[],
  name: string,
): void {
  const channels = channelsOf(shape);
  for (const [key, values] of [["mean", mean] as const, ["std", std] as const]) {
    if (!values || values.length === 1 || values.length === channels) continue;
    throw new UserError(
      "data-normalisation",
      `${name}: ${key} has ${values.length} numbers, its samples of shape [${shape.join(", ")}] need 1 or ${channels}`,
    );
  }
  const bad = std?.find((value) => !(value > 0)) ?? mean?.find((value) => !Number.isFinite(value));
  if (bad !== undefined) {
    throw new UserError("data-normalisation", `${name}: ${bad} among mean and std; std must be above 0`);
  }
}

/** Samples of `shape`, one after the other, as float32 in the same order. */
export function normalise(
  pixels: Pixels,
  shape: readonly number[],
  normalisation: Normalisation,
): Float32Array {
  const { mean = [0], std = [1], scale = pixels instanceof Uint8Array ? 255 : 1 } = normalisation;
  const channels = channelsOf(shape);
  const plane = valuesOf(shape) / channels;
  const out = new Float32Array(pixels.length);
  for (let channel = 0; channel < channels; channel++) {
    const shift = mean[channel] ?? mean[0] ?? 0;
    const spread = std[channel] ?? std[0] ?? 1;
    const convert = (value: number) => (value / scale - shift) / spread;
    const planes = { first: channel * plane, step: channels * plane, length: plane };
    if (pixels instanceof Uint8Array)
      lookUp(
        pixels,
        out,
        planes,
        Float32Array.from({ length: 256 }, (_, v) => convert(v)),
      );
    else compute(pixels, out, planes, convert);
  }
  return out;
}

/** Where one channel lies in a run of samples. */
interface Planes {
  readonly first: number;
  readonly step: number;
  readonly length: number;
}

/** Bytes have 256 values only: a table is several times faster than the formula. */
function lookUp(
  pixels: Uint8Array,
  out: Float32Array,
  { first, step, length }: Planes,
  table: Float32Array,
): void {
  for (let start = first; start < pixels.length; start += step) {
    for (let i = start; i < start + length; i++) out[i] = table[pixels[i] ?? 0] ?? 0;
  }
}

function compute(
  pixels: Float32Array,
  out: Float32Array,
  { first, step, length }: Planes,
  convert: (value: number) => number,
): void {
  for (let start = first; start < pixels.length; start += step) {
    for (let i = start; i < start + length; i++) out[i] = convert(pixels[i] ?? 0);
  }
}
