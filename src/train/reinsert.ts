import { invariant, UserError } from "../base/errors.js";
import type { Dataset } from "../data/index.js";
import { Builder, Graph, Model, type SymTensor, type Value } from "../ir/index.js";
import {
  type ChannelStatistics,
  type FoldedNorm,
  foldedNorms,
  insertNorms,
  type ReinsertedModel,
} from "../rewrite/index.js";
import { inferShapes, numbersIn, ResidentChild, type SessionOptions } from "../runtime/index.js";
import { batchFeeds, dataInput, epochOrder } from "./feed.js";
import { copyModel, trainingOpset } from "./training-form.js";

export interface ReinsertOptions extends SessionOptions {
  /** Samples that are looked at; 8,192 by default, or all. */
  readonly samples?: number;
  readonly batch?: number | undefined;
  readonly seed?: number | undefined;
  readonly isFrozen?: ((name: string) => boolean) | undefined;
}

/**
 * Puts batch normalization back where an exporter folded it away, with the means and variances that the model itself
 * shows on `data`: the new model computes what the old one does. Convolutions whose weight is frozen stay as they are.
 * Throws the UserError "no-folded-norm" where there is nothing to do.
 */
export async function reinsertBatchNorm(
  model: Model,
  data: Dataset,
  { samples = 8192, batch = 128, seed = 0, isFrozen, ...session }: ReinsertOptions = {},
): Promise<ReinsertedModel> {
  const norms = foldedNorms(model).filter(({ weight }) => !isFrozen?.(weight));
  if (norms.length === 0)
    throw new UserError(
      "no-folded-norm",
      "there is no convolution with a bias and without batch normalization behind it, so none can be put back",
    );
  const size = Math.min(batch, data.length);
  const order = epochOrder(data.length, seed, 0).subarray(0, Math.max(size, Math.min(samples, data.length)));
  const input = dataInput(model);
  const measuring = await measuringModel(model, norms, input, [size, ...data.shape]);
  const total = new RunningMoments();
  const child = await ResidentChild.open(measuring, new Map(), session);
  try {
    for (let from = 0; from + size <= order.length; from += size) {
      const feeds = new Map(await batchFeeds(data, input, order.subarray(from, from + size), undefined));
      feeds.delete("labels");
      const outputs = new Map((await child.step(feeds)).map((output) => [output.name, numbersIn(output)]));
      const [means, variances] = [outputs.get("means"), outputs.get("variances")];
      invariant(means && variances, "the model of the measurement has two outputs");
      total.add(means, variances);
    }
  } finally {
    await child.close();
  }
  const starts = new Map<FoldedNorm, number>();
  norms.reduce((at, norm) => starts.set(norm, at) && at + norm.channels, 0);
  return insertNorms(model, norms, (norm) => total.slice(starts.get(norm) ?? 0, norm.channels));
}

/** A model of one batch: the mean and variance of each channel of all these outputs, in two vectors. */
async function measuringModel(
  model: Model,
  norms: readonly FoldedNorm[],
  input: string,
  dims: readonly number[],
): Promise<Model> {
  const shapes = await inferShapes(model, { inputShapes: new Map([[input, dims]]) });
  const build = new Builder(new Graph({ name: "statistics" }));
  const given = new Map([[input, build.input(input, dims)]]);
  const { symbols } = copyModel(build, model, shapes, given, { training: false });
  const moments = norms.map(({ output, channels }) => {
    const x = symbols.get(model.graph.find(output) as Value);
    invariant(x, () => `${output} was copied`);
    const over = [...x.dims.keys()].filter((axis) => axis !== 1);
    const mean = build.mean(x, over);
    const variance = build.mean(build.square(build.sub(x, mean)), over);
    const vector = (tensor: SymTensor) => build.reshape(tensor, [channels]);
    return { mean: vector(mean), variance: vector(variance) };
  });
  build.output(
    "means",
    build.concat(
      moments.map(({ mean }) => mean),
      0,
    ),
  );
  build.output(
    "variances",
    build.concat(
      moments.map(({ variance }) => variance),
      0,
    ),
  );
  return new Model({
    irVersion: 10,
    opsetImports: [{ domain: "", version: trainingOpset(model) }],
    graph: build.graph,
  });
}

/** Means and variances of equal batches as those of all their samples (Chan, Golub and LeVeque, 1983). */
class RunningMoments {
  #batches = 0;
  #means: Float64Array = new Float64Array();
  /** Sums of the batches' variances, and of the squared distances of their means. */
  #within: Float64Array = new Float64Array();
  #between: Float64Array = new Float64Array();

  add(means: ArrayLike<number>, variances: ArrayLike<number>): void {
    if (this.#batches === 0)
      [this.#means, this.#within, this.#between] = [0, 0, 0].map(() => new Float64Array(means.length)) as [
        Float64Array,
        Float64Array,
        Float64Array,
      ];
    this.#batches++;
    for (let i = 0; i < means.length; i++) {
      const before = this.#means[i] ?? 0;
      const distance = (means[i] ?? 0) - before;
      const mean = before + distance / this.#batches;
      this.#means[i] = mean;
      this.#within[i] = (this.#within[i] ?? 0) + (variances[i] ?? 0);
      this.#between[i] = (this.#between[i] ?? 0) + distance * ((means[i] ?? 0) - mean);
    }
  }

  slice(from: number, count: number): ChannelStatistics {
    const at = (of: (i: number) => number) => Float32Array.from({ length: count }, (_, i) => of(from + i));
    return {
      mean: at((i) => this.#means[i] ?? 0),
      variance: at((i) => ((this.#within[i] ?? 0) + (this.#between[i] ?? 0)) / this.#batches),
    };
  }
}
