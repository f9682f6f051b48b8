import { invariant } from "../base/errors.js";
import type { PrunePlan } from "../channels/index.js";
import type { Dataset } from "../data/index.js";
import {
  Builder,
  cloneModel,
  elementsOf,
  Graph,
  Model,
  type Node,
  type SymTensor,
  Tensor,
  toFloat32,
} from "../ir/index.js";
import { padded, windowAt } from "../ops/gradient/conv-weight.js";
import { windowsOf } from "../ops/gradient/window.js";
import { isDenseConv, weightInputAxis } from "../ops/index.js";
import { inferShapes, numbersIn, ResidentSession, type SessionOptions } from "../runtime/index.js";
import type { ShapedModel } from "./classifier-step.js";
import { dropDeadNodes } from "./differentiate.js";
import { batchFeeds, dataInput, epochOrder } from "./feed.js";
import { solveSymmetric } from "./solve.js";
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
  /** Convolutions that were given new weights, by node label. */
  readonly layers: readonly string[];
  /** Layers that lost inputs but are of a kind that is not repaired: grouped convolutions, linear layers. */
  readonly skipped: readonly string[];
}

/**
 * New weights for every convolution that lost input channels: those that best reproduce the original's outputs on
 * calibration images from what the pruned model itself computes up to there, layer after layer (He, Zhang and Sun,
 * "Channel pruning", ICCV 2017). A ridge holds the weights near their present values. Memory is that of the normal
 * equations, (inputs · kernel)² for a layer, whatever the number of images.
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
  const readers = repaired.graph.nodes.filter((node) => lostInputs(node, original));
  const layers = readers.filter(isDenseConv);
  for (const [i, node] of layers.entries()) {
    const equations = normalEquations(before, after, node, plan);
    const step = await ResidentSession.open(equations, new Map(), session);
    try {
      const total = { gram: new Float64Array(), cross: new Float64Array() };
      for (let from = 0; from + size <= order.length; from += size) {
        const feeds = new Map(await batchFeeds(data, "x", order.subarray(from, from + size), undefined));
        feeds.delete("labels");
        for (const output of await step.step(feeds)) {
          const name = output.name === "gram" ? "gram" : "cross";
          const numbers = Float64Array.from(numbersIn(output));
          total[name] =
            total[name].length === 0 ? numbers : total[name].map((sum, at) => sum + (numbers[at] ?? 0));
        }
      }
      replaceWeight(repaired, node, total, ridge);
    } finally {
      await step.close();
    }
    onProgress?.(i + 1, layers.length);
  }
  const label = (node: Node) => node.label;
  return {
    model: repaired,
    layers: layers.map(label),
    skipped: readers.filter((node) => !isDenseConv(node)).map(label),
  };
}

/** Whether the node's weight has fewer inputs than in the original. */
function lostInputs(node: Node, original: Model): boolean {
  const weight = node.input(1);
  const [own, old] = [weight?.initializer, weight && original.graph.find(weight.name)?.initializer];
  if (!own || !old || own.dims.length < 2) return false;
  const inputs = weightInputAxis(node);
  return (own.dims[inputs] ?? 0) < (old.dims[inputs] ?? 0);
}

