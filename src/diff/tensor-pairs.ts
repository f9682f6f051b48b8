import type { Graph, Node, Tensor, Value } from "../ir/index.js";
import { constantTensor } from "../ops/index.js";
import type { Matching } from "./matching.js";
import { constantOf } from "./source.js";

/** A constant of a graph under the name that it is stored by. */
export interface Constant {
  readonly value: Value;
  readonly tensor: Tensor;
}

/** A constant of each model that take the same place. */
export interface TensorPair {
  readonly before: Constant;
  readonly after: Constant;
  /** The first of the second model's nodes that read it; undefined where none does. */
  readonly reader: Node | undefined;
}

/** Constants of two graphs: those that correspond, and those of one alone. */
export interface TensorMatching {
  /** In the order of the second graph's nodes. */
  readonly pairs: readonly TensorPair[];
  readonly added: readonly Constant[];
  readonly removed: readonly Constant[];
}

/** Constants correspond where matched nodes read them at the same input; what is left, by name. */
export function matchTensors(a: Graph, b: Graph, matching: Matching): TensorMatching {
  const pairs = tensorPairs(b.nodes, matching);
  const before = new Set(pairs.map((pair) => pair.before.tensor));
  const after = new Set(pairs.map((pair) => pair.after.tensor));
  const removed = constantsOf(a).filter(({ tensor }) => !before.has(tensor));
  const added = constantsOf(b).filter(({ tensor }) => !after.has(tensor));
  const names = new Map(removed.map((constant) => [constant.value.name, constant]));
  const byName = added.flatMap((constant): TensorPair[] => {
    const other = names.get(constant.value.name);
    return other ? [{ before: other, after: constant, reader: undefined }] : [];
  });
  const paired = new Set(byName.flatMap((pair) => [pair.before.value, pair.after.value]));
  return {
    pairs: [...pairs, ...byName],
    added: added.filter(({ value }) => !paired.has(value)),
    removed: removed.filter(({ value }) => !paired.has(value)),
  };
}

/** Every pair that matched nodes read, once. */
function tensorPairs(nodes: readonly Node[], matching: Matching): TensorPair[] {
  const seen = new Map<Tensor, Set<Tensor>>();
  return nodes.flatMap((reader) => {
    const original = matching.ofB(reader);
    if (!original) return [];
    return [...reader.inputs.keys()].flatMap((index): TensorPair[] => {
      const before = constantOf(original.inputs[index]);
      const after = constantOf(reader.inputs[index]);
      if (!before || !after) return [];
      const known = seen.get(before.tensor) ?? new Set();
      seen.set(before.tensor, known);
      if (known.has(after.tensor)) return [];
      known.add(after.tensor);
      return [{ before, after, reader }];
    });
  });
}

/** The constants of a graph itself, as initializers and as Constant nodes. */
function constantsOf(graph: Graph): Constant[] {
  const held = graph.nodes.flatMap((node) => node.outputs.filter((value) => value !== null));
  return [...graph.initializers, ...held].flatMap((value) => {
    const tensor = constantTensor(value);
    return tensor ? [{ value, tensor }] : [];
  });
}
