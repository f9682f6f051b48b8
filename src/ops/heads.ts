import { attribute, elementsOf, type Node } from "../ir/index.js";
import { type ChannelLink, type DimsOf, knownDims, type Operand, type SliceContext } from "./define.js";
import { rides } from "./relations.js";

/**
 * What attentions in one node share: operands of rank 3, [batch, positions, heads · width], or of rank 4,
 * [batch, heads, positions, width]. Whole heads go, since the width of a head is a sum inside the node.
 */

/** An operand cut so that one axis counts what goes together: heads, or as many of them as share keys and values. */
export interface Heads {
  readonly grid: Operand;
  readonly axis: number;
}

/** Queries, keys and values, what attention makes of them, and how many heads there are of queries and of keys. */
export interface AttentionOperands {
  readonly q: Operand;
  readonly k: Operand;
  readonly v: Operand;
  readonly y: Operand;
  readonly heads: number;
  readonly shared: number;
}

/** Every position meets every other of its sequence, and each its own place in masks and tables: these axes stay. */
export function keepsPlaces(link: ChannelLink, x: Operand, places: number): void {
  link.freeze(x, 0, "batch-axis");
  link.freeze(x, places, "spatial-axis");
}

/** An operand's dimensions in so many equal parts, and the axis of these; undefined where they do not fit. */
function partsOf({ dims }: Operand, parts: number) {
  const size = (dims.length === 4 ? dims[1] : dims.length === 3 ? dims[2] : undefined) ?? 0;
  const each = size / parts;
  if (!Number.isInteger(each) || each < 1) return undefined;
  const [batch = 1, second = 1, third = 1, width = 1] = dims;
  if (dims.length === 3) return { dims: [batch, second, parts, each], axis: 2, inner: [3] };
  return { dims: [batch, parts, each, third, width], axis: 1, inner: [2, 4] };
}

/** x in `parts` equal parts of its heads; only whole parts leave it. */
export function headsOf(link: ChannelLink, x: Operand, parts: number): Heads | undefined {
  const cut = partsOf(x, parts);
  if (!cut) return undefined;
  keepsPlaces(link, x, x.dims.length - 2);
  const grid = link.scratch(cut.dims);
  link.reshape(x, grid);
  link.mix(grid, cut.inner, "collapsed");
  return { grid, axis: cut.axis };
}

/** What the node makes of the same heads, of either rank: its result, or the scores themselves. */
export function handOn(link: ChannelLink, { grid, axis }: Heads, y: Operand | undefined): void {
  const cut = y && partsOf(y, grid.dims[axis] ?? 1);
  if (!cut) return;
  const parts = link.scratch(cut.dims);
  link.pass(grid, axis, parts, cut.axis);
  link.reshape(parts, y);
}

/**
 * Heads of queries, of keys and of values go together, and from the output. Where several heads of queries share one of
 * keys and values, they go with it; keys and values of a single head stay, and each head of queries goes alone.
 */
export function linkHeads(
  link: ChannelLink,
  { q, k, v, y, heads, shared }: AttentionOperands,
): { readonly queries: Heads; readonly keys: Heads } | undefined {
  const isSingle = shared === 1 && channelsOf(link.originalDims(k)) === channelsOf(k.dims);
  const queries = headsOf(link, q, isSingle ? heads : shared);
  const [keys, values] = [headsOf(link, k, shared), headsOf(link, v, shared)];
  if (!queries || !keys || !values) return undefined;
  if (!isSingle)
    for (const each of [keys, values]) link.ride(each.grid, each.axis, queries.grid, queries.axis);
  handOn(link, queries, y);
  return { queries, keys };
}

const channelsOf = (dims: readonly number[]) => (dims.length === 4 ? dims[1] : dims.at(-1));

/** A cache of keys or values, [batch, heads, positions, width], that the node reads. */
export function readsCache(link: ChannelLink, cache: Operand | undefined, { grid, axis }: Heads): void {
  if (cache?.dims.length === 4) rides(link, cache, 1, grid, axis);
}

/** A cache that goes on to the next step. */
export function givesCache(link: ChannelLink, keys: Heads, cache: Operand | undefined): void {
  if (cache) link.pass(keys.grid, keys.axis, cache, 1);
}

/** A mask or bias of the scores; axes in front, and the one of heads, may be absent or one long. */
export function readsMask(link: ChannelLink, mask: Operand | undefined, { grid, axis }: Heads): void {
  if (!mask) return;
  for (const places of [-1, -2])
    if ((mask.dims.at(places) ?? 1) > 1) link.freeze(mask, places, "spatial-axis");
  const heads = mask.dims.at(-3) ?? 1;
  const parts = grid.dims[axis] ?? 1;
  if (heads === parts || heads === 1) return rides(link, mask, -3, grid, axis);
  if (heads % parts !== 0) return link.barrier("unknown-shape");
  const cut = link.scratch([...mask.dims.slice(0, -3), parts, heads / parts, ...mask.dims.slice(-2)]);
  link.reshape(mask, cut);
  rides(link, cut, -4, grid, axis);
}

/** An attribute that counts the heads of an input: as many as are left. */
export function countHeads(node: Node, slice: SliceContext, name: string, index: number): void {
  const [heads, before] = [node.int(name) ?? 0, slice.inputBefore(index)];
  if (heads === 0 || !before) return;
  const axis = before.length === 4 ? 1 : 2;
  const left = headsLeft(slice.keptInput(index, axis), (before[axis] ?? 0) / heads);
  slice.setAttribute(attribute.int(name, left));
}

/** How many heads of this width the positions that stay belong to. */
export function headsLeft(kept: readonly number[], width: number): number {
  return new Set(kept.map((at) => Math.floor(at / width))).size;
}

/** Every query meets every key, also of the cache at input `past`, and the values of all are summed up for it. */
export function scoreMacs(node: Node, dims: DimsOf, past: number): number {
  if (!node.input(1)) return 0;
  const [queries, result] = [node.input(0), node.output(0)].map((value) =>
    elementsOf(knownDims(value, dims)),
  );
  const positions = (index: number) => {
    const value = node.input(index);
    return value ? (knownDims(value, dims).at(-2) ?? 0) : 0;
  };
  return ((queries ?? 0) + (result ?? 0)) * (positions(1) + positions(past));
}
