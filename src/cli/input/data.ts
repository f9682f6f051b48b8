import { type Dataset, openDataset, type Split } from "../../data/index.js";
import type { Model } from "../../ir/index.js";
import { inputPorts } from "../../runtime/index.js";
import { option, required } from "../option.js";

export const dataFlags = {
  data: required(
    option.text(
      "DATA",
      "cifar10:DIR, cifar100:DIR, mnist:DIR, images:DIR, npz:FILE, digits, or a .yaml or .json file",
    ),
  ),
  mean: option.numbers("A,B,C", "mean of each channel, after division by 255"),
  std: option.numbers("A,B,C", "deviation of each channel, after division by 255"),
  limit: option.integer("N", "use the first N samples only", { min: 1 }),
};

export interface DataFlags {
  readonly data: string;
  readonly mean: readonly number[] | undefined;
  readonly std: readonly number[] | undefined;
  readonly limit: number | undefined;
}

/** The test set that `--data` names, images in the size that the model takes. */
export function openTestSet(flags: DataFlags, model: Model): Promise<Dataset> {
  return openSplit(flags, "test", model);
}

/** A split of what `--data` names. */
export function openSplit(
  { data, mean, std, limit }: DataFlags,
  split: Split,
  model: Model,
): Promise<Dataset> {
  return openDataset(data, { split, mean, std, limit, input: imageSizeOf(model) });
}

/** [channels, height, width] of the model's first input, where all three are fixed. */
function imageSizeOf({ graph }: Model): [number, number, number] | undefined {
  const [, channels, height, width, ...others] = inputPorts(graph)[0]?.dims ?? [];
  const isSize = (size: number | string | undefined): size is number => typeof size === "number" && size > 0;
  if (others.length > 0 || !isSize(channels) || !isSize(height) || !isSize(width)) return undefined;
  return [channels, height, width];
}