/** A model of one batch: gram [k, k] = Σ c·cᵀ and cross [k, outputs] = Σ c·tᵀ for inputs c and wanted outputs t. */
function normalEquations(original: ShapedModel, pruned: ShapedModel, node: Node, plan: PrunePlan): Model {
  const build = new Builder(new Graph({ name: "least squares" }));
  const dims = pruned.shapes.pinned.get(dataInput(pruned.model)) ?? [];
  const x = build.input("x", dims);
  const copies = [original, pruned].map(({ model, shapes }, i) =>
    copyModel(build, model, shapes, new Map([[dataInput(model), x]]), { prefix: `${i}/`, training: false }),
  );
  const [input, weight, output, bias] = [node.input(0), node.input(1), node.output(0), node.input(2)];
  const wanted = output && original.model.graph.find(output.name);
  const target = wanted && copies[0]?.symbols.get(wanted);
  const source = input && copies[1]?.symbols.get(input);
  const offset = bias && copies[1]?.symbols.get(bias);
  invariant(target && source && weight?.initializer, () => `${node.label} is in both models`);
  const windows = windowsOf(
    node,
    source.dims.slice(2),
    target.dims.slice(2),
    weight.initializer.dims.slice(2),
  );
  const columns = columnsOf(build, padded(build, source, windows), windows);
  const kept = keptOutputs(plan, weight.name, target.dims[1] ?? 0);
  const [n = 1, , ...places] = target.dims;
  const chosen = build.node("Gather", [target, build.ints(kept)], [n, kept.length, ...places], {
    attributes: [{ name: "axis", kind: "int", value: 1n }],
  });
  const flat = build.reshape(chosen, [n, kept.length, elementsOf(places)]);
  const centered = offset ? build.sub(flat, build.reshape(offset, [1, kept.length, 1])) : flat;
  build.output("gram", build.sum(build.matMul(columns, build.swap(columns)), [0], false));
  build.output("cross", build.sum(build.matMul(columns, build.swap(centered)), [0], false));
  dropDeadNodes(build);
  const version = Math.max(trainingOpset(original.model), trainingOpset(pruned.model));
  return new Model({ irVersion: 10, opsetImports: [{ domain: "", version }], graph: build.graph });
}

/** What each output place reads: [batch, channels · kernel, places], in the order of a weight's elements. */
function columnsOf(build: Builder, source: SymTensor, windows: ReturnType<typeof windowsOf>): SymTensor {
  const [n = 1, channels = 1] = source.dims;
  const count = elementsOf(windows.steps);
  const positions = windows.kernel.reduce<number[][]>(
    (all, k) => all.flatMap((at) => Array.from({ length: k }, (_, i) => [...at, i])),
    [[]],
  );
  const taken = positions.map((at) =>
    build.reshape(windowAt(build, source, windows, at), [n, channels, 1, count]),
  );
  return build.reshape(build.concat(taken, 2), [n, channels * positions.length, count]);
}

/** The original's output channels that are still there. */
function keptOutputs(plan: PrunePlan, weight: string, outputs: number): number[] {
  const gone = plan.slices
    .filter(({ tensor, axis }) => tensor === weight && axis === 0)
    .flatMap(({ removed }) => removed);
  return Array.from({ length: outputs }, (_, i) => i).filter((i) => !gone.includes(i));
}

/** (G + λ)·W' = C + λ·W: the solution that stays near W where the images say nothing. */
function replaceWeight(
  model: Model,
  node: Node,
  { gram, cross }: { gram: Float64Array; cross: Float64Array },
  ridge: number,
): void {
  const value = node.input(1);
  const tensor = value?.initializer;
  invariant(value && tensor, "the weight is a constant");
  const [outputs = 1] = tensor.dims;
  const inputs = elementsOf(tensor.dims.slice(1));
  const old = toFloat32(tensor);
  let trace = 0;
  for (let i = 0; i < inputs; i++) trace += gram[i * inputs + i] ?? 0;
  const strength = (ridge * trace) / inputs + Number.MIN_VALUE;
  for (let i = 0; i < inputs; i++) {
    gram[i * inputs + i] = (gram[i * inputs + i] ?? 0) + strength;
    for (let o = 0; o < outputs; o++)
      cross[i * outputs + o] = (cross[i * outputs + o] ?? 0) + strength * (old[o * inputs + i] ?? 0);
  }
  // A layer that sees nothing but zeros keeps its weights.
  if (trace === 0) return;
  solveSymmetric(gram, inputs, cross, outputs);
  const next = Float32Array.from(
    old,
    (_, at) => cross[(at % inputs) * outputs + Math.floor(at / inputs)] ?? 0,
  );
  model.graph.setInitializer(value.name, Tensor.float32(value.name, tensor.dims, next));
}
