import { invariant } from "../base/errors.js";
import type { PrunePlan } from "../channels/index.js";
import type { Dataset } from "../data/index.js";
import { Builder, cloneModel, Graph, Model, type Node, toFloat32 } from "../ir/index.js";
import { isConv, weightInputAxis } from "../ops/index.js";
import { inferShapes, numbersIn, ResidentSession, type SessionOptions } from "../runtime/index.js";
import type { ShapedModel } from "./classifier-step.js";
import { dropDeadNodes } from "./differentiate.js";
import { batchFeeds, dataInput, epochOrder } from "./feed.js";
import { NormalEquations } from "./normal-equations.js";
import { keptOutputs, type RefitLayer, refitLayer, regression, wantedOutputs } from "./refit-layer.js";
import { copyModel, trainingOpset } from "./training-form.js";

export interface LeastSquaresOptions extends SessionOptions {
  /** Calibration samples; 1,024 by default. */
  readonly samples?: number;
  readonly batch?: number;
  /** How strongly weights are held where they are, in units of the mean squared input; 1e-3 by default. */
  readonly ridge?: number;
  readonly seed?: number;
  readonly onProgress?: ((layers: number, total: number) => void) | undefined;
}

export interface LeastSquaresResult {
  readonly model: Model;
  /** Layers that were given new weights, by node label. */
  readonly layers: readonly string[];
  /** Layers that lost inputs and keep their weights, and why. */
  readonly skipped: readonly { readonly layer: string; readonly reason: string }[];
}

/**
 * New weights for every convolution and matrix product that lost inputs: those that best reproduce the original's outputs on
 * calibration samples from what the pruned model itself computes up to there, layer after layer (He, Zhang and Sun,
 * "Channel pruning", ICCV 2017), and a correction of the bias, or of the running mean of the normalization behind. A
 * ridge holds the weights near their present values. Memory is that of the normal equations, (inputs · kernel)² for a
 * group of a layer, whatever the number of samples.
 */
export async function leastSquares(
  original: Model,
  pruned: Model,
  plan: PrunePlan,
  data: Dataset,
  options: LeastSquaresOptions = {},
): Promise<LeastSquaresResult> {
  const { samples = 1024, batch = 128, ridge = 1e-3, seed = 0, onProgress, ...session } = options;
  const size = Math.min(batch, data.length);
  const order = epochOrder(data.length, seed, 0).subarray(0, Math.max(size, Math.min(samples, data.length)));
  const shaped = async (model: Model): Promise<ShapedModel> => ({
    model,
    shapes: await inferShapes(model, { inputShapes: new Map([[dataInput(model), [size, ...data.shape]]]) }),
  });
  const repaired = cloneModel(pruned);
  const [before, after] = [await shaped(original), await shaped(repaired)];
  const readers = repaired.graph.nodes.filter((node) => lostInputs(node, original, plan));
  const layers: string[] = [];
  const skipped: { layer: string; reason: string }[] = [];
  for (const [i, node] of readers.entries()) {
    const layer = refitLayer(node);
    const equations =
      typeof layer === "string" ? layer : equationsModel(before, after, layer, plan, order.length);
    if (typeof layer === "string" || typeof equations === "string")
      skipped.push({ layer: node.label, reason: String(equations) });
    else {
      const sums = await measure(equations, data, order, size, session);
      replaceConstants(repaired, layer, sums, ridge);
      layers.push(node.label);
    }
    onProgress?.(i + 1, readers.length);
  }
  return { model: repaired, layers, skipped };
}

