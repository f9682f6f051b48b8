import { type Attribute, graphsOf } from "./attribute.js";
import { Graph } from "./graph.js";
import { Model } from "./model.js";
import type { Value } from "./value.js";

/** A model that can be edited without changing the first: graphs and nodes are new, tensors are shared. */
export function cloneModel(model: Model): Model {
  return new Model({
    ...model,
    graph: cloneGraph(model.graph, undefined),
    functions: model.functions.map((body) => ({ ...body, graph: cloneGraph(body.graph, undefined) })),
  });
}

/** A copy of `graph` (with its bodies) inside `parent`, where names of outer values are looked up. */
export function cloneGraph(graph: Graph, parent: Graph | undefined): Graph {
  const copy = new Graph({
    name: graph.name,
    docString: graph.docString,
    metadata: graph.metadata,
    carried: graph.carried,
    parent,
  });
  for (const value of graph.values) copy.value(value.name).info = value.info;
  for (const input of graph.inputs) copy.addInput(input.name);
  for (const { name, initializer } of graph.initializers)
    if (initializer) copy.setInitializer(name, initializer);
  for (const sparse of graph.sparseInitializers) copy.sparseInitializers.push(sparse);
  const resolve = (value: Value | null) => value && (copy.find(value.name) ?? copy.value(value.name));
  for (const node of graph.nodes) {
    const attributes = Array.from(node.attributes.values(), (item) => cloneAttribute(item, copy));
    copy.addNode({
      ...node,
      inputs: node.inputs.map(resolve),
      outputs: node.outputs.map(resolve),
      attributes,
    });
  }
  for (const output of graph.outputs) copy.addOutput(copy.find(output.name) ?? copy.value(output.name));
  return copy;
}

/** The same attribute; graphs in it are copied, with `parent` around them. */
export function cloneAttribute(item: Attribute, parent: Graph): Attribute {
  if (graphsOf(item).length === 0) return item;
  if (item.kind === "graph") return { ...item, value: cloneGraph(item.value, parent) };
  return item.kind === "graphs"
    ? { ...item, value: item.value.map((body) => cloneGraph(body, parent)) }
    : item;
}
