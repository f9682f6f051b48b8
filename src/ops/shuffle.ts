import { domainOf, elementsOf, type Node, type Value } from "../ir/index.js";
import type { DimsOf } from "./define.js";
import { permutationOf, transposedIndices } from "./rearrange.js";

/** Reshape, Transpose, Reshape whose net effect is to permute one axis of the input. */
export interface Shuffle {
  readonly nodes: readonly Node[];
  readonly input: Value;
  readonly output: Value;
  readonly axis: number;
  /** Index i of the output's axis is index permutation[i] of the input's. */
  readonly permutation: readonly number[];
}

/** The channel shuffle that starts at `first`; undefined where there is none, or others read its inside. */
export function matchShuffle(first: Node, dims: DimsOf): Shuffle | undefined {
  if (!isStandard(first, "Reshape")) return undefined;
  const middle = onlyReader(first.output(0), "Transpose");
  const last = onlyReader(middle?.output(0), "Reshape");
  const [input, output, cut] = [first.input(0), last?.output(0), first.output(0)];
  const [from, to, inner] = [input, output, cut].map((value) => value && dims(value));
  if (!middle || !last || !input || !output || !from || !to || !inner) return undefined;
  if (from.length !== to.length || from.some((size, axis) => size !== to[axis])) return undefined;
  const found = axisPermutation(from, inner, permutationOf(middle, inner.length));
  return found && { nodes: [first, middle, last], input, output, ...found };
}

function isStandard(node: Node, opType: string): boolean {
  return node.opType === opType && domainOf(node) === "";
}

/** The node that alone reads a value, as its first input, if it has the given type. */
function onlyReader(value: Value | undefined, opType: string): Node | undefined {
  if (!value || value.isOutput || value.useCount !== 1) return undefined;
  const [use] = value.uses();
  return use?.index === 0 && use.node.graph === value.graph && isStandard(use.node, opType)
    ? use.node
    : undefined;
}

/** The one axis of `from` inside which transposing `inner` moves anything, with its permutation. */
function axisPermutation(
  from: readonly number[],
  inner: readonly number[],
  perm: readonly number[],
): { axis: number; permutation: number[] } | undefined {
  if (elementsOf(from) !== elementsOf(inner)) return undefined;
  const start = perm.findIndex((axis, i) => axis !== i);
  const end = perm.findLastIndex((axis, i) => axis !== i) + 1;
  if (start < 0) return undefined;
  const block = inner.slice(start, end);
  const [before, after] = [elementsOf(inner.slice(0, start)), elementsOf(inner.slice(end))];
  const axis = from.findIndex((size, at) => {
    const [outer, rest] = [elementsOf(from.slice(0, at)), elementsOf(from.slice(at + 1))];
    return (
      size > 1 &&
      before % outer === 0 &&
      after % rest === 0 &&
      size === (before / outer) * elementsOf(block) * (after / rest)
    );
  });
  if (axis < 0) return undefined;
  const [outer, rest] = [before / elementsOf(from.slice(0, axis)), after / elementsOf(from.slice(axis + 1))];
  const order = [0, ...perm.slice(start, end).map((at) => at - start + 1), block.length + 1];
  return { axis, permutation: transposedIndices([outer, ...block, rest], order) };
}
