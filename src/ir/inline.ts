import { UserError } from "../base/errors.js";
import type { Attribute } from "./attribute.js";
import { callKey, keyOf } from "./function-key.js";
import { Graph } from "./graph.js";
import { type FunctionBody, Model, type OpsetImport } from "./model.js";
import { domainOf, type Node, type NodeFields } from "./node.js";
import type { Value } from "./value.js";

/** A call of a local function and the nodes that stand in its place. */
export interface InlinedCall {
  readonly call: Node;
  readonly nodes: readonly Node[];
}

export interface InlinedModel {
  /** The same computation without calls in the main graph; the given model where it has none. */
  readonly model: Model;
  readonly calls: readonly InlinedCall[];
}

/** Functions that call functions multiply; a file of some kilobytes could ask for any number of nodes. */
const MOST_NODES = 100_000;

/**
 * The model with its local functions' bodies in the place of calls, inner values named "output of the call/inner name".
 * Calls in bodies of If, Loop and Scan stay, and so do those whose function imports other operator versions than the
 * model. Throws a UserError where functions call themselves or would grow beyond 100,000 nodes.
 */
export function inlineFunctions(model: Model): InlinedModel {
  const functions = new Map(model.functions.map((body) => [keyOf(body), body]));
  if (!model.graph.nodes.some((node) => functions.has(callKey(node)))) return { model, calls: [] };
  const expansion = new Expansion(model, functions);
  return { model: expansion.run(), calls: expansion.calls };
}

/** What the values of one graph are called in the new one; null where a call leaves an input out. */
type Scope = Map<Value, Value | null>;

/** Where a node comes from: the values around it, the attributes of the call, what its name begins with. */
interface Origin {
  readonly scope: Scope;
  readonly given: ReadonlyMap<string, Attribute>;
  readonly prefix: string;
}

class Expansion {
  readonly calls: InlinedCall[] = [];
  readonly #graph: Graph;
  readonly #imports: OpsetImport[];
  #count = 0;

  constructor(
    readonly model: Model,
    readonly functions: ReadonlyMap<string, FunctionBody>,
  ) {
    const { name, docString, metadata, carried } = model.graph;
    this.#graph = new Graph({ name, docString, metadata, carried });
    this.#imports = [...model.opsetImports];
  }

