import { UserError } from "../base/errors.js";
import { Graph, type Tensor, type Value, type ValueInfo } from "../ir/index.js";
import { type Carried, carry, mapOf } from "./carried.js";
import { decodeNode } from "./decode-node.js";
import { decodeSparseTensor, decodeTensor } from "./decode-tensor.js";
import { decodeValueInfo } from "./decode-type.js";
import type { ExternalFiles } from "./external-data.js";
import type { GraphProto, NodeProto, TensorProto, ValueInfoProto } from "./messages.js";

/** Something said about a value of which the IR already holds something else that was said. */
export interface Echo {
  readonly name: string;
  readonly info: ValueInfo;
  /** The value's `info` when this was read; once it is another, the echo is out of date. */
  readonly of: ValueInfo | undefined;
}

/** What a graph carries, that of a function too. */
export interface CarriedGraph {
  readonly fields?: Partial<GraphProto> | undefined;
  /** What outputs say about values that are inputs, or outputs a second time, or the outer graph's. */
  readonly outputEchoes: Map<string, Echo[]>;
  /** value_info in file order: names of values, and echoes. */
  readonly valueInfo: (string | Echo)[];
  /** Constants that a later one of the same name hides, by the name of the visible one that follows them. */
  readonly hiddenBefore: Map<string, readonly Tensor[]>;
}

const READ = new Set([
  "node",
  "name",
  "initializer",
  "docString",
  "input",
  "output",
  "valueInfo",
  "sparseInitializer",
]);

/**
 * Decodes a graph. First every name that it defines becomes a value, then the nodes look up what they read: here, in
 * the graphs around (`parent`), or else as a value of this graph that nothing makes.
 */
export function decodeGraph(message: GraphProto, files: ExternalFiles, parent?: Graph): Graph {
  const { name, docString } = message;
  const carried = emptyCarried(carry(message, READ));
  const graph = new Graph({ name, docString, metadata: mapOf(message.metadataProps), carried, parent });
  for (const input of message.input ?? []) addInput(graph, input.name ?? "", decodeValueInfo(input));
  addInitializers(graph, message.initializer ?? [], files, carried);
  for (const item of message.sparseInitializer ?? []) {
    const sparse = decodeSparseTensor(item, files);
    graph.sparseInitializers.push(sparse);
    graph.value(sparse.values.name ?? "");
  }
  addNodes(graph, message.node ?? [], files);
  for (const output of message.output ?? []) addOutput(graph, output, carried);
  addValueInfo(graph, message.valueInfo ?? [], carried);
  return graph;
}

/** A graph's carried part before anything is read. */
export function emptyCarried(fields?: Carried): CarriedGraph {
  return { fields, outputEchoes: new Map(), valueInfo: [], hiddenBefore: new Map() };
}

/** Adds an input; a second one of the same name is refused. */
export function addInput(graph: Graph, name: string, info?: ValueInfo): void {
  if (graph.hasInput(graph.value(name))) {
    throw new UserError("damaged-model", `the graph has two inputs named "${name}"; the file is damaged`);
  }
  graph.addInput(name, info);
}

function addInitializers(
  graph: Graph,
  messages: readonly TensorProto[],
  files: ExternalFiles,
  { hiddenBefore }: CarriedGraph,
): void {
  const last = new Map(messages.map(({ name = "" }, index) => [name, index]));
  let hidden: Tensor[] = [];
  messages.forEach((message, index) => {
    const { name = "" } = message;
    const tensor = decodeTensor(message, files);
    // As onnxruntime does it: the last of equal names counts.
    if (last.get(name) !== index) hidden.push(tensor);
    else {
      graph.setInitializer(name, tensor);
      if (hidden.length > 0) hiddenBefore.set(name, hidden);
      hidden = [];
    }
  });
}

/** Adds nodes whose bodies may read what any of them makes. */
export function addNodes(graph: Graph, messages: readonly NodeProto[], files: ExternalFiles): void {
  for (const message of messages) for (const name of message.output ?? []) if (name) graph.value(name);
  const bodies = (body: GraphProto) => decodeGraph(body, files, graph);
  for (const message of messages) decodeNode(graph, message, files, bodies);
}

function addOutput(graph: Graph, message: ValueInfoProto, { outputEchoes }: CarriedGraph): void {
  const name = message.name ?? "";
  const value = graph.find(name) ?? graph.value(name);
  const info = decodeValueInfo(message);
  if (!isTaken(value, graph)) value.info = info;
  else {
    const echoes = outputEchoes.get(name);
    const echo = { name, info, of: value.info };
    if (echoes) echoes.push(echo);
    else outputEchoes.set(name, [echo]);
  }
  graph.addOutput(value);
}

/** Reads value_info, keeping its order. */
export function addValueInfo(
  graph: Graph,
  messages: readonly ValueInfoProto[],
  { valueInfo }: CarriedGraph,
): void {
  for (const message of messages) {
    const name = message.name ?? "";
    const value = graph.find(name) ?? graph.value(name);
    const info = decodeValueInfo(message);
    const taken = isTaken(value, graph);
    if (!taken) value.info = info;
    valueInfo.push(taken ? { name, info, of: value.info } : name);
  }
}

function isTaken(value: Value, graph: Graph): boolean {
  return value.info !== undefined || value.graph !== graph;
}
