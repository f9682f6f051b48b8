import type { Attribute, AttributeValue, SparseTensor } from "../../ir/attribute.js";
import type { OpsetImport } from "../../ir/model.js";
import type { Tensor } from "../../ir/tensor.js";
import type { ValueInfo } from "../../ir/value.js";
import type { Notes } from "./notes.js";

/** What stands in a text, before names are bound to values. `at` is the offset in the text, for messages. */
export interface GraphTree {
  readonly name: string | undefined;
  readonly notes: Notes;
  readonly inputs: readonly NamedTree[];
  readonly outputs: readonly NamedTree[];
  readonly values: readonly NamedTree[];
  readonly initializers: readonly Tensor[];
  readonly sparseInitializers: readonly SparseTensor[];
  readonly nodes: readonly NodeTree[];
}

export interface NamedTree {
  readonly at: number;
  readonly name: string;
  readonly info: ValueInfo | undefined;
}

export interface NodeTree {
  readonly at: number;
  readonly name: string | undefined;
  readonly domain: string | undefined;
  readonly opType: string;
  readonly overload: string | undefined;
  /** "" stands for one that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly AttributeTree[];
  readonly notes: Notes;
}

/** An attribute's value; bodies are still trees. */
export type AttributeContent =
  | Exclude<AttributeValue, { readonly kind: "graph" | "graphs" }>
  | { readonly kind: "graph"; readonly value: GraphTree }
  | { readonly kind: "graphs"; readonly value: readonly GraphTree[] };

export type AttributeTree = AttributeContent & Pick<Attribute, "name" | "docString" | "carried">;

/** What `<key: value, ...>` before a graph or a function says. */
export interface HeaderTree {
  irVersion?: number;
  opsetImports?: readonly OpsetImport[];
  producerName?: string;
  producerVersion?: string;
  domain?: string;
  modelVersion?: bigint;
  docString?: string;
  metadata?: ReadonlyMap<string, string>;
  overload?: string;
}

export interface FunctionTree {
  readonly name: string;
  readonly notes: Notes;
  readonly header: HeaderTree | undefined;
  readonly attributeNames: readonly string[];
  readonly attributes: readonly AttributeTree[];
  readonly graph: GraphTree;
}

export interface ModelTree {
  readonly notes: Notes;
  readonly header: HeaderTree | undefined;
  readonly graph: GraphTree;
  readonly functions: readonly FunctionTree[];
}
