import type { Value } from "../ir/index.js";
import { Numbering } from "./canonical.js";
import type { Feature, NodeColumns } from "./features.js";
import { isInstance, type Motif, type MotifInstance } from "./motif.js";
import type { OperationColumns } from "./operation.js";
import type { PrimitiveCall } from "./primitive.js";

/** The hierarchical graph of one state of the network: G^l with features. */
export interface HierarchyState {
  /** Graphs that differ in structure or features, once each; whatever one is made of comes before it. The last is the network. */
  readonly graphs: readonly StateGraph[];
  /** For each instance the index of its graph among `graphs`. */
  readonly graphOf: ReadonlyMap<MotifInstance, number>;
}

export interface StateGraph {
  readonly motif: Motif;
  /** How many instances of the motif look exactly like this now. */
  readonly count: number;
  /** One row of `nodeFeatures` for each node of the motif. */
  readonly nodes: Float32Array;
  /** One row of `edgeFeatures` for each edge of the motif; zeros where a motif stands on the edge. */
  readonly edges: Float32Array;
  /** For each edge the index among `graphs` of the motif's graph on it; -1 where an operation stands on it. */
  readonly inner: Int32Array;
}

/** The features of everything in one state, and which of them to write. */
export interface StateFeatures {
  readonly maps: ReadonlyMap<Value, NodeColumns>;
  readonly operations: ReadonlyMap<PrimitiveCall, OperationColumns>;
  readonly nodeFeatures: readonly Feature[];
  readonly edgeFeatures: readonly Feature[];
}

/** Lays out the features of all instances, inner ones first, and keeps each different graph once. */
export function hierarchyState(instances: readonly MotifInstance[], features: StateFeatures): HierarchyState {
  const graphs: { count: number; graph: Omit<StateGraph, "count"> }[] = [];
  const numbers = new Numbering();
  const graphOf = new Map<MotifInstance, number>();
  for (const instance of instances) {
    const graph = layOut(instance, graphOf, features);
    const number = numbers.of(
      `${graph.motif.id} ${graph.inner.join()} ${bytes(graph.nodes)}${bytes(graph.edges)}`,
    );
    graphOf.set(instance, number);
    const known = graphs[number];
    if (known) known.count++;
    else graphs.push({ count: 1, graph });
  }
  return { graphs: graphs.map(({ count, graph }) => ({ ...graph, count })), graphOf };
}

function layOut(
  { motif, values, parts }: MotifInstance,
  graphOf: ReadonlyMap<MotifInstance, number>,
  { maps, operations, nodeFeatures, edgeFeatures }: StateFeatures,
): Omit<StateGraph, "count"> {
  const columns = values.map((value) => maps.get(value) as NodeColumns);
  const nodes = new Float32Array(values.length * nodeFeatures.length);
  columns.forEach((row, node) => {
    write(nodes, node, row, nodeFeatures);
  });
  const edges = new Float32Array(parts.length * edgeFeatures.length);
  const inner = new Int32Array(parts.length).fill(-1);
  parts.forEach((part, edge) => {
    if (isInstance(part)) {
      inner[edge] = graphOf.get(part) as number;
      return;
    }
    const { source, target } = motif.edges[edge] as Motif["edges"][number];
    const [channelsIn, channelsOut] = [columns[source]?.channels, columns[target]?.channels];
    write(edges, edge, { ...operations.get(part), channelsIn, channelsOut }, edgeFeatures);
  });
  return { motif, nodes, edges, inner };
}

function write(
  rows: Float32Array,
  row: number,
  columns: Readonly<Record<string, number | undefined>>,
  features: readonly Feature[],
): void {
  features.forEach(({ name }, i) => {
    rows[row * features.length + i] = columns[name] ?? 0;
  });
}

function bytes(numbers: Float32Array): string {
  return Buffer.from(numbers.buffer).toString("latin1");
}
