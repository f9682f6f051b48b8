import type { DataType } from "./data-type.js";
import type { Graph } from "./graph.js";
import type { Node } from "./node.js";
import type { Tensor } from "./tensor.js";

/** One dimension of a type: a size, a name for a size not yet known ("batch"), or nothing known (null). */
export interface Dimension {
  readonly size: number | string | null;
  readonly denotation?: string | undefined;
  readonly carried?: unknown;
}

/** A TypeProto. A tensor type without `shape` has unknown rank. */
export type ValueType = { readonly denotation?: string | undefined; readonly carried?: unknown } & (
  | {
      readonly kind: "tensor" | "sparseTensor";
      readonly elementType: DataType;
      readonly shape: readonly Dimension[] | undefined;
    }
  | { readonly kind: "sequence" | "optional"; readonly element: ValueType | undefined }
  | { readonly kind: "map"; readonly keyType: DataType; readonly value: ValueType | undefined }
  | { readonly kind: "opaque"; readonly domain: string | undefined; readonly name: string | undefined }
  /** A type that says nothing, or one newer than this reader. */
  | { readonly kind: "unknown" }
);

/** One place where a value is read: `node.inputs[index]`. The node may live in a subgraph of the value's graph. */
export interface Use {
  readonly node: Node;
  readonly index: number;
}

/** What ValueInfoProto says about a value beyond its name. */
export interface ValueInfo {
  readonly type: ValueType | undefined;
  readonly docString?: string | undefined;
  readonly metadata?: ReadonlyMap<string, string>;
  readonly carried?: unknown;
}

/**
 * A tensor (or sequence, map, ...) that flows through a graph: made by one node, or a graph input, or an initializer
 * (some files: both of the latter), and read by any number of nodes.
 */
export class Value {
  /** The node that makes it and the position among that node's outputs. */
  producer: Node | undefined;
  producerIndex = 0;
  /** The constant that the graph holds under this name. */
  initializer: Tensor | undefined;
  /** What the file says about it; kept as it was unless an edit makes it stale. */
  info: ValueInfo | undefined;
  /** Most values are read in one place: only the others need a map. */
  #onlyUse: Use | undefined;
  #uses: Map<Node, Set<number>> | undefined;

  constructor(
    readonly name: string,
    readonly graph: Graph,
  ) {}

  get isInput(): boolean {
    return this.graph.hasInput(this);
  }

  get isOutput(): boolean {
    return this.graph.hasOutput(this);
  }

  /** Every place that reads it, in nodes of this graph and of its subgraphs. */
  uses(): readonly Use[] {
    if (this.#onlyUse) return [this.#onlyUse];
    const uses: Use[] = [];
    this.#uses?.forEach((indices, node) => {
      for (const index of indices) uses.push({ node, index });
    });
    return uses;
  }

  get useCount(): number {
    if (this.#onlyUse) return 1;
    let count = 0;
    this.#uses?.forEach((indices) => {
      count += indices.size;
    });
    return count;
  }

  /** For Node only: keeps the use lists in step with the nodes' inputs. */
  addUse(node: Node, index: number): void {
    if (!this.#onlyUse && !this.#uses) {
      this.#onlyUse = { node, index };
      return;
    }
    const uses = this.#usesAsMap();
    const indices = uses.get(node);
    if (indices) indices.add(index);
    else uses.set(node, new Set([index]));
  }

  /** For Node only. */
  removeUse(node: Node, index: number): void {
    const uses = this.#usesAsMap();
    const indices = uses.get(node);
    indices?.delete(index);
    if (indices?.size === 0) uses.delete(node);
  }

  #usesAsMap(): Map<Node, Set<number>> {
    this.#uses ??= new Map(this.#onlyUse && [[this.#onlyUse.node, new Set([this.#onlyUse.index])]]);
    this.#onlyUse = undefined;
    return this.#uses;
  }

  toString(): string {
    return `%${this.name}`;
  }
}

/** The element type of a tensor value as far as the file says it. */
export function elementTypeOf(value: Value): DataType | undefined {
  if (value.initializer) return value.initializer.dataType;
  const type = value.info?.type;
  return type?.kind === "tensor" ? type.elementType : undefined;
}
