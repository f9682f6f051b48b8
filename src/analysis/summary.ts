import { DataType, type Model, nameOfType, type Tensor, type Value, type ValueType } from "../ir/index.js";
import { constantTensor } from "../ops/index.js";
import { type CostTable, costTable, isParameter } from "./cost.js";
import type { ShapeTable } from "./shapes.js";
import { type WeightProblems, weightProblems } from "./weights.js";

/** An input or output of a model. */
export interface PortSummary {
  readonly name: string;
  /** The element type of a tensor; "sequence", "map" or "optional" for what is none. */
  readonly type: string;
  /** Sizes, names of open sizes, null for a size about which nothing is known; null where the rank is not known. */
  readonly shape: readonly (number | string | null)[] | null;
}

/** What one node costs. */
export interface LayerCost {
  readonly name: string;
  readonly opType: string;
  /** Of the first output, dynamic axes pinned; null where it is not known. */
  readonly shape: readonly number[] | null;
  /** Of one sample; null where a size is not known. */
  readonly macs: number | null;
  /** Of the constants that the node reads and no earlier node does. */
  readonly params: number;
  readonly bytes: number;
}

/** What a model is and what it costs. */
export interface ModelSummary extends WeightProblems {
  /** Nodes of the main graph. */
  readonly nodes: number;
  /** Of the standard domain; null where the file imports none. */
  readonly opset: number | null;
  readonly irVersion: number | null;
  readonly producer: string | null;
  /** Of one sample; null where a node cannot be counted. */
  readonly macs: number | null;
  readonly params: number;
  readonly bytes: number;
  readonly inputs: readonly PortSummary[];
  readonly outputs: readonly PortSummary[];
  /** Dimensions that the inputs were given for the cost. */
  readonly pinned: readonly { readonly input: string; readonly dims: readonly number[] }[];
  /** The nodes that cost anything, in graph order. */
  readonly layers: readonly LayerCost[];
  /** Labels of the nodes for which `macs` is null. */
  readonly uncounted: readonly string[];
  /** Why some sizes are not known. */
  readonly gaps: readonly string[];
}

/** What a model is and what it costs at the given sizes; reads every weight. */
export function summarizeModel(model: Model, shapes: ShapeTable): ModelSummary {
  const { graph } = model;
  const cost = costTable(graph, shapes.of);
  const producer = [model.producerName, model.producerVersion].filter(Boolean).join(" ");
  return {
    nodes: graph.nodes.length,
    opset: model.opset() ?? null,
    irVersion: model.irVersion ?? null,
    producer: producer === "" ? null : producer,
    macs: cost.uncounted.length > 0 ? null : cost.macs,
    params: cost.params,
    bytes: cost.bytes,
    inputs: graph.inputs.filter((value) => !value.initializer).map((value) => portOf(value, shapes)),
    outputs: graph.outputs.map((value) => portOf(value, shapes)),
    pinned: Array.from(shapes.pinned, ([input, dims]) => ({ input, dims })),
    layers: layersOf(model, cost, shapes),
    uncounted: cost.uncounted.map((node) => node.label),
    gaps: shapes.gaps,
    ...weightProblems(graph),
  };
}

/** As the file declares it; what the file leaves out comes from the shapes found. */
function portOf(value: Value, shapes: ShapeTable): PortSummary {
  const type = value.info?.type;
  if (type && type.kind !== "tensor") return { name: value.name, type: nameOf(type), shape: null };
  const declared = type?.elementType || undefined;
  return {
    name: value.name,
    type: nameOfType(declared ?? shapes.typeOf(value) ?? DataType.UNDEFINED),
    shape: type?.shape?.map(({ size }) => size) ?? shapes.of(value) ?? null,
  };
}

function nameOf(type: ValueType): string {
  return type.kind === "sparseTensor" ? "sparse tensor" : type.kind;
}

/** A shared constant counts at its first reader. */
function layersOf({ graph }: Model, cost: CostTable, shapes: ShapeTable): LayerCost[] {
  const uncounted = new Set(cost.uncounted);
  const counted = new Set<Tensor>();
  return graph.nodes.flatMap((node) => {
    const constants = node.inputs.flatMap((value) => (value && constantTensor(value)) ?? []);
    const own = constants.filter((tensor) => isParameter(tensor) && !counted.has(tensor));
    for (const tensor of own) counted.add(tensor);
    const params = own.reduce((sum, tensor) => sum + tensor.elements, 0);
    const bytes = own.reduce((sum, tensor) => sum + tensor.byteLength, 0);
    const macs = uncounted.has(node) ? null : (cost.macsOf.get(node) ?? 0);
    if (macs === 0 && params === 0) return [];
    const output = node.output(0);
    const shape = (output && shapes.of(output)) ?? null;
    return [{ name: node.label, opType: node.opType, shape, macs, params, bytes }];
  });
}
