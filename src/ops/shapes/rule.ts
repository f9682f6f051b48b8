import type { DataType, Node } from "../../ir/index.js";

/** Dimensions and element type of a tensor, both known. */
export interface TypedDims {
  readonly dims: readonly number[];
  readonly elementType: DataType;
}

/** What is known about the inputs of a node. */
export interface KnownInputs {
  /** The imported version of the standard operators. */
  readonly opset: number;
  /** Undefined where the input is absent. */
  input(index: number): TypedDims | undefined;
  /** The integers that an input holds; undefined where they are not known or the input is absent. */
  integers(index: number): readonly number[] | undefined;
}

/**
 * Dimensions and types of a node's outputs by the operator's specification, all its inputs being known. Undefined where
 * the rule is not sure or the inputs do not fit each other: then onnxruntime has the word.
 */
export type ShapeRule = (node: Node, inputs: KnownInputs) => readonly TypedDims[] | undefined;

/** One output of the first input's type. */
export function likeInput(
  rule: (node: Node, x: TypedDims, inputs: KnownInputs) => readonly number[] | undefined,
): ShapeRule {
  return (node, inputs) => {
    const x = inputs.input(0);
    const dims = x && node.outputs.length === 1 ? rule(node, x, inputs) : undefined;
    return x && dims && [{ dims, elementType: x.elementType }];
  };
}
