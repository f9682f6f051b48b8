import type { Node, Tensor, Value } from "../ir/index.js";
import { constantTensor, isAlias } from "../ops/index.js";

/** More names for one value in a row than any exporter writes; ends the walk in damaged graphs. */
const MOST_ALIASES = 64;

/** The value itself where `value` is only another name for it (Identity). */
export function sourceOf(value: Value): Value {
  let at = value;
  for (let steps = 0; steps < MOST_ALIASES; steps++) {
    const next = at.producer && isAlias(at.producer) ? at.producer.input(0) : undefined;
    if (!next || constantTensor(at)) return at;
    at = next;
  }
  return at;
}

/** The constant that a value is, under whatever name. */
export function constantOf(value: Value | null | undefined): { value: Value; tensor: Tensor } | undefined {
  if (!value) return undefined;
  const source = sourceOf(value);
  const tensor = constantTensor(source);
  return tensor && { value: source, tensor };
}

/** Constant nodes and other names of values: exporters and optimisers add and drop them freely. */
export function isBookkeeping(node: Node): boolean {
  const output = node.output(0);
  return isAlias(node) || (output !== undefined && constantTensor(output) !== undefined);
}
