import {
  allGraphs,
  bitsOf,
  DataType,
  type Graph,
  isFloat,
  type Node,
  type Tensor,
  type Value,
} from "../ir/index.js";
import { constantTensor, type DimsOf, lookupOp } from "../ops/index.js";

/** What a model costs. */
export interface ModelCost {
  /** Multiply-accumulates for one sample, of convolutions and matrix products; flops = 2 · macs. */
  readonly macs: number;
  /** Elements of all constants that `isParameter` counts. */
  readonly params: number;
  /** Bytes of the same constants. Sizes and indices, which a rewrite may add, do not count. */
  readonly bytes: number;
}

/** A graph's cost with the share of every node. */
export interface CostTable extends ModelCost {
  /** Multiply-accumulates for one sample of each node that has any. */
  readonly macsOf: ReadonlyMap<Node, number>;
  /** Nodes left out of `macs` because a size is not known. */
  readonly uncounted: readonly Node[];
}

/** The cost of a graph at known dimensions. Nodes inside the bodies of If, Loop and Scan count no MACs. */
export function costTable(graph: Graph, dims: DimsOf): CostTable {
  const batch = batchOf(graph, dims);
  const macsOf = new Map<Node, number>();
  const uncounted: Node[] = [];
  for (const node of graph.nodes) {
    const count = lookupOp(node)?.macs;
    if (!count) continue;
    if (hasKnownDims(node, dims)) macsOf.set(node, count(node, dims) / batch);
    else uncounted.push(node);
  }
  const macs = [...macsOf.values()].reduce((sum, each) => sum + each, 0);
  const tensors = storedConstants(graph)
    .map(({ tensor }) => tensor)
    .filter(isParameter);
  const params = tensors.reduce((sum, tensor) => sum + tensor.elements, 0);
  const bytes = tensors.reduce((sum, tensor) => sum + tensor.byteLength, 0);
  return { macs, params, bytes, macsOf, uncounted };
}

/** Nodes that multiply, nobody knows how often: a size is not known. */
export function uncountedNodes(graph: Graph, dims: DimsOf): readonly Node[] {
  return graph.nodes.filter((node) => lookupOp(node)?.macs && !hasKnownDims(node, dims));
}

function hasKnownDims({ inputs, outputs }: Node, dims: DimsOf): boolean {
  const isKnown = (value: Value | null) => !value || dims(value) !== undefined;
  return inputs.every(isKnown) && outputs.every(isKnown);
}

/** Samples in one run: the first dimension of the first graph input that is no constant; 1 where it is not known. */
export function batchOf(graph: Graph, dims: DimsOf): number {
  const input = graph.inputs.find((value) => !value.initializer);
  return (input && dims(input)?.[0]) || 1;
}

/** Weights, biases, statistics: floats of any width and integers of at most 8 bits (quantised); no sizes, no indices. */
export function isParameter({ dataType }: Tensor): boolean {
  return isFloat(dataType) || (dataType !== DataType.BOOL && (bitsOf(dataType) ?? 64) <= 8);
}

/** Every constant that the graph and the bodies inside it hold, as initializer or as Constant node, once each. */
export function storedConstants(graph: Graph): { readonly value: Value; readonly tensor: Tensor }[] {
  const constants: { readonly value: Value; readonly tensor: Tensor }[] = [];
  const look = (value: Value | null) => {
    const tensor = value && constantTensor(value);
    if (tensor) constants.push({ value, tensor });
  };
  for (const each of allGraphs(graph)) {
    each.initializers.forEach(look);
    for (const { outputs } of each.nodes) outputs.forEach(look);
  }
  return constants;
}
