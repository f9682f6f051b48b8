import type { ValueShape } from "../analysis/shapes.js";
import { DataType, elementsOf, type Node, type Value } from "../ir/index.js";
import { valuesRead } from "./probe.js";

/** onnxruntime's inference with all values as outputs takes time that grows with the square of the nodes. */
const MOST_NODES_AT_ONCE = 4_000;
const PIECE = 2_000;

/** Larger integer tensors are taken for data, not for shape arithmetic, and so are floats that are no short list. */
const MOST_INTEGERS = 4096;
const MOST_FLOATS = 64;

/** Nodes in one piece or, where they are very many, in several. */
export function piecesOf(nodes: readonly Node[]): (readonly Node[])[] {
  if (nodes.length <= MOST_NODES_AT_ONCE) return [nodes];
  const pieces: (readonly Node[])[] = [];
  for (let at = 0; at < nodes.length; at += PIECE) pieces.push(nodes.slice(at, at + PIECE));
  return pieces;
}

/**
 * The piece with the earlier nodes whose very numbers it may need to find shapes: those that make integers and short
 * lists, back to the tensors whose sizes they speak of. `order` is the position of every node.
 */
export function withShapeArithmetic(
  piece: readonly Node[],
  order: ReadonlyMap<Node, number>,
  shapes: ReadonlyMap<Value, ValueShape>,
): Node[] {
  const taken = new Set(piece);
  const earlier: Node[] = [];
  const visit = (node: Node) => {
    for (const value of valuesRead(node)) {
      const { producer } = value;
      if (!producer || taken.has(producer) || !mayBeSizes(shapes.get(value))) continue;
      taken.add(producer);
      pending.push(producer);
      earlier.push(producer);
    }
  };
  const pending = [...piece];
  for (let node = pending.pop(); node; node = pending.pop()) visit(node);
  earlier.sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
  return [...earlier, ...piece];
}

/** True where a value may decide shapes by its numbers: sizes, axes, pads, scales. */
function mayBeSizes(shape: ValueShape | undefined): boolean {
  if (!shape?.dims) return false;
  const elements = elementsOf(shape.dims);
  if (isFloat(shape.elementType)) return shape.dims.length <= 1 && elements <= MOST_FLOATS;
  return elements <= MOST_INTEGERS;
}

function isFloat(type: DataType): boolean {
  return (
    type === DataType.FLOAT ||
    type === DataType.FLOAT16 ||
    type === DataType.DOUBLE ||
    type === DataType.BFLOAT16
  );
}
