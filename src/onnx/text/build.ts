import type { Attribute } from "../../ir/attribute.js";
import { Graph } from "../../ir/graph.js";
import { type FunctionBody, Model } from "../../ir/model.js";
import type { Value } from "../../ir/value.js";
import type { CarriedGraph } from "../decode-graph.js";
import type { Scanner } from "./scanner.js";
import type { AttributeTree, FunctionTree, GraphTree, ModelTree, NamedTree, NodeTree } from "./tree.js";

/** What a text without a header means. */
const DEFAULT_HEADER = { irVersion: 8, opsetImports: [{ domain: "", version: 17 }] };

/**
 * Binds the names of a text to values, as the reader of ONNX files does: first every name that a graph defines
 * becomes a value, then the nodes look up what they read here, in the graphs around, or else as a value of this graph
 * that nothing makes. Rejects, at its place in the text, what no graph can be.
 */
export class Builder {
  readonly #scanner: Scanner;

  constructor(scanner: Scanner) {
    this.#scanner = scanner;
  }

  model({ notes, header, graph, functions }: ModelTree): Model {
    return new Model({
      ...(header ?? DEFAULT_HEADER),
      graph: this.graph(graph),
      functions: functions.map((item) => this.#function(item)),
      carried: notes.carried,
    });
  }

  graph(tree: GraphTree, parent?: Graph): Graph {
    const { name, notes } = tree;
    const metadata = notes.metadata ?? new Map();
    // A note holds what a decoder carried.
    const fields = notes.carried as CarriedGraph["fields"];
    const carried: Partial<CarriedGraph> | undefined = fields && { fields };
    const graph = new Graph({ name, docString: notes.docString, metadata, carried, parent });
    this.#addInputs(graph, tree.inputs);
    for (const tensor of tree.initializers) graph.setInitializer(tensor.name ?? "", tensor);
    for (const sparse of tree.sparseInitializers) {
      graph.sparseInitializers.push(sparse);
      graph.value(sparse.values.name ?? "");
    }
    for (const { outputs } of tree.nodes) for (const output of outputs) if (output) graph.value(output);
    for (const node of tree.nodes) this.#addNode(graph, node);
    for (const output of tree.outputs) graph.addOutput(describe(graph, output));
    for (const named of tree.values) describe(graph, named);
    return graph;
  }

  #addInputs(graph: Graph, inputs: readonly NamedTree[]): void {
    for (const { name, info, at } of inputs) {
      if (graph.hasInput(graph.value(name))) this.#scanner.reject(`the input ${name} is listed twice`, at);
      graph.addInput(name, info);
    }
  }

  #addNode(graph: Graph, tree: NodeTree): void {
    const { notes } = tree;
    const outputs = tree.outputs.map((name) => (name === "" ? null : graph.value(name)));
    this.#checkProducers(outputs, tree);
    graph.addNode({
      opType: tree.opType,
      domain: tree.domain,
      name: tree.name,
      overload: tree.overload,
      inputs: tree.inputs.map((name) => (name === "" ? null : (graph.find(name) ?? graph.value(name)))),
      outputs,
      attributes: tree.attributes.map((item) => this.#attribute(item, graph)),
      docString: notes.docString,
      metadata: notes.metadata ?? new Map(),
      carried: notes.carried,
    });
  }

  #checkProducers(outputs: readonly (Value | null)[], { at }: NodeTree): void {
    const seen = new Set<Value>();
    for (const value of outputs) {
      if (value && (value.producer || seen.has(value)))
        this.#scanner.reject(`${value.name} is made twice`, at);
      if (value) seen.add(value);
    }
  }

  #attribute(item: AttributeTree, graph: Graph | undefined): Attribute {
    if (item.kind === "graph") return { ...item, value: this.graph(item.value, graph) };
    if (item.kind === "graphs") return { ...item, value: item.value.map((body) => this.graph(body, graph)) };
    return item;
  }

  #function({ name, notes, header = {}, attributeNames, attributes, graph }: FunctionTree): FunctionBody {
    return {
      name,
      domain: header.domain,
      overload: header.overload,
      attributeNames,
      attributes: attributes.map((item) => this.#attribute(item, undefined)),
      opsetImports: header.opsetImports ?? [],
      graph: this.graph(graph),
      docString: header.docString,
      metadata: notes.metadata ?? new Map(),
      carried: notes.carried,
    };
  }
}

/** The value called `named.name`, which learns what is said about it unless something is known already. */
function describe(graph: Graph, { name, info }: NamedTree): Value {
  const value = graph.find(name) ?? graph.value(name);
  if (value.graph === graph && value.info === undefined) value.info = info;
  return value;
}
