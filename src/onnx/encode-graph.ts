import type { Graph, Node, Value, ValueInfo } from "../ir/index.js";
import { carriedOf, entriesOf } from "./carried.js";
import type { CarriedGraph, Echo } from "./decode-graph.js";
import { encodeAttribute } from "./encode-attribute.js";
import { encodeSparseTensor, encodeTensor, type Placement } from "./encode-tensor.js";
import { encodeValueInfo } from "./encode-type.js";
import type { GraphProto, NodeProto, TensorProto, ValueInfoProto } from "./messages.js";

/** Encodes a graph with the bodies inside. */
export function encodeGraph(graph: Graph, place: Placement): GraphProto {
  const { fields } = carriedGraph(graph);
  return {
    ...fields,
    node: graph.nodes.map((node) => encodeNode(node, place)),
    name: graph.name,
    initializer: encodeInitializers(graph, place),
    docString: graph.docString,
    input: graph.inputs.map((value) => encodeValueInfo(value.name, value.info)),
    output: encodeOutputs(graph),
    valueInfo: encodeValueInfos(graph, (value) => value.isInput || value.isOutput),
    sparseInitializer: graph.sparseInitializers.map((sparse) => encodeSparseTensor(sparse, place)),
    metadataProps: entriesOf(graph.metadata, fields?.metadataProps),
  };
}

/** Encodes a node. */
export function encodeNode(node: Node, place: Placement): NodeProto {
  const carried = carriedOf<NodeProto>(node);
  const body = (graph: Graph) => encodeGraph(graph, place);
  return {
    ...carried,
    input: node.inputs.map(nameOf),
    output: node.outputs.map(nameOf),
    name: node.name,
    opType: node.opType || carried?.opType,
    domain: node.domain,
    overload: node.overload,
    attribute: Array.from(node.attributes.values(), (item) => encodeAttribute(item, place, body)),
    docString: node.docString,
    metadataProps: entriesOf(node.metadata, carried?.metadataProps),
  };
}

function nameOf(value: Value | null): string {
  return value?.name ?? "";
}

function carriedGraph(graph: Graph): Partial<CarriedGraph> {
  // Filled by decodeGraph only.
  return (graph.carried ?? {}) as Partial<CarriedGraph>;
}

function encodeInitializers(graph: Graph, place: Placement): TensorProto[] {
  const { hiddenBefore } = carriedGraph(graph);
  const tensors = graph.initializers.flatMap(({ name, initializer }) => [
    ...(hiddenBefore?.get(name) ?? []),
    ...(initializer ? [initializer] : []),
  ]);
  return tensors.map((tensor) => encodeTensor(tensor, place, "initializer"));
}

function encodeOutputs(graph: Graph): ValueInfoProto[] {
  const { outputEchoes } = carriedGraph(graph);
  const times = new Map<Value, number>();
  return graph.outputs.map((value) => {
    const time = times.get(value) ?? 0;
    times.set(value, time + 1);
    const saidHere = value.graph === graph && !value.isInput;
    const echo = outputEchoes?.get(value.name)?.[saidHere ? time - 1 : time];
    return encodeValueInfo(value.name, echo && echo.of === value.info ? echo.info : value.info);
  });
}

/**
 * Encodes value_info in the order in which it was read, then what edits have added; `elsewhere` names the values of
 * which inputs and outputs speak.
 */
export function encodeValueInfos(graph: Graph, elsewhere: (value: Value) => boolean): ValueInfoProto[] {
  const messages: ValueInfoProto[] = [];
  const left = new Map<string, ValueInfo>();
  for (const value of graph.values) if (value.info && !elsewhere(value)) left.set(value.name, value.info);
  for (const item of carriedGraph(graph).valueInfo ?? []) {
    const name = typeof item === "string" ? item : item.name;
    const info = typeof item === "string" ? left.get(item) : upToDate(item, graph);
    if (info) messages.push(encodeValueInfo(name, info));
    if (typeof item === "string") left.delete(item);
  }
  for (const [name, info] of left) messages.push(encodeValueInfo(name, info));
  return messages;
}

function upToDate({ name, info, of }: Echo, graph: Graph): ValueInfo | undefined {
  const value = graph.find(name);
  return value && value.info === of ? info : undefined;
}
