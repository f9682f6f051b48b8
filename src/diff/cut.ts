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
): Float64Array {
  const strides = stridesOf(dims);
  let offsets = new Float64Array(1);
  for (const axis of axes) {
    const list = listOf(axis);
    const next = new Float64Array(offsets.length * list.length);
    offsets.forEach((offset, i) => {
      for (let j = 0; j < list.length; j++)
        next[i * list.length + j] = offset + (list[j] as number) * (strides[axis] as number);
    });
    offsets = next;
  }
  return offsets;
}

/** 0, 1, …, size - 1. */
export function allOf(size: number): Int32Array {
  return Int32Array.from({ length: size }, (_, i) => i);
}

/** What is left of `before` where only `kept` stays. */
export function keptPart({ dims, values }: Numbers, kept: Kept): Numbers {
  const offsets = offsetsOver(
    dims,
    [...dims.keys()],
    (axis) => kept.get(axis) ?? allOf(dims[axis] as number),
  );
  return {
    dims: dims.map((size, axis) => kept.get(axis)?.length ?? size),
    values: Float64Array.from(offsets, (offset) => values[offset] as number),
  };
}
