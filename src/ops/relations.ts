import type { BarrierCode, ChannelLink, Operand } from "./define.js";

/** A weight's output axis makes the channels of y's axis; a tensor computed from data hands its own on. */
export function makes(link: ChannelLink, w: Operand, wAxis: number, y: Operand, yAxis: number): void {
  if (w.isConstant) link.produce(w, wAxis, y, yAxis);
  else link.pass(w, wAxis, y, yAxis);
}

/** A bias, scale or statistic of one element (or one per channel) along an axis of y. */
export function rides(
  link: ChannelLink,
  p: Operand | undefined,
  pAxis: number,
  y: Operand,
  yAxis: number,
): void {
  if (p && (p.dims.at(pAxis) ?? 1) > 1) link.ride(p, pAxis, y, yAxis);
}

/** A parameter that broadcasts onto y by numpy's rules, each of its axes longer than one along one axis of y. */
export function ridesBroadcast(link: ChannelLink, p: Operand | undefined, y: Operand): void {
  if (!p) return;
  p.dims.forEach((_, axis) => {
    rides(link, p, axis, y, axis + y.dims.length - p.dims.length);
  });
}

/** Every axis of x that `carries` admits passes to the same axis of y. */
export function passAxes(
  link: ChannelLink,
  x: Operand,
  y: Operand,
  carries: (axis: number) => boolean,
): void {
  x.dims.forEach((_, axis) => {
    if (carries(axis)) link.pass(x, axis, y, axis);
  });
}

/** Nothing may be removed on x's axes from `first` on; axes of size one have nothing to lose. */
export function freezeFrom(link: ChannelLink, x: Operand, first: number, code: BarrierCode): void {
  x.dims.forEach((size, axis) => {
    if (axis >= first && size > 1) link.freeze(x, axis, code);
  });
}

/** One step of a movement: index i of the result's `axis` is index `indices[i]` of the source's. */
export interface Take {
  readonly axis: number;
  readonly indices: ArrayLike<number>;
}

/** Several takes one after another from x to y, on different axes. */
export function takeAll(link: ChannelLink, x: Operand, y: Operand, takes: readonly Take[]): void {
  const dims = [...x.dims];
  let from = x;
  takes.forEach(({ axis, indices }, i) => {
    dims[axis] = indices.length;
    const to = i === takes.length - 1 ? y : link.scratch([...dims]);
    link.take(from, to, axis, indices);
    from = to;
  });
  if (takes.length === 0) link.same(x, y);
}

/** x cut into `split` dimensions, transposed, and joined into y's dimensions: pixel shuffles. */
export function rearrange(
  link: ChannelLink,
  x: Operand,
  y: Operand,
  split: readonly number[],
  perm: readonly number[],
): { readonly cut: Operand; readonly moved: Operand } {
  const cut = link.scratch(split);
  const moved = link.scratch(perm.map((axis) => split[axis] as number));
  link.reshape(x, cut);
  link.permute(cut, moved, perm);
  link.reshape(moved, y);
  return { cut, moved };
}

/** 0, 1, ..., size - 1. */
export function range(size: number, from = 0): number[] {
  return Array.from({ length: size }, (_, i) => from + i);
}

/** The op adds up over these axes, so that channels that it sees as zeros change nothing for the others. */
export function sums(link: ChannelLink, x: Operand, axes: readonly number[]): void {
  for (const axis of axes) if ((x.dims.at(axis) ?? 1) > 1) link.sum(x, axis);
}
