import {
  BUILDER_OPSET,
  type Builder,
  elementsOf,
  Graph,
  Builder as GraphBuilder,
  Model,
  type SymTensor,
} from "../../ir/index.js";
import { clipNorm, differentiate, type StateVector, stateOutputs, update } from "../../train/index.js";
import { OpenWeights, vectorLength, type WeightSpec, type Weights } from "../network/weights.js";

/** A network's weights in a graph: the flat vector that comes in, and what is cut out of it. */
export interface OpenNetwork {
  readonly vector: SymTensor;
  readonly specs: readonly WeightSpec[];
  readonly weights: Weights;
}

export function openNetwork(build: Builder, name: string, specs: readonly WeightSpec[]): OpenNetwork {
  const vector = build.input(name, [vectorLength(specs)]);
  return { vector, specs, weights: new OpenWeights(build, vector, specs).get };
}

/** How a network learns. */
export interface LearnOptions {
  readonly rate: SymTensor;
  /** 1 at the first update. */
  readonly step: SymTensor;
  /** Weights with these names stay as they are. */
  readonly isFrozen: (name: string) => boolean;
  /** Longest gradient, Euclidean; unlimited by default. */
  readonly clip?: number | undefined;
}

/** One step of Adam down the gradient of `loss`: the network's next vector and Adam's own. */
export function learn(
  build: Builder,
  { vector, specs, weights }: OpenNetwork,
  loss: SymTensor,
  { rate, step, isFrozen, clip }: LearnOptions,
): StateVector[] {
  const open = specs.filter(({ name }) => !isFrozen(name));
  const found = differentiate(
    build,
    loss,
    open.map(({ name, dims }) => weights(name, dims)),
  );
  const gradients = new Map(open.map(({ name }, i) => [name, found[i]]));
  const flat = build.concat(
    specs.map(({ name, dims }) => {
      const length = [elementsOf(dims)];
      const gradient = gradients.get(name);
      return gradient ? build.reshape(gradient, length) : build.zeros(length, vector.type);
    }),
    0,
  );
  const changed = update(
    build,
    { kind: "adam" },
    {
      weights: vector,
      gradient: clip === undefined ? flat : clipNorm(build, flat, clip),
      decayed: 0,
      learningRate: rate,
      step,
      prefix: `${vector.value.name}.`,
    },
  );
  return [{ input: vector, output: changed.weights }, ...changed.state];
}

/** A graph of the agent's, and the outputs that replace its state after a step. */
export interface AgentGraph {
  readonly model: Model;
  readonly state: ReadonlyMap<string, string>;
}

/** Builds a graph with outputs and state. */
export function agentGraph(
  name: string,
  make: (build: Builder) => {
    readonly outputs: Readonly<Record<string, SymTensor>>;
    readonly states?: readonly StateVector[];
  },
): AgentGraph {
  const build = new GraphBuilder(new Graph({ name }));
  const { outputs, states = [] } = make(build);
  for (const [output, symbol] of Object.entries(outputs)) build.output(output, symbol);
  const state = stateOutputs(build, states);
  const model = new Model({
    irVersion: 10,
    opsetImports: [{ domain: "", version: BUILDER_OPSET }],
    producerName: "topiary",
    graph: build.graph,
  });
  return { model, state };
}