/** Whether the node's weight has fewer inputs than in the original, or is of a convolution with fewer groups. */
function lostInputs(node: Node, original: Model, plan: PrunePlan): boolean {
  const weight = node.input(1);
  const own = weight?.initializer;
  if (!weight || !own || own.dims.length < 2) return false;
  const source = plan.slices.find(({ tensor }) => tensor === weight.name)?.source ?? weight.name;
  const old = original.graph.find(source)?.initializer;
  if (!old || old.dims.length !== own.dims.length) return false;
  const lost = (axis: number) => (own.dims[axis] ?? 0) < (old.dims[axis] ?? 0);
  return lost(weightInputAxis(node)) || (isConv(node) && (node.int("group") ?? 1) > 1 && lost(0));
}

/** A model of one batch with the outputs "gram" and "cross"; a reason where the two models do not line up. */
function equationsModel(
  original: ShapedModel,
  pruned: ShapedModel,
  layer: RefitLayer,
  plan: PrunePlan,
  samples: number,
): Model | string {
  const { node } = layer;
  const build = new Builder(new Graph({ name: "least squares" }));
  const x = build.input("x", pruned.shapes.pinned.get(dataInput(pruned.model)) ?? []);
  const [before, after] = [original, pruned].map(({ model, shapes }, i) =>
    copyModel(build, model, shapes, new Map([[dataInput(model), x]]), { prefix: `${i}/`, training: false }),
  );
  const [input, output, bias] = [node.input(0), node.output(0), node.input(2)];
  const same = output && original.model.graph.find(output.name);
  const [target, source] = [same && before?.symbols.get(same), input && after?.symbols.get(input)];
  if (!target || !source) return "the original has no value of its output's name";
  const axis = isConv(node) ? 1 : target.dims.length - 1;
  const kept = keptOutputs(layer, plan.slices, target.dims[axis] ?? 0);
  if (kept.length !== layer.weight.initializer?.dims[layer.outputAxis])
    return "the plan does not say which of its outputs are left";
  const wanted = wantedOutputs(build, layer, target, kept, bias && after?.symbols.get(bias));
  const { columns, targets } = regression(build, layer, source, wanted, samples);
  build.output("gram", build.matMul(columns, build.swap(columns)));
  build.output("cross", build.matMul(columns, build.swap(targets)));
  dropDeadNodes(build);
  const version = Math.max(trainingOpset(original.model), trainingOpset(pruned.model));
  return new Model({ irVersion: 10, opsetImports: [{ domain: "", version }], graph: build.graph });
}

/** The sums over the samples of `order`, in batches of `size`. */
async function measure(
  equations: Model,
  data: Dataset,
  order: Uint32Array,
  size: number,
  options: SessionOptions,
): Promise<NormalEquations> {
  const sums = new NormalEquations();
  const session = await ResidentSession.open(equations, new Map(), options);
  try {
    for (let from = 0; from + size <= order.length; from += size) {
      const feeds = new Map(await batchFeeds(data, "x", order.subarray(from, from + size), undefined));
      feeds.delete("labels");
      const outputs = new Map((await session.step(feeds)).map((output) => [output.name, numbersIn(output)]));
      const [gram, cross] = [outputs.get("gram"), outputs.get("cross")];
      invariant(gram && cross, "the model of the equations has two outputs");
      sums.add(gram, cross);
    }
  } finally {
    await session.close();
  }
  return sums;
}

function replaceConstants(model: Model, layer: RefitLayer, sums: NormalEquations, ridge: number): void {
  const { weight, intercept, groups, outputAxis } = layer;
  const tensor = weight.initializer;
  invariant(tensor, "the weight is a constant");
  const found = sums.solve(tensor, { groups, outputAxis, intercept: intercept !== undefined }, ridge);
  // A layer that sees nothing but zeros keeps its weights.
  if (!found) return;
  model.graph.setInitializer(weight.name, tensor.withFloats(found.weight));
  const vector = intercept && model.graph.find(intercept.name)?.initializer;
  if (!intercept || !vector) return;
  const values = toFloat32(vector).map((value, i) => value + intercept.sign * (found.intercept[i] ?? 0));
  model.graph.setInitializer(intercept.name, vector.withFloats(values));
}
