import { invariant } from "../base/errors.js";
import type { SparseTensor } from "./attribute.js";
import { Node, type NodeFields } from "./node.js";
import type { Tensor } from "./tensor.js";
import { Value, type ValueInfo } from "./value.js";

export interface GraphFields {
  readonly name?: string | undefined;
  readonly docString?: string | undefined;
  readonly metadata?: ReadonlyMap<string, string>;
  readonly carried?: unknown;
  /** The graph whose node holds this one as a body; its values can be read here. */
  readonly parent?: Graph | undefined;
}

/**
 * Nodes in an order in which every value is made before it is read, with the values between them. Values belong to
 * the graph and have unique names in it.
 */
export class Graph {
  name: string | undefined;
  docString: string | undefined;
  readonly metadata: ReadonlyMap<string, string>;
  readonly carried: unknown;
  readonly parent: Graph | undefined;
  /** Sparse constants; each defines the value that `values.name` names. */
  readonly sparseInitializers: SparseTensor[] = [];
  readonly #values = new Map<string, Value>();
  readonly #inputs = new Set<Value>();
  readonly #outputs: Value[] = [];
  readonly #outputSet = new Set<Value>();
  readonly #initializers = new Set<Value>();
  #nodes: Node[] = [];

  constructor(fields: GraphFields = {}) {
    this.name = fields.name;
    this.docString = fields.docString;
    this.metadata = fields.metadata ?? new Map();
    this.carried = fields.carried;
    this.parent = fields.parent;
  }

  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  get inputs(): readonly Value[] {
    return [...this.#inputs];
  }

  get outputs(): readonly Value[] {
    return this.#outputs;
  }

  /** The values that hold a constant, in file order. */
  get initializers(): readonly Value[] {
    return [...this.#initializers];
  }

  get values(): Iterable<Value> {
    return this.#values.values();
  }

  hasInput(value: Value): boolean {
    return this.#inputs.has(value);
  }

  hasOutput(value: Value): boolean {
    return this.#outputSet.has(value);
  }

  /** The value called `name` in this graph, or else in the graphs around it. */
  find(name: string): Value | undefined {
    return this.#values.get(name) ?? this.parent?.find(name);
  }

  /** The value called `name` in this graph itself, made if it is not there yet. */
  value(name: string): Value {
    let value = this.#values.get(name);
    if (!value) {
      value = new Value(name, this);
      this.#values.set(name, value);
    }
    return value;
  }

  /** A new value whose name starts with `stem` and is used neither here nor in the graphs around. */
  freshValue(stem: string): Value {
    let name = stem;
    for (let i = 1; this.find(name); i++) name = `${stem}_${i}`;
    return this.value(name);
  }

  addInput(name: string, info?: ValueInfo): Value {
    const value = this.value(name);
    if (info) value.info = info;
    this.#inputs.add(value);
    return value;
  }

  addOutput(value: Value, info?: ValueInfo): void {
    if (info) value.info = info;
    this.#outputs.push(value);
    this.#outputSet.add(value);
  }

  /** Sets or replaces the constant called `name`. */
  setInitializer(name: string, tensor: Tensor): Value {
    const value = this.value(name);
    value.initializer = tensor.name === name ? tensor : tensor.with({ name });
    this.#initializers.add(value);
    return value;
  }

  removeInitializer(value: Value): void {
    value.initializer = undefined;
    this.#initializers.delete(value);
  }

  /** Adds a node at the end, or right before another node. */
  addNode(fields: NodeFields, before?: Node): Node {
    const node = new Node(this, fields);
    if (!before) this.#nodes.push(node);
    else {
      const at = this.#nodes.indexOf(before);
      invariant(at >= 0, "the node to insert before is not in this graph");
      this.#nodes.splice(at, 0, node);
    }
    return node;
  }

  /** Removes nodes; none of their outputs may be read any more by others or be a graph output. */
  remove(nodes: Iterable<Node>): void {
    const gone = new Set(nodes);
    for (const node of gone) {
      for (const value of node.outputs) {
        if (!value) continue;
        invariant(
          !value.isOutput,
          () => `removing ${node.label}: its output ${value.name} is a graph output`,
        );
        for (const use of value.uses()) {
          invariant(
            gone.has(use.node),
            () => `removing ${node.label}: ${use.node.label} still reads ${value.name}`,
          );
        }
      }
    }
    for (const node of gone) {
      node.detach();
      for (const value of node.outputs) if (value) this.#values.delete(value.name);
    }
    this.#nodes = this.#nodes.filter((node) => !gone.has(node));
  }

  /** Puts another node in the place of one; it makes (some of) the same outputs. */
  replaceNode(old: Node, fields: NodeFields): Node {
    const at = this.#nodes.indexOf(old);
    invariant(at >= 0, "the node to replace is not in this graph");
    old.detach();
    const node = new Node(this, fields);
    this.#nodes[at] = node;
    return node;
  }

  /** Puts one node in the place of several, where the first of them stood; what it does not make is forgotten. */
  replaceNodes(old: ReadonlySet<Node>, fields: NodeFields): Node {
    const at = this.#nodes.findIndex((node) => old.has(node));
    invariant(at >= 0, "the nodes to replace are not in this graph");
    for (const node of old) {
      node.detach();
      for (const value of node.outputs)
        if (value && !fields.outputs.includes(value)) this.#values.delete(value.name);
    }
    const node = new Node(this, fields);
    const rest = this.#nodes.filter((each) => !old.has(each));
    rest.splice(at, 0, node);
    this.#nodes = rest;
    return node;
  }

  /** Lets every reader of `from` read `to` instead. Graph outputs are not touched. */
  replaceAllUses(from: Value, to: Value): void {
    for (const { node, index } of from.uses()) node.setInput(index, to);
  }

  /** Forgets values that nothing makes, reads or exposes (after edits), but for those that `keep` names. */
  dropUnusedValues(keep: (value: Value) => boolean = () => false): void {
    for (const value of this.#values.values()) {
      if (keep(value) || value.producer || value.useCount || value.isOutput || value.isInput) continue;
      this.#initializers.delete(value);
      this.#values.delete(value.name);
    }
  }
}
