import { domainOf, type Node } from "../ir/index.js";
import { lookupOp } from "../ops/index.js";
import { constantOf } from "./source.js";

/** Numbers for texts: equal texts, equal numbers. */
export class Tokens {
  readonly #numbers = new Map<string, number>();

  of(text: string): number {
    const known = this.#numbers.get(text) ?? this.#numbers.size;
    this.#numbers.set(text, known);
    return known;
  }
}

/** What nodes must have in common to be matched: operator and window. No channel counts, which pruning changes. */
export function tokenText(node: Node): string {
  const window = lookupOp(node)?.window?.(node);
  const shape = window ? [window.kernel, window.strides, window.groups > 1, window.transposed] : [];
  return JSON.stringify([domainOf(node), node.opType, node.overload ?? "", shape]);
}

/** The same with the nodes around and the ranks of constants: tells nodes of one kind apart by their place. */
export function placeText(node: Node, textOf: (node: Node) => string): string {
  const inputs = node.inputs.map((value) => {
    if (!value) return "-";
    const constant = constantOf(value);
    if (constant) return `#${constant.tensor.dims.length}`;
    return value.producer ? textOf(value.producer) : "input";
  });
  const readers = node.outputs.flatMap((value) =>
    value ? Array.from(value.uses(), (use) => textOf(use.node)) : [],
  );
  return [textOf(node), inputs, [...new Set(readers)].sort()].join("\n");
}
