import type { ValueShape } from "../analysis/shapes.js";
import { elementsOf, type Node, type Value } from "../ir/index.js";
import { valuesRead } from "./probe.js";

/** onnxruntime's inference with all values as outputs takes time that grows with the square of the nodes. */
const MOST_NODES_AT_ONCE = 10_000;
const PIECE = 4_000;

/** A longer list of numbers is taken for data, not for shape arithmetic. */
const LONGEST_SHAPE = 64;

/** Nodes in one piece or, where they are very many, in several. */
export function piecesOf(nodes: readonly Node[]): (readonly Node[])[] {
  if (nodes.length <= MOST_NODES_AT_ONCE) return [nodes];
  const pieces: (readonly Node[])[] = [];
  for (let at = 0; at < nodes.length; at += PIECE) pieces.push(nodes.slice(at, at + PIECE));
  return pieces;
}

/**
 * The piece with the earlier nodes whose very numbers it may need to find shapes: those that make scalars and short
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
      if (!producer || taken.has(producer) || !isShort(shapes.get(value))) continue;
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

function isShort(shape: ValueShape | undefined): boolean {
  return shape?.dims !== undefined && shape.dims.length <= 1 && elementsOf(shape.dims) <= LONGEST_SHAPE;
}
