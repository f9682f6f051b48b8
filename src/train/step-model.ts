import { invariant, UserError } from "../base/errors.js";
import { type Builder, elementsOf, Model, type SymTensor, type Tensor } from "../ir/index.js";
import { type Composites, differentiate, dropDeadNodes } from "./differentiate.js";
import { clipNorm, movingAverage, type Optimizer, type StateVector, update } from "./optimizer.js";
import type { Segment } from "./segments.js";
import type { RunningStatistics } from "./training-form.js";

/** A model of one training step. State goes in and comes out; the engine keeps it. */
export interface StepModel {
  readonly model: Model;
  /** State by input name: the output that replaces it after a step. */
  readonly state: ReadonlyMap<string, string>;
  /** How the vector "weights" (and "average") is laid out. */
  readonly weights: readonly Segment[];
  /** How the vector "statistics" is laid out; empty where there is no batch normalization. */
  readonly statistics: readonly Segment[];
}

export interface StepOptions {
  readonly opset: number;
  readonly optimizer: Optimizer;
  /** Longest gradient, Euclidean; unlimited by default. */
  readonly clip?: number | undefined;
  /** Decay of the moving average of the weights; none by default. */
  readonly average?: number | undefined;
  readonly composites?: Composites;
  readonly statistics?: readonly RunningStatistics[];
  /** Scalars to report: the loss among them. */
  readonly outputs: ReadonlyMap<string, SymTensor>;
  /** What weights that get no gradient are; they become constants. */
  readonly constants: (name: string) => Tensor | undefined;
}

/**
 * Completes a graph with a loss to a training step: gradients of the open weights, all in one flat vector (five inputs
 * instead of hundreds), and the optimizer. Further inputs: "learningRate" and "step" (scalars).
 */
export function stepModel(
  build: Builder,
  loss: SymTensor,
  weights: ReadonlyMap<string, SymTensor>,
  options: StepOptions,
): StepModel {
  const names = [...weights.keys()];
  const gradients = differentiate(build, loss, [...weights.values()], options.composites);
  const trained = names
    .flatMap((name, i) => {
      const [symbol, gradient] = [weights.get(name), gradients[i]];
      return symbol && gradient ? [{ name, symbol, gradient }] : [];
    })
    .sort((a, b) => Number(decays(b.symbol)) - Number(decays(a.symbol)));
  if (trained.length === 0)
    throw new UserError("nothing-to-train", "the loss depends on no weight that is not frozen");
  const segments = layOut(trained.map(({ name, symbol }) => ({ name, dims: symbol.dims })));
  const vector = build.input("weights", [segments.at(-1)?.to ?? 0]);
  openWeights(
    build,
    vector,
    trained.map(({ symbol }) => symbol),
  );
  closeConstants(build, weights, new Set(trained.map(({ name }) => name)), options.constants);
  const flat = build.concat(
    trained.map(({ gradient }) => build.reshape(gradient, [elementsOf(gradient.dims)])),
    0,
  );
  const changed = update(build, options.optimizer, {
    weights: vector,
    gradient: options.clip === undefined ? flat : clipNorm(build, flat, options.clip),
    decayed: trained
      .filter(({ symbol }) => decays(symbol))
      .reduce((sum, { symbol }) => sum + elementsOf(symbol.dims), 0),
    learningRate: build.input("learningRate", []),
    step: build.input("step", []),
  });
  const states: StateVector[] = [{ input: vector, output: changed.weights }, ...changed.state];
  if (options.average !== undefined) states.push(movingAverage(build, changed.weights, options.average));
  const { segments: statistics, state } = runningStatistics(build, options.statistics ?? []);
  if (state) states.push(state);
  return { ...finish(build, states, options), weights: segments, statistics };
}

/** Matrices and kernels; biases, scales and shifts do not decay. */
function decays({ dims }: SymTensor): boolean {
  return dims.length > 1;
}

function layOut(tensors: readonly { readonly name: string; readonly dims: readonly number[] }[]): Segment[] {
  let at = 0;
  return tensors.map(({ name, dims }) => {
    const from = at;
    at += elementsOf(dims);
    return { name, dims, from, to: at };
  });
}

/** Cuts the flat vector into the tensors that the graph reads already: before everything else. */
function openWeights(build: Builder, vector: SymTensor, symbols: readonly SymTensor[]): void {
  const { graph } = build;
  const first = graph.nodes[0];
  invariant(first, "the graph computes something");
  const lengths = build.ints(symbols.map(({ dims }) => elementsOf(dims)));
  const parts = symbols.map((_, i) => graph.freshValue(`part_${i}`));
  graph.addNode({ opType: "Split", inputs: [vector.value, lengths.value], outputs: parts }, first);
  symbols.forEach(({ value, dims }, i) => {
    const inputs = [parts[i] ?? null, build.ints(dims).value];
    graph.addNode({ opType: "Reshape", inputs, outputs: [value] }, first);
  });
}

function closeConstants(
  build: Builder,
  weights: ReadonlyMap<string, SymTensor>,
  trained: ReadonlySet<string>,
  constants: StepOptions["constants"],
): void {
  for (const [name, { value }] of weights) {
    const tensor = trained.has(name) ? undefined : constants(name);
    if (tensor) build.graph.setInitializer(value.name, tensor);
  }
}

/** The statistics of the batch in one vector; layers that share theirs count once. */
export function layOutStatistics(
  build: Builder,
  statistics: readonly RunningStatistics[],
): { segments: Segment[]; momentum: number[]; batch?: SymTensor } {
  const entries = new Map(
    statistics.flatMap(({ mean, variance, batchMean, batchVariance, momentum }) => [
      [mean, { name: mean, dims: batchMean.dims, batch: batchMean, momentum }] as const,
      [variance, { name: variance, dims: batchVariance.dims, batch: batchVariance, momentum }] as const,
    ]),
  );
  const all = [...entries.values()];
  const segments = layOut(all);
  const momentum = all.flatMap((entry) => new Array<number>(elementsOf(entry.dims)).fill(entry.momentum));
  if (all.length === 0) return { segments, momentum };
  return {
    segments,
    momentum,
    batch: build.concat(
      all.map(({ batch }) => batch),
      0,
    ),
  };
}

/** r' = momentum · r + (1 - momentum) · batch, for all means and variances in one vector. */
function runningStatistics(
  build: Builder,
  statistics: readonly RunningStatistics[],
): { segments: Segment[]; state?: StateVector } {
  const { segments, momentum, batch } = layOutStatistics(build, statistics);
  if (!batch) return { segments };
  const input = build.input("statistics", batch.dims);
  const keep = build.floats(momentum, input.dims, input.type);
  return { segments, state: { input, output: build.add(batch, build.mul(keep, build.sub(input, batch))) } };
}

/** Exposes the next state, and removes what nothing needs. Returns which output replaces which input. */
export function stateOutputs(build: Builder, states: readonly StateVector[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const { input, output } of states) {
    const name = `${input.value.name}.next`;
    build.output(name, output);
    names.set(input.value.name, name);
  }
  dropDeadNodes(build);
  return names;
}

function finish(build: Builder, states: readonly StateVector[], { outputs, opset }: StepOptions) {
  for (const [name, symbol] of outputs) build.output(name, symbol);
  const state = stateOutputs(build, states);
  const model = new Model({
    irVersion: 10,
    opsetImports: [{ domain: "", version: opset }],
    producerName: "topiary",
    graph: build.graph,
  });
  return { model, state };
}
