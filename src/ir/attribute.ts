import type { Graph } from "./graph.js";
import type { Tensor } from "./tensor.js";
import type { ValueType } from "./value.js";

/** A tensor with few non-zero elements: values, their positions, and the dense dimensions. */
export interface SparseTensor {
  readonly values: Tensor;
  readonly indices: Tensor;
  readonly dims: readonly number[];
  readonly carried?: unknown;
}

/** A value of a node's attribute; `kind` is the field of AttributeProto that holds it. */
export type AttributeValue =
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "int"; readonly value: bigint }
  /** Bytes, since the format does not promise UTF-8. */
  | { readonly kind: "string"; readonly value: Uint8Array }
  | { readonly kind: "tensor"; readonly value: Tensor }
  | { readonly kind: "graph"; readonly value: Graph }
  | { readonly kind: "sparseTensor"; readonly value: SparseTensor }
  | { readonly kind: "type"; readonly value: ValueType }
  | { readonly kind: "floats"; readonly value: readonly number[] }
  | { readonly kind: "ints"; readonly value: readonly bigint[] }
  | { readonly kind: "strings"; readonly value: readonly Uint8Array[] }
  | { readonly kind: "tensors"; readonly value: readonly Tensor[] }
  | { readonly kind: "graphs"; readonly value: readonly Graph[] }
  | { readonly kind: "sparseTensors"; readonly value: readonly SparseTensor[] }
  | { readonly kind: "types"; readonly value: readonly ValueType[] }
  /** Inside a function body: the attribute of this name of the calling node; `type` is AttributeProto.type. */
  | { readonly kind: "reference"; readonly value: string; readonly type: number }
  /** An attribute without a usable value. */
  | { readonly kind: "undefined"; readonly value: undefined };

export type Attribute = AttributeValue & {
  readonly name: string;
  readonly docString?: string | undefined;
  readonly carried?: unknown;
};

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Attributes of the common kinds. */
export const attribute = {
  float: (name: string, value: number): Attribute => ({ name, kind: "float", value: Math.fround(value) }),
  int: (name: string, value: number): Attribute => ({ name, kind: "int", value: BigInt(value) }),
  ints: (name: string, value: readonly number[]): Attribute => ({
    name,
    kind: "ints",
    value: value.map(BigInt),
  }),
  floats: (name: string, value: readonly number[]): Attribute => ({
    name,
    kind: "floats",
    value: value.map(Math.fround),
  }),
  string: (name: string, value: string): Attribute => ({
    name,
    kind: "string",
    value: encoder.encode(value),
  }),
  tensor: (name: string, value: Tensor): Attribute => ({ name, kind: "tensor", value }),
  graph: (name: string, value: Graph): Attribute => ({ name, kind: "graph", value }),
};

/** The text of a string attribute's bytes. */
export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

const NONE: readonly Graph[] = [];

/** The graphs that an attribute holds: bodies of If, Loop, Scan, ... */
export function graphsOf(attribute: Attribute): readonly Graph[] {
  if (attribute.kind === "graph") return [attribute.value];
  return attribute.kind === "graphs" ? attribute.value : NONE;
}
