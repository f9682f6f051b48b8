import {
  DataType,
  elementTypeOf,
  type Graph,
  isSorted,
  type Model,
  type Node,
  topologicalOrder,
  type Value,
} from "../ir/index.js";
import { constantTensor, lookupOp, type TypedDims } from "../ops/index.js";
import { IntegerEvaluator } from "./integers.js";
import { ShapeTable } from "./shapes.js";

/** Opsets for which the rules hold. */
const NEWEST_OPSET = 26;

/**
 * Shapes of all values by the rules of the op table alone, at the given dimensions of the inputs. Undefined as soon as a
 * node has no rule, or its rule is not sure: a table is whole or there is none.
 */
export function specifiedShapes(
  model: Model,
  pinned: ReadonlyMap<string, readonly number[]>,
): ShapeTable | undefined {
  const { graph } = model;
  const opset = model.opset() ?? 0;
  const nodes = isSorted(graph) ? graph.nodes : topologicalOrder(graph);
  if (!nodes || opset < 1 || opset > NEWEST_OPSET || model.functions.length > 0) return undefined;
  const shapes = inputShapes(graph, pinned);
  const known = (value: Value): TypedDims | undefined => {
    const constant = constantTensor(value);
    return constant ? { dims: constant.dims, elementType: constant.dataType } : shapes.get(value);
  };
  const evaluator = new IntegerEvaluator((value) => known(value)?.dims);
  for (const node of nodes) {
    if (node.outputs.every((value) => !value || constantTensor(value))) continue;
    const outputs = outputsOf(node, opset, known, evaluator);
    for (const [i, value] of node.outputs.entries()) {
      const shape = outputs?.[i];
      if (!value || !shape) return undefined;
      shapes.set(value, shape);
    }
  }
  return new ShapeTable({ shapes, pinned });
}

function inputShapes(graph: Graph, pinned: ReadonlyMap<string, readonly number[]>): Map<Value, TypedDims> {
  const shapes = new Map<Value, TypedDims>();
  for (const input of graph.inputs) {
    const [dims, elementType] = [pinned.get(input.name), elementTypeOf(input) ?? DataType.UNDEFINED];
    if (dims && elementType !== DataType.UNDEFINED) shapes.set(input, { dims, elementType });
  }
  return shapes;
}

function outputsOf(
  node: Node,
  opset: number,
  known: (value: Value) => TypedDims | undefined,
  evaluator: IntegerEvaluator,
): readonly TypedDims[] | undefined {
  const op = lookupOp(node);
  if (!op || !node.inputs.every((value) => !value || known(value))) return undefined;
  const stated = op.shapes?.(node, {
    opset,
    input: (index) => {
      const value = node.input(index);
      return value && known(value);
    },
    integers: (index) => {
      const value = node.input(index);
      return value && evaluator.integersOf(value);
    },
  });
  if (stated) return stated;
  // Shape arithmetic is its own rule: the numbers come with their shape.
  const [only] = node.outputs;
  const numbers = only && node.outputs.length === 1 ? evaluator.evaluate(only) : undefined;
  return numbers && [numbers];
}
