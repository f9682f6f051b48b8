import { UserError } from "../base/errors.js";
import type { SampleSet, Source, Whole } from "./samples.js";

/** Rewards read val, repair and training read train, only an evaluation reads test. */
export type Split = "train" | "val" | "test";

/** A stretch of one of the source's sets. */
export interface Selection {
  readonly set: SampleSet;
  readonly from: number;
  readonly to: number;
}

/** The share of an unsplit source that is its test set, unless its name or its description says otherwise. */
const HOLDOUT = 0.1;

/**
 * Where a split lies. test is the source's test set; val its validation set if it has one of its own, otherwise the
 * last 5,000 samples of train (a tenth of it if there are fewer than 50,000); train is the rest. Of an unsplit source
 * the last `holdout` share is test and what comes before is split the same way. The three never overlap.
 */
export async function select(source: Source, split: Split, holdout?: number): Promise<Selection> {
  const selection = source.whole
    ? await selectOfWhole(source.whole, split, holdout)
    : await selectOfSets(source, split);
  if (selection.from < selection.to) return selection;
  throw new UserError(
    "data-empty",
    `${source.name}: no sample is left for ${split} (of ${selection.set.count}); give more samples or another holdout`,
  );
}

async function selectOfSets(source: Source, split: Split): Promise<Selection> {
  const own = source[split];
  if (own && (split !== "train" || source.val)) return all(await own());
  if (split === "test" || !source.train) {
    throw new UserError(
      "data-no-split",
      `${source.name} has no ${split === "test" ? "test" : "training"} set`,
    );
  }
  const train = await source.train();
  return trainOrVal(train, train.count, split);
}

async function selectOfWhole(whole: Whole, split: Split, holdout = whole.holdout): Promise<Selection> {
  const set = await whole.open();
  const kept = set.count - Math.round(set.count * holdout);
  return split === "test" ? { set, from: kept, to: set.count } : trainOrVal(set, kept, split);
}

function trainOrVal(set: SampleSet, count: number, split: "train" | "val"): Selection {
  const val = count >= 50_000 ? 5_000 : Math.ceil(count / 10);
  return split === "val" ? { set, from: count - val, to: count } : { set, from: 0, to: count - val };
}

function all(set: SampleSet): Selection {
  return { set, from: 0, to: set.count };
}

/**
 * The held-out share of an unsplit source at `path` when nothing else is said: a file or folder that calls itself test
 * or val ("imagenet/val", "digits-test.npz") is a test set as a whole, one that calls itself train has none.
 */
export function holdoutOfName(path: string): number {
  const name = /([^/\\]*?)(\.[^./\\]*)?[/\\]*$/.exec(path)?.[1] ?? "";
  if (/(^|[^a-z])(test|val|valid|validation)$/i.test(name)) return 1;
  return /(^|[^a-z])(train|training)$/i.test(name) ? 0 : HOLDOUT;
}

/**
 * An order in which every stretch has the classes in their proportions: by ((i + 1/2) / n, class), where i counts the
 * samples of a class and n is their number. For sources that come sorted by class.
 */
export function interleaveByClass(labels: ArrayLike<number>): Uint32Array {
  const sizes = new Map<number, number>();
  const ranks = Array.from(labels, (label) => {
    const rank = sizes.get(label) ?? 0;
    sizes.set(label, rank + 1);
    return rank;
  });
  const keys = Float64Array.from(labels, (label, i) => ((ranks[i] ?? 0) + 0.5) / (sizes.get(label) ?? 1));
  const order = Uint32Array.from(keys, (_, i) => i);
  return order.sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0) || (labels[a] ?? 0) - (labels[b] ?? 0));
}
