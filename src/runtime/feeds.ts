import { UserError } from "../base/errors.js";
import { Random } from "../base/random.js";
import { DataType, elementsOf } from "../ir/index.js";
import { type HostArray, type HostTensor, isStrings, numberToFloat16, zeros } from "./host-tensor.js";
import type { PinnedInputs } from "./inputs.js";
import type { Port } from "./port.js";

/** Feeds for one run by input name. */
export type Feeds = ReadonlyMap<string, HostTensor>;

/** More elements than this in one input are refused before anything is allocated. */
const LARGEST_INPUT = 2 ** 29;

/**
 * Seeded random tensors for all inputs at the given dimensions: standard normal floats, integers in [0, 4), true for
 * booleans, empty strings. After `distinct` elements a tensor's numbers repeat. Throws a UserError for an input that is
 * no tensor, too large, or of an impossible type.
 */
export function randomFeeds(
  inputs: readonly Port[],
  pinned: PinnedInputs,
  seed: number,
  distinct = Number.POSITIVE_INFINITY,
): Map<string, HostTensor> {
  const random = new Random(seed);
  const feeds = new Map<string, HostTensor>();
  for (const { name, dataType } of inputs) {
    const dims = pinned.get(name);
    if (!dims)
      throw new UserError("input-type", `input ${name} is not a tensor; only tensors can be made at random`);
    if (elementsOf(dims) > LARGEST_INPUT) {
      throw new UserError(
        "input-too-large",
        `input ${name}: ${dims.join("×")} elements are too many to try out`,
      );
    }
    const tensor = zeros(dataType, dims);
    randomize(tensor, random, distinct);
    feeds.set(name, tensor);
  }
  return feeds;
}

function randomize({ dataType, data }: HostTensor, random: Random, distinct: number): void {
  if (isStrings(data)) return;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    fill(data, () => BigInt(random.below(4)), distinct);
  } else if (dataType === DataType.BOOL) data.fill(1);
  else if (dataType === DataType.FLOAT16) fill(data, () => numberToFloat16(random.normal()), distinct);
  else if (isFloats(data)) fill(data, () => random.normal(), distinct);
  else fill(data, () => random.below(4), distinct);
}

function isFloats(data: HostArray): boolean {
  return data instanceof Float32Array || data instanceof Float64Array;
}

interface Fillable<T> {
  readonly length: number;
  [index: number]: T;
  copyWithin(target: number, start: number, end: number): unknown;
}

function fill<T>(data: Fillable<T>, next: () => T, distinct: number): void {
  const own = Math.min(data.length, distinct);
  for (let i = 0; i < own; i++) data[i] = next();
  for (let done = own; done < data.length; done *= 2) data.copyWithin(done, 0, done);
}
