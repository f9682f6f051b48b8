import { DataType, elementsOf } from "../ir/index.js";
import type { IntegerTensor } from "./define.js";

/** Larger tensors are not shape arithmetic. */
const MAX_INTEGERS = 4096;

/** A computed vector, or a scalar where `dims` is empty; int64 unless said otherwise. */
export function computed(
  values: readonly number[],
  dims: readonly number[] = [values.length],
  elementType: DataType = DataType.INT64,
): IntegerTensor {
  return { elementType, dims, values, origins: values.map(() => undefined) };
}

/** Whether a tensor of these dimensions exists and is small enough; asked before anything is allocated for it. */
export function isSmall(dims: readonly number[]): boolean {
  return dims.every((size) => Number.isInteger(size) && size >= 0) && elementsOf(dims) <= MAX_INTEGERS;
}

/** A plain copy of elements of `source`, under other dimensions. */
export function copied(
  source: IntegerTensor,
  indices: readonly number[],
  dims: readonly number[],
): IntegerTensor | undefined {
  if (!isSmall(dims) || indices.some((index) => !(index >= 0 && index < source.values.length)))
    return undefined;
  return {
    elementType: source.elementType,
    dims,
    values: indices.map((index) => source.values[index] as number),
    origins: indices.map((index) => source.origins[index]),
  };
}

/** The same elements under other dimensions; undefined where their number differs. */
export function redimensioned(
  source: IntegerTensor | undefined,
  dims: readonly number[],
): IntegerTensor | undefined {
  return source && elementsOf(dims) === source.values.length ? { ...source, dims } : undefined;
}

/** Elements one by one; the result rounds as the element type does. */
export function mapped(
  source: IntegerTensor | undefined,
  f: (value: number, type: DataType) => number,
  elementType = source?.elementType ?? DataType.INT64,
): IntegerTensor | undefined {
  return (
    source &&
    finite({
      elementType,
      dims: source.dims,
      values: source.values.map((value) => rounded(f(value, source.elementType), elementType)),
      origins: source.values.map(() => undefined),
    })
  );
}

/** One operation on broadcast operands. */
export function combined(
  operands: readonly (IntegerTensor | undefined)[],
  f: (values: readonly number[], type: DataType) => number,
  elementType?: DataType,
): IntegerTensor | undefined {
  const known = allKnown(operands);
  const dims = known && broadcastDims(known.map((operand) => operand.dims));
  if (!dims || !isSmall(dims)) return undefined;
  const type = known.at(-1)?.elementType ?? DataType.INT64;
  const spread = known.map((operand) =>
    broadcastIndices(operand.dims, dims).map((i) => operand.values[i] as number),
  );
  const values = Array.from({ length: elementsOf(dims) }, (_, i) =>
    rounded(
      f(
        spread.map((column) => column[i] as number),
        type,
      ),
      elementType ?? type,
    ),
  );
  return finite(computed(values, dims, elementType ?? type));
}

/** Copies of x's elements where `condition` holds and of y's elsewhere, all broadcast. */
export function chosen(
  condition: IntegerTensor | undefined,
  x: IntegerTensor | undefined,
  y: IntegerTensor | undefined,
): IntegerTensor | undefined {
  const dims = condition && x && y && broadcastDims([condition.dims, x.dims, y.dims]);
  const [choice, a, b] = dims ? [condition, x, y].map((operand) => broadcasted(operand, dims)) : [];
  if (!choice || !a || !b) return undefined;
  const pick = <T>(from: readonly T[], or: readonly T[]) =>
    choice.values.map((c, i) => (c ? from[i] : or[i]) as T);
  return { ...a, values: pick(a.values, b.values), origins: pick(a.origins, b.origins) };
}

/** The tensor repeated along axes of size one until it has the given dimensions. */
export function broadcasted(source: IntegerTensor, dims: readonly number[]): IntegerTensor | undefined {
  return isSmall(dims) ? copied(source, broadcastIndices(source.dims, dims), dims) : undefined;
}

export function allKnown<T>(items: readonly (T | undefined)[]): readonly T[] | undefined {
  return items.length > 0 && items.every((item): item is T => item !== undefined) ? items : undefined;
}

/** numpy's broadcast dimensions; undefined where they do not fit. */
export function broadcastDims(shapes: readonly (readonly number[])[]): number[] | undefined {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const dims = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (let i = 0; i < shape.length; i++) {
      const [at, size] = [rank - shape.length + i, shape[i] as number];
      if (size === 1 || size === dims[at]) continue;
      if (dims[at] !== 1) return undefined;
      dims[at] = size;
    }
  }
  return dims;
}

/** For each element of `to`, row-major, the element of `from` that is broadcast there. */
function broadcastIndices(from: readonly number[], to: readonly number[]): number[] {
  let indices = [0];
  let stride = elementsOf(from);
  for (let axis = 0; axis < to.length; axis++) {
    const size = from[axis - to.length + from.length] ?? 1;
    stride = size === 0 ? 0 : stride / size;
    const step = size === 1 ? 0 : stride;
    indices = indices.flatMap((base) =>
      Array.from({ length: to[axis] as number }, (_, i) => base + i * step),
    );
  }
  return indices;
}

const integerTypes = new Set<DataType>([
  DataType.BOOL,
  DataType.INT8,
  DataType.UINT8,
  DataType.INT16,
  DataType.UINT16,
  DataType.INT32,
  DataType.UINT32,
  DataType.INT64,
  DataType.UINT64,
]);

export function isIntegerType(type: DataType): boolean {
  return integerTypes.has(type);
}

/** Single precision rounds after every operation, which decides what a later Floor gives. */
function rounded(value: number, type: DataType): number {
  return type === DataType.FLOAT ? Math.fround(value) : value;
}

/** Division by zero and types whose rounding is not followed make a tensor unknown. */
function finite(tensor: IntegerTensor): IntegerTensor | undefined {
  const { elementType, values } = tensor;
  const followed =
    isIntegerType(elementType) || elementType === DataType.FLOAT || elementType === DataType.DOUBLE;
  return followed && values.every(Number.isFinite) ? tensor : undefined;
}
