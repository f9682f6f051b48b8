import { cloneModel, type Model, type Value } from "../../src/ir/index.js";
import { constantTensor, type DimsOf, withSequences } from "../../src/ops/index.js";
import {
  candidateInputs,
  type Feeds,
  inputPorts,
  numbersIn,
  type PinnedInputs,
  type RunOutput,
  randomFeeds,
  withSession,
} from "../../src/runtime/index.js";

/** What one run of a model in this process shows: its outputs, and the dimensions of every value of its main graph. */
export interface Observed {
  readonly outputs: readonly RunOutput[];
  readonly dims: DimsOf;
}

/** Every node as the file has it, one thread: the same numbers each time. */
const plain = { optimization: "disabled", threads: 1 } as const;

/** Standard normal floats and small integers for a model's inputs; open first dimensions get `batch`. */
export function feedsFor(model: Model, seed: number, batch = 2): Feeds {
  return randomFeeds(inputPorts(model.graph), pinnedInputs(model, batch), seed);
}

function pinnedInputs(model: Model, batch: number): PinnedInputs {
  const [pinned] = candidateInputs(inputPorts(model.graph), { batch });
  if (!pinned) throw new Error("this model has no choice of input sizes");
  return pinned;
}

/** Makers of sequences, which have no shape. */
const SEQUENCES: ReadonlySet<string> = new Set(["SplitToSequence"]);

/** Runs the model with the shape of every tensor as further outputs. */
export async function observe(model: Model, feeds: Feeds): Promise<Observed> {
  const measured = cloneModel(model);
  const names = new Map<string, string>();
  for (const node of model.graph.nodes) {
    if (SEQUENCES.has(node.opType)) continue;
    for (const value of node.outputs) if (value && !constantTensor(value)) names.set(value.name, "");
  }
  for (const name of names.keys()) {
    const shape = measured.graph.freshValue(`shape of ${name}`);
    measured.graph.addNode({ opType: "Shape", inputs: [measured.graph.value(name)], outputs: [shape] });
    measured.graph.addOutput(shape);
    names.set(name, shape.name);
  }
  const results = await runPlain(measured, feeds);
  const found = new Map(results.map((result) => [result.name, result]));
  const dims = (value: Value): readonly number[] | undefined => {
    const tensor = constantTensor(value) ?? feeds.get(value.name);
    if (tensor) return tensor.dims;
    const shape = found.get(names.get(value.name) ?? "");
    return shape && Array.from(numbersIn(shape));
  };
  return { outputs: results.slice(0, model.graph.outputs.length), dims: withSequences(dims) };
}

/** The model's outputs for these feeds. */
export function runPlain(model: Model, feeds: Feeds): Promise<RunOutput[]> {
  return withSession(model, plain, (session) => session.run(feeds));
}
