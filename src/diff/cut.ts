/** Numbers with their dimensions, in row-major order. */
export interface Numbers {
  readonly dims: readonly number[];
  readonly values: ArrayLike<number>;
}

/** Positions that stay on the axes that became shorter; other axes stay whole. */
export type Kept = ReadonlyMap<number, readonly number[]>;

/** The axes on which `after` is shorter; undefined where it is no part of `before` by its dimensions. */
export function cutAxes(before: readonly number[], after: readonly number[]): number[] | undefined {
  if (before.length !== after.length) return undefined;
  if (after.some((size, axis) => size > (before[axis] as number))) return undefined;
  return [...after.keys()].filter((axis) => (after[axis] as number) < (before[axis] as number));
}

export function stridesOf(dims: readonly number[]): number[] {
  const strides = dims.map(() => 1);
  for (let axis = dims.length - 2; axis >= 0; axis--)
    strides[axis] = (strides[axis + 1] as number) * (dims[axis + 1] as number);
  return strides;
}

/** Offsets of all positions over some axes: `listOf` gives the positions on each axis, the last axis runs fastest. */
export function offsetsOver(
  dims: readonly number[],
  axes: readonly number[],
  listOf: (axis: number) => ArrayLike<number>,
): Float64Array | Int32Array {
  const strides = stridesOf(dims);
  // Whole numbers are much faster; only a tensor of more elements needs others.
  const List = dims.reduce((product, size) => product * size, 1) < 2 ** 31 ? Int32Array : Float64Array;
  let offsets = new List(1);
  for (const axis of axes) {
    const list = listOf(axis);
    const next = new List(offsets.length * list.length);
    const stride = strides[axis] as number;
    for (let i = 0; i < offsets.length; i++) {
      for (let j = 0; j < list.length; j++)
        next[i * list.length + j] = (offsets[i] as number) + (list[j] as number) * stride;
    }
    offsets = next;
  }
  return offsets;
}

/** 0, 1, …, size - 1. */
export function allOf(size: number): Int32Array {
  return Int32Array.from({ length: size }, (_, i) => i);
}

/** What is left of `before` where only `kept` stays. Where nothing goes, its own values. */
export function keptPart({ dims, values }: Numbers, kept: Kept): Numbers {
  const last = Math.max(-1, ...kept.keys());
  if (last < 0) return { dims, values };
  const after = dims.map((size, axis) => kept.get(axis)?.length ?? size);
  // Behind the last axis that is cut, values stay together.
  const run = dims.slice(last + 1).reduce((product, size) => product * size, 1);
  const starts = offsetsOver(
    dims,
    [...dims.keys()].slice(0, last + 1),
    (axis) => kept.get(axis) ?? allOf(dims[axis] as number),
  );
  const part =
    values instanceof Float32Array
      ? new Float32Array(starts.length * run)
      : new Float64Array(starts.length * run);
  for (let i = 0; i < starts.length; i++) {
    const start = starts[i] as number;
    for (let j = 0; j < run; j++) part[i * run + j] = values[start + j] as number;
  }
  return { dims: after, values: part };
}
