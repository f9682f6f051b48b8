import type { ShapeTable } from "../../analysis/index.js";
import { UserError } from "../../base/errors.js";
import { Random } from "../../base/random.js";
import {
  ChannelAnalysis,
  type ChannelRules,
  channelReads,
  normalisations,
  rankings,
  type SelectionOptions,
} from "../../channels/index.js";
import type { Dataset } from "../../data/index.js";
import {
  type ActivationCriterion,
  type Aggregation,
  activationCriteria,
  activationCriterion,
  aggregations,
  type Criterion,
  comparableCriteria,
  criteria,
  criterionNamed,
  readKey,
  taylorCriterion,
  taylorSlices,
} from "../../importance/index.js";
import type { Model } from "../../ir/index.js";
import { calibrationBatch, calibrationFeeds, measureChannels } from "../../runtime/index.js";
import { sliceContributions } from "../../train/index.js";
import type { Io } from "../io.js";
import { byDefault, option } from "../option.js";
import { type DataFlags, dataFlags, openSplit } from "./data.js";
import { likeWithLike } from "./group-layers.js";

export const importanceFlags = {
  importance: byDefault(
    option.choice(
      [...criteria.keys(), ...activationCriteria, "taylor"],
      `what makes a channel important; ${activationCriteria.join(", ")} and taylor need --data`,
    ),
    "l2",
  ),
  aggregate: byDefault(option.choice(aggregations, "how the scores of coupled slices become one"), "mean"),
  ranking: byDefault(
    option.choice(
      rankings,
      "how steps compete: the same share of every group, all groups in one order, or groups of like layers each in one",
    ),
    "uniform",
  ),
  normalise: option.choice(
    normalisations,
    `what divides a group's scores before groups compete (default: mean; none for ${[...comparableCriteria].join(", ")})`,
  ),
  ...dataFlags,
  data: option.text("DATA", `training samples to measure on: ${dataFlags.data.about}`),
  samples: byDefault(option.integer("N", "how many training samples are measured", { min: 1 }), 512),
  batch: byDefault(option.integer("N", "of these in one batch", { min: 1 }), 32),
};

interface ImportanceFlags extends Omit<DataFlags, "data"> {
  readonly importance: string;
  readonly aggregate: Aggregation;
  readonly data: string | undefined;
  readonly samples: number;
  readonly batch: number;
  readonly seed: number;
  readonly provider: string;
  /** By which the channels are found that get measured. */
  readonly rules: ChannelRules;
}

/** The criterion that the flags name; measures what it needs. */
export async function criterionOf(
  flags: ImportanceFlags,
  model: Model,
  shapes: ShapeTable,
  io: Io,
): Promise<Criterion> {
  const scorer = await scorerOf(flags, model, shapes, io);
  return (analysis, seed) => scorer(analysis, seed, flags.aggregate);
}

async function scorerOf(
  flags: ImportanceFlags,
  model: Model,
  shapes: ShapeTable,
  io: Io,
): Promise<Criterion> {
  const { importance } = flags;
  const activation = activationCriteria.find((name) => name === importance);
  if (!activation && importance !== "taylor") return criterionNamed(importance);
  if (flags.data === undefined)
    throw new UserError("usage", `--importance ${importance} measures on training samples: give --data`);
  const train = await io.wait(
    "opening the data set",
    openSplit({ ...flags, data: flags.data }, "train", model),
  );
  const measuring = { analysis: new ChannelAnalysis(model, shapes.of, flags.rules), model, train, flags };
  return activation ? byActivations(activation, measuring, io) : byGradients(measuring, io);
}

interface Measuring {
  readonly analysis: ChannelAnalysis;
  readonly model: Model;
  readonly train: Dataset;
  readonly flags: ImportanceFlags;
}

async function byActivations(
  name: ActivationCriterion,
  { analysis, model, train, flags }: Measuring,
  io: Io,
): Promise<Criterion> {
  const reads = new Map(channelReads(analysis).map((read) => [readKey(read), read]));
  const axes = [...reads.values()].map(({ value, axis }) => ({
    value: value.name,
    axis,
    dims: analysis.dims(value) ?? [],
  }));
  const size = calibrationBatch(model, Math.min(flags.batch, train.length));
  const order = new Random(flags.seed).shuffle(Uint32Array.from({ length: train.length }, (_, i) => i));
  const count = Math.max(1, Math.floor(Math.min(flags.samples, train.length) / size));
  const batches = train.batches(size, { order: order.subarray(0, count * size) });
  const feeds = calibrationFeeds(model, { shape: train.shape, batches });
  const measured = measureChannels(model, axes, feeds, { provider: flags.provider });
  const statistics = await io.wait("measuring activations", measured);
  return activationCriterion(
    name,
    new Map([...reads.keys()].flatMap((key, i) => (statistics[i] ? [[key, statistics[i]]] : []))),
  );
}

async function byGradients({ analysis, model, train, flags }: Measuring, io: Io): Promise<Criterion> {
  const contributions = await sliceContributions(model, train, taylorSlices(analysis), {
    samples: flags.samples,
    batch: calibrationBatch(model, flags.batch),
    seed: flags.seed,
    provider: flags.provider,
    onProgress: io.progress("measuring gradients"),
  });
  return taylorCriterion(contributions);
}

/** How groups compete. */
export function rankingOf(
  {
    importance,
    ranking,
    normalise,
  }: Pick<SelectionOptions, "ranking"> & {
    importance: string;
    normalise?: SelectionOptions["normalisation"];
  },
  { graph }: Model,
): Pick<SelectionOptions, "ranking" | "classOf" | "normalisation"> {
  return {
    ranking,
    classOf: ranking === "isomorphic" ? likeWithLike(graph) : undefined,
    normalisation: normalise ?? (comparableCriteria.has(importance) ? "none" : "mean"),
  };
}
