import { UserError } from "../base/errors.js";
import type { Dataset } from "../data/index.js";
import { sliceKey, type WeightSlices } from "../importance/index.js";
import { Builder, DataType, elementsOf, Graph, Model, type SymTensor } from "../ir/index.js";
import { inferShapes, numbersIn, ResidentChild, type SessionOptions } from "../runtime/index.js";
import { logitsOf } from "./classifier-step.js";
import { differentiate, dropDeadNodes } from "./differentiate.js";
import { batchFeeds, dataInput, epochOrder } from "./feed.js";
import { crossEntropy } from "./loss.js";
import { copyModel, trainingOpset } from "./training-form.js";

export interface ContributionOptions extends SessionOptions {
  /** Samples that count; whole batches of them. 512 by default. */
  readonly samples?: number;
  readonly batch?: number;
  readonly seed?: number;
  readonly onProgress?: ((samples: number, total: number) => void) | undefined;
}

/**
 * Σ gradient · weight over every slice of stored float32 weights, batch by batch, for the cross-entropy of a classifier in
 * its inference form: what `taylorCriterion` of src/importance scores channels by. Weights of other types give nothing.
 * Throws the UserErrors of training: no gradient, several inputs, an output that is no class scores.
 */
export async function sliceContributions(
  model: Model,
  data: Dataset,
  slices: readonly WeightSlices[],
  options: ContributionOptions = {},
): Promise<Map<string, Float32Array>[]> {
  const { samples = 512, batch = 32, seed = 0, onProgress, ...session } = options;
  const size = Math.min(batch, data.length);
  const count = Math.max(1, Math.floor(Math.min(samples, data.length) / size));
  const { step, parts, input } = await contributionModel(model, [size, ...data.shape], slices);
  const child = await ResidentChild.open(step, new Map(), session);
  try {
    const order = epochOrder(data.length, seed, 0);
    const batches: Map<string, Float32Array>[] = [];
    for (let k = 0; k < count; k++) {
      const indices = order.subarray(k * size, (k + 1) * size);
      const [output] = await child.step(await batchFeeds(data, input, indices, undefined));
      const numbers = Float32Array.from(output ? numbersIn(output) : []);
      batches.push(new Map(parts.map(({ key, from, to }) => [key, numbers.slice(from, to)])));
      onProgress?.((k + 1) * size, count * size);
    }
    return batches;
  } finally {
    await child.close();
  }
}

/** A model of one batch whose output is all slices' sums, one after the other. */
async function contributionModel(model: Model, dims: readonly number[], slices: readonly WeightSlices[]) {
  const input = dataInput(model);
  const shapes = await inferShapes(model, { inputShapes: new Map([[input, dims]]) });
  const build = new Builder(new Graph({ name: "contributions" }));
  const x = build.input(input, dims);
  const labels = build.input("labels", dims.slice(0, 1), DataType.INT64);
  const wanted = new Set(slices.map(({ tensor }) => tensor));
  // What is frozen stays a constant, and batch normalization keeps the statistics of inference.
  const copied = copyModel(build, model, shapes, new Map([[input, x]]), {
    training: true,
    isFrozen: (name) => !wanted.has(name),
  });
  const logits = logitsOf(model, copied);
  if (logits.dims.length !== 2 || logits.dims[0] !== dims[0])
    throw new UserError(
      "train-output",
      `the output has dimensions [${logits.dims}], expected [${dims[0]}, classes]: a score for each class`,
    );
  const names = [...copied.weights.keys()];
  const loss = crossEntropy(build, logits, labels);
  const gradients = differentiate(build, loss, [...copied.weights.values()], copied.composites);
  const products = new Map<string, SymTensor>();
  names.forEach((name, i) => {
    const [weight, gradient] = [copied.weights.get(name), gradients[i]];
    const tensor = model.graph.find(name)?.initializer;
    if (tensor && weight) build.graph.setInitializer(weight.value.name, tensor);
    if (weight && gradient) products.set(name, build.mul(weight, gradient));
  });
  const parts: { key: string; from: number; to: number }[] = [];
  const sums: SymTensor[] = [];
  let from = 0;
  for (const each of slices) {
    const product = products.get(each.tensor);
    if (!product) continue;
    const sum = sliceSums(build, product, each);
    sums.push(sum);
    const to = from + (sum.dims[0] ?? 0);
    parts.push({ key: sliceKey(each), from, to });
    from = to;
  }
  if (parts.length === 0)
    throw new UserError("no-gradient", "the loss depends on no stored float32 weight that reads channels");
  build.output("contributions", build.concat(sums, 0));
  dropDeadNodes(build);
  const opsetImports = [{ domain: "", version: trainingOpset(model) }];
  const step = new Model({ irVersion: 10, opsetImports, graph: build.graph });
  return { step, input, parts };
}

/** The sums over all axes but the sliced one, for each block of the first where there are two. */
function sliceSums(build: Builder, product: SymTensor, { axes, blockCount }: WeightSlices): SymTensor {
  const axis = axes.at(-1) ?? 0;
  const [first] = axes;
  if (axes.length === 1 || first === undefined) {
    const others = [...product.dims.keys()].filter((each) => each !== axis);
    return build.sum(product, others, false);
  }
  const rows = product.dims[first] ?? 1;
  const split = product.dims.flatMap((size, i) => (i === first ? [blockCount, rows / blockCount] : [size]));
  const others = [...split.keys()].filter((each) => each !== first && each !== axis + 1);
  const sums = build.sum(build.reshape(product, split), others, false);
  return build.reshape(sums, [elementsOf(sums.dims)]);
}