  run(): Model {
    const { graph } = this.model;
    const scope: Scope = new Map();
    for (const value of graph.values) {
      const copy = this.#graph.value(value.name);
      copy.info = value.info;
      scope.set(value, copy);
    }
    for (const input of graph.inputs) this.#graph.addInput(input.name);
    for (const { name, initializer } of graph.initializers)
      if (initializer) this.#graph.setInitializer(name, initializer);
    for (const sparse of graph.sparseInitializers) this.#graph.sparseInitializers.push(sparse);
    for (const node of graph.nodes) {
      const body = this.#bodyOf(node);
      if (!body) this.#copy(node, this.#graph, { scope, given: new Map(), prefix: "" });
      else {
        const before = this.#graph.nodes.length;
        this.#expand(node, body, scope, new Map(), []);
        this.calls.push({ call: node, nodes: this.#graph.nodes.slice(before) });
      }
    }
    for (const output of graph.outputs) this.#graph.addOutput(this.#graph.value(output.name));
    return new Model({ ...this.model, graph: this.#graph, opsetImports: this.#imports });
  }

  /** The function that a node calls, where its operators mean the same here. */
  #bodyOf(node: Node): FunctionBody | undefined {
    const body = this.functions.get(callKey(node));
    if (!body) return undefined;
    const missing: OpsetImport[] = [];
    for (const item of body.opsetImports) {
      const version = versionOf(this.#imports, item.domain);
      if (version === undefined) missing.push(item);
      else if (version !== item.version) return undefined;
    }
    this.#imports.push(...missing);
    return body;
  }

  #expand(
    call: Node,
    body: FunctionBody,
    scope: Scope,
    given: ReadonlyMap<string, Attribute>,
    around: readonly FunctionBody[],
  ): void {
    if (around.includes(body))
      throw new UserError(
        "recursive-function",
        `function ${body.name} calls itself; no engine runs such a model`,
      );
    const inner: Scope = new Map();
    const read = (value: Value | null | undefined) => (value ? (scope.get(value) ?? null) : null);
    body.graph.inputs.forEach((input, i) => {
      inner.set(input, read(call.inputs[i]));
    });
    const attributes = argumentsOf(call, body, given);
    const results = new Map<Value, Value>();
    const copies: (readonly [Value, Value])[] = [];
    body.graph.outputs.forEach((output, i) => {
      const target = read(call.outputs[i]);
      if (!target) return;
      if (inner.has(output) || results.has(output)) copies.push([output, target]);
      else results.set(output, target);
    });
    const first = read(call.outputs.find((value) => value))?.name ?? body.name;
    for (const value of body.graph.values) {
      if (inner.has(value)) continue;
      const made = results.get(value) ?? this.#graph.freshValue(`${first}/${value.name}`);
      inner.set(value, made);
    }
    for (const node of body.graph.nodes) {
      const deeper = this.#bodyOf(node);
      if (deeper) this.#expand(node, deeper, inner, attributes, [...around, body]);
      else this.#copy(node, this.#graph, { scope: inner, given: attributes, prefix: `${first}/` });
    }
    for (const [source, target] of copies) {
      const from = inner.get(source) ?? null;
      this.#add(this.#graph, { opType: "Identity", inputs: [from], outputs: [target] });
    }
  }

  /** One node under other names; attributes that refer to those of the call get their values. */
  #copy(node: Node, graph: Graph, origin: Origin): void {
    const { scope, given, prefix } = origin;
    const resolve = (value: Value | null) => value && (scope.get(value) ?? null);
    const attributes = [...node.attributes.values()].flatMap((item): Attribute[] => {
      if (item.kind !== "reference") return [this.#copyBodies(item, graph, origin)];
      const value = given.get(item.value);
      return value ? [{ ...value, name: item.name }] : [];
    });
    this.#add(graph, {
      ...node,
      name: node.name && `${prefix}${node.name}`,
      inputs: node.inputs.map(resolve),
      outputs: node.outputs.map(resolve),
      attributes,
    });
  }

  #add(graph: Graph, fields: NodeFields): void {
    if (++this.#count > MOST_NODES)
      throw new UserError(
        "function-size",
        `written out, the calls of functions are more than ${MOST_NODES} nodes; call them less often`,
      );
    graph.addNode(fields);
  }

  #copyBodies(item: Attribute, parent: Graph, origin: Origin): Attribute {
    if (item.kind === "graph") return { ...item, value: this.#copyBody(item.value, parent, origin) };
    return item.kind === "graphs"
      ? { ...item, value: item.value.map((body) => this.#copyBody(body, parent, origin)) }
      : item;
  }

  #copyBody(body: Graph, parent: Graph, origin: Origin): Graph {
    const { name, docString, metadata, carried } = body;
    const copy = new Graph({ name, docString, metadata, carried, parent });
    const scope: Scope = new Map(origin.scope);
    for (const value of body.values) {
      const made = parent.find(value.name) ? copy.freshValue(value.name) : copy.value(value.name);
      made.info = value.info;
      scope.set(value, made);
    }
    const here = (value: Value) => scope.get(value) ?? copy.value(value.name);
    for (const input of body.inputs) copy.addInput(here(input).name);
    for (const value of body.initializers)
      if (value.initializer) copy.setInitializer(here(value).name, value.initializer);
    for (const sparse of body.sparseInitializers) copy.sparseInitializers.push(sparse);
    for (const node of body.nodes) this.#copy(node, copy, { ...origin, scope });
    for (const output of body.outputs) copy.addOutput(here(output));
    return copy;
  }
}

function versionOf(imports: readonly OpsetImport[], domain: string | undefined): number | undefined {
  return imports.find((item) => domainOf(item) === domainOf({ domain }))?.version;
}

/** The values of a function's attributes in one call; a call's own may refer to those of the function around it. */
function argumentsOf(
  call: Node,
  body: FunctionBody,
  given: ReadonlyMap<string, Attribute>,
): ReadonlyMap<string, Attribute> {
  const values = new Map(body.attributes.map((item) => [item.name, item]));
  for (const item of call.attributes.values()) {
    if (item.kind !== "reference") values.set(item.name, item);
    else {
      const value = given.get(item.value);
      if (value) values.set(item.name, { ...value, name: item.name });
    }
  }
  return values;
}
