import type { ShapeTable } from "../analysis/index.js";
import { UserError } from "../base/errors.js";
import type { Dataset } from "../data/index.js";
import { Builder, DataType, Graph, Model } from "../ir/index.js";
import { inferShapes, ResidentChild, ResidentSession, type SessionOptions } from "../runtime/index.js";
import { dataInput, epochOrder, scalarFeed, vectorFeed } from "./feed.js";
import { gatherSegments, scatterSegments } from "./segments.js";
import { layOutStatistics, type StepModel, stateOutputs } from "./step-model.js";
import { copyModel, trainingOpset } from "./training-form.js";

export interface RecalibrateOptions extends SessionOptions {
  /** Samples of one batch; 128 by default. */
  readonly batch?: number;
  /** Batches that count; all whole ones of the data set by default. */
  readonly batches?: number | undefined;
  readonly seed?: number;
  /** Sizes of the model's values at `batch` samples, where they are known already. */
  readonly shapes?: ShapeTable | undefined;
  /** Computes in this process: for one that is a child already. */
  readonly here?: boolean;
  readonly onProgress?: ((samples: number, total: number) => void) | undefined;
}

/**
 * New running statistics for every batch normalization: the mean over batches of each batch's own mean and variance, every
 * layer seeing what the layers before it give with their batch statistics. Returns a copy of the model. Throws the
 * UserError "no-batch-norm" where there is none that could be measured anew.
 */
export async function recalibrate(
  model: Model,
  data: Dataset,
  options: RecalibrateOptions = {},
): Promise<Model> {
  const { batch = 128, seed = 0, here = false, onProgress, ...session } = options;
  const size = Math.min(batch, data.length);
  const count = Math.max(
    1,
    Math.min(options.batches ?? Number.POSITIVE_INFINITY, Math.floor(data.length / size)),
  );
  const input = dataInput(model);
  const dims = [size, ...data.shape];
  const { model: step, state, statistics } = await recalibrationStep(model, dims, options.shapes);
  const child = await (here ? ResidentSession : ResidentChild).open(step, state, session);
  try {
    await child.write(new Map([["statistics", vectorFeed(gatherSegments(statistics, model))]]));
    const order = epochOrder(data.length, seed, 0);
    let done = 0;
    for await (const { x } of data.batches(size, { order, to: count * size })) {
      const images = { dataType: DataType.FLOAT, dims, data: x };
      await child.step(
        new Map([
          [input, images],
          ["step", scalarFeed(++done)],
        ]),
      );
      onProgress?.(done * size, count * size);
    }
    const values = (await child.read()).get("statistics")?.data as Float32Array;
    return scatterSegments(model, [{ segments: statistics, values }]);
  } finally {
    await child.close();
  }
}

/**
 * A step that takes a batch of dimensions `dims`: "statistics" become their mean over so many batches as "step" counts.
 * `known` are the dimensions of the model's values at that batch, inferred where they are not given.
 */
export async function recalibrationStep(
  model: Model,
  dims: readonly number[],
  known?: ShapeTable,
): Promise<Pick<StepModel, "model" | "state" | "statistics">> {
  const input = dataInput(model);
  const shapes = known ?? (await inferShapes(model, { inputShapes: new Map([[input, dims]]) }));
  const build = new Builder(new Graph({ name: "recalibration" }));
  const given = new Map([[input, build.input(input, dims)]]);
  const copied = copyModel(build, model, shapes, given, { training: true });
  for (const [name, { value }] of copied.weights) {
    const tensor = model.graph.find(name)?.initializer;
    if (tensor) build.graph.setInitializer(value.name, tensor);
  }
  const { segments, batch } = layOutStatistics(build, copied.statistics);
  if (!batch) throw new UserError("no-batch-norm", "the model has no batch normalization to recalibrate");
  const running = build.input("statistics", batch.dims);
  // The mean of the first k batches, from that of k - 1.
  const next = build.add(running, build.div(build.sub(batch, running), build.input("step", [])));
  const state = stateOutputs(build, [{ input: running, output: next }]);
  const step = new Model({
    irVersion: 10,
    opsetImports: [{ domain: "", version: trainingOpset(model) }],
    graph: build.graph,
  });
  return { model: step, state, statistics: segments };
}
