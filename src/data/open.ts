import { Dataset } from "./dataset.js";
import type { DatasetSpec } from "./dataset-spec.js";
import { parseSpec } from "./parse-spec.js";
import type { Source } from "./samples.js";
import { assertSpec } from "./spec-fields.js";
import { type Split, select } from "./split.js";

export interface OpenOptions {
  readonly split: Split;
  /** These four take precedence over the description. */
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
  readonly scale?: number | undefined;
  readonly limit?: number | undefined;
  /** The share of an unsplit source that is its test set; takes precedence too, other sources have no use for it. */
  readonly holdout?: number | undefined;
  /** [channels, height, width] that the model takes: so images are read where the description says nothing. */
  readonly input?: readonly [number, number, number] | undefined;
}

/**
 * Opens one split of a data set: what is needed of it is looked for, labels are checked, pixels are in memory (images
 * come when they are asked for). Throws a UserError that says what was looked for and where.
 */
export async function openDataset(from: string | DatasetSpec, options: OpenOptions): Promise<Dataset> {
  const { split, input, holdout, ...preprocessing } = options;
  const given = Object.entries(preprocessing).filter(([, value]) => value !== undefined);
  const spec: unknown = {
    ...(typeof from === "string" ? await parseSpec(from) : from),
    ...Object.fromEntries(given),
  };
  assertSpec(spec, typeof from === "string" ? `data ${from}` : "data");
  const source = await openSource(spec, input);
  const { set, from: first, to } = await select(source, split, holdout);
  const samples = await set.load(first, Math.min(to, first + (spec.limit ?? Number.POSITIVE_INFINITY)));
  const { mean, std, scale } = spec;
  return new Dataset(`${split} of ${source.name}`, split, source.classes, samples, { mean, std, scale });
}

/** Each kind's reader; loaded when asked for, because sharp and the digits are heavy. */
async function openSource(spec: DatasetSpec, input: OpenOptions["input"]): Promise<Source> {
  const path = spec.path ?? "";
  switch (spec.kind) {
    case "cifar10":
    case "cifar100":
      return (await import("./cifar.js")).openCifar(spec.kind, path, spec);
    case "mnist":
      return (await import("./mnist.js")).openMnist(path, spec);
    case "images":
      return (await import("./images.js")).openImages(path, spec, input);
    case "npz":
      return (await import("./npz.js")).openNpz(path, spec);
    case "digits":
      return (await import("./digits.js")).openDigits();
  }
}
