import type { DataType, Node, Value } from "../ir/index.js";
import { constantTensor } from "../ops/index.js";

/**
 * The element type of a value that arithmetic makes: said by the file, or that of the operands that lead to it.
 * Undefined where nothing says it.
 */
export function elementTypeOf(value: Value): DataType | undefined {
  const seen = new Set<Value>();
  const open = [value];
  for (let at = open.pop(); at; at = open.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const said = statedType(at);
    if (said !== undefined) return said;
    // The first operand of an operator that computes has its type; those behind it may be indices.
    const first = at.producer?.inputs.find((input) => input !== null);
    if (first) open.push(first);
  }
  return undefined;
}

function statedType(value: Value): DataType | undefined {
  const type = value.info?.type;
  if (type?.kind === "tensor") return type.elementType;
  return constantTensor(value)?.dataType ?? castTo(value.producer);
}

/** The type that a node says that it makes. */
function castTo(node: Node | undefined): DataType | undefined {
  return node?.int("to");
}
