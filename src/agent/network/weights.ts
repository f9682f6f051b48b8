import { invariant } from "../../base/errors.js";
import { Random } from "../../base/random.js";
import { Builder, elementsOf, Graph, type SymTensor } from "../../ir/index.js";
import { streamOf } from "../stream.js";

/** How a weight begins: uniform in ±`bound`, or one number everywhere. */
export type Start = { readonly bound: number } | { readonly value: number };

/** Hands out the weights of a network by name; the same name is the same weight. */
export type Weights = (name: string, dims: readonly number[], start?: Start) => SymTensor;

/** A weight and where it lies in the flat vector of its network. */
export interface WeightSpec {
  readonly name: string;
  readonly dims: readonly number[];
  readonly start: Start;
  readonly from: number;
  readonly to: number;
}

/** The weights that a network asks for, in the order in which it does. */
export function declareWeights(network: (build: Builder, weights: Weights) => unknown): WeightSpec[] {
  const build = new Builder(new Graph());
  const specs: WeightSpec[] = [];
  const symbols = new Map<string, SymTensor>();
  network(build, (name, dims, start = { bound: 1 / Math.sqrt(dims[0] ?? 1) }) => {
    const known = symbols.get(name);
    if (known) return known;
    const from = specs.at(-1)?.to ?? 0;
    specs.push({ name, dims, start, from, to: from + elementsOf(dims) });
    const symbol = build.input(`weight ${name}`, dims);
    symbols.set(name, symbol);
    return symbol;
  });
  return specs;
}

/** The weights cut out of a flat vector. */
export class OpenWeights {
  readonly #symbols: ReadonlyMap<string, SymTensor>;

  constructor(build: Builder, vector: SymTensor, specs: readonly WeightSpec[]) {
    const parts = build.split(
      vector,
      specs.map(({ from, to }) => to - from),
      0,
    );
    this.#symbols = new Map(
      specs.map(({ name, dims }, i) => [name, build.reshape(parts[i] as SymTensor, dims)]),
    );
  }

  readonly get: Weights = (name) => {
    const symbol = this.#symbols.get(name);
    invariant(symbol, () => `weight ${name} was not declared`);
    return symbol;
  };
}

export function vectorLength(specs: readonly WeightSpec[]): number {
  return specs.at(-1)?.to ?? 0;
}

/** First values; each weight's depend on the seed and its name only. */
export function initialWeights(specs: readonly WeightSpec[], seed: number): Float32Array {
  const vector = new Float32Array(vectorLength(specs));
  for (const { name, start, from, to } of specs) {
    if ("value" in start) {
      vector.fill(start.value, from, to);
      continue;
    }
    const random = new Random(streamOf(seed, name));
    for (let i = from; i < to; i++) vector[i] = start.bound * (2 * random.uniform() - 1);
  }
  return vector;
}
