import { UserError } from "../base/errors.js";
import { Random } from "../base/random.js";
import type { Dataset } from "../data/index.js";
import { DataType, type Model } from "../ir/index.js";
import type { Feeds, HostTensor } from "../runtime/index.js";
import { type Augmentation, augment, drawShare } from "./augment.js";

/** A float32 scalar. */
export function scalarFeed(value: number): HostTensor {
  return { dataType: DataType.FLOAT, dims: [], data: Float32Array.of(value) };
}

/** A float32 vector. */
export function vectorFeed(data: Float32Array): HostTensor {
  return { dataType: DataType.FLOAT, dims: [data.length], data };
}

/** A seed for one part of a run, so that any part can be drawn again without those before it. */
export function partSeed(seed: number, epoch: number, part: number): number {
  return (
    (Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(epoch + 1, 0x85ebca77) ^ Math.imul(part + 1, 0xc2b2ae3d)) >>>
    0
  );
}

/** The name of the model's one input. Throws a UserError where there are several. */
export function dataInput(model: Model): string {
  const inputs = model.graph.inputs.filter((input) => !input.initializer);
  const [input] = inputs;
  if (input && inputs.length === 1) return input.name;
  throw new UserError("train-inputs", `training needs a model with one input, this has ${inputs.length}`);
}

/** The order in which an epoch takes the samples. */
export function epochOrder(length: number, seed: number, epoch: number): Uint32Array {
  const order = Uint32Array.from({ length }, (_, i) => i);
  return new Random(partSeed(seed, epoch, -1)).shuffle(order);
}

/**
 * One batch of an epoch as feeds: augmented and normalised images, and their labels. With mixup each image is mixed with
 * the one after it: "otherLabels" are that one's, "share" is what the first has.
 */
export async function batchFeeds(
  data: Dataset,
  input: string,
  indices: ArrayLike<number>,
  changes: { readonly augmentation: Augmentation; readonly random: Random } | undefined,
): Promise<Feeds> {
  const pixels = await data.read(indices);
  const changed = changes ? augment(pixels, data.shape, changes.augmentation, changes.random) : pixels;
  const count = indices.length;
  const feeds = new Map<string, HostTensor>([
    [input, { dataType: DataType.FLOAT, dims: [count, ...data.shape], data: data.normalise(changed) }],
    ["labels", labelsFeed(data, indices)],
  ]);
  const mixup = changes?.augmentation.mixup ?? 0;
  if (!changes || mixup === 0) return feeds;
  const share = drawShare(mixup, changes.random);
  const others = Array.from(indices, (_, i) => indices[(i + 1) % count] ?? 0);
  const mixed = mix(data.normalise(changed), count, share);
  return feeds
    .set(input, { dataType: DataType.FLOAT, dims: [count, ...data.shape], data: mixed })
    .set("otherLabels", labelsFeed(data, others))
    .set("share", scalarFeed(share));
}

/** Class indices of samples. */
export function labelsFeed({ labels }: Dataset, indices: ArrayLike<number>): HostTensor {
  const data = BigInt64Array.from(Array.from(indices, (index) => BigInt(labels[index] ?? -1)));
  return { dataType: DataType.INT64, dims: [data.length], data };
}

/** share · each + (1 - share) · the next, the last with the first. */
function mix(x: Float32Array, count: number, share: number): Float32Array {
  const size = x.length / count;
  return x.map((value, i) => share * value + (1 - share) * (x[(i + size) % x.length] ?? 0));
}
