import { invariant } from "../base/errors.js";
import { type Attribute, attribute } from "./attribute.js";
import { DataType } from "./data-type.js";
import { SymbolicGraph, type SymTensor } from "./symbolic-graph.js";
import { elementsOf } from "./tensor.js";

type Reduction = "ReduceSum" | "ReduceMean" | "ReduceMax" | "ReduceMin";

/** Adds nodes to a graph by arithmetic on symbols. Equal constants are made once. Writes operators of opset 18. */
export class Builder extends SymbolicGraph {
  /** An op that keeps its input's dimensions. */
  unary(opType: string, x: SymTensor, attributes: readonly Attribute[] = []): SymTensor {
    return this.node(opType, [x], x.dims, { attributes });
  }

  /** An op on two operands that broadcast against each other; a number becomes a scalar of the other's type. */
  binary(opType: string, a: SymTensor | number, b: SymTensor | number, type?: DataType): SymTensor {
    const floatType = typeof a === "number" ? (typeof b === "number" ? DataType.FLOAT : b.type) : a.type;
    const [x, y] = [a, b].map((each) => (typeof each === "number" ? this.scalar(each, floatType) : each));
    invariant(x && y, "two operands");
    return this.node(opType, [x, y], broadcastDims(x.dims, y.dims), { type });
  }

  add(a: SymTensor | number, b: SymTensor | number): SymTensor {
    return this.binary("Add", a, b);
  }

  sub(a: SymTensor | number, b: SymTensor | number): SymTensor {
    return this.binary("Sub", a, b);
  }

  mul(a: SymTensor | number, b: SymTensor | number): SymTensor {
    return this.binary("Mul", a, b);
  }

  div(a: SymTensor | number, b: SymTensor | number): SymTensor {
    return this.binary("Div", a, b);
  }

  square(x: SymTensor): SymTensor {
    return this.mul(x, x);
  }

  /** 1 where the comparison holds, 0 elsewhere, in the type of `a`. */
  mask(
    opType: "Greater" | "Less" | "GreaterOrEqual" | "LessOrEqual" | "Equal",
    a: SymTensor,
    b: SymTensor | number,
  ): SymTensor {
    return this.cast(this.binary(opType, a, b, DataType.BOOL), a.type);
  }

  cast(x: SymTensor, type: DataType): SymTensor {
    return x.type === type
      ? x
      : this.node("Cast", [x], x.dims, { attributes: [attribute.int("to", type)], type });
  }

  where(condition: SymTensor, a: SymTensor, b: SymTensor): SymTensor {
    const dims = broadcastDims(condition.dims, broadcastDims(a.dims, b.dims));
    return this.node("Where", [condition, a, b], dims, { type: a.type });
  }

  /** numpy.matmul of operands with at least two axes. */
  matMul(a: SymTensor, b: SymTensor): SymTensor {
    const stack = broadcastDims(a.dims.slice(0, -2), b.dims.slice(0, -2));
    return this.node("MatMul", [a, b], [...stack, a.dims.at(-2) ?? 1, b.dims.at(-1) ?? 1]);
  }

  transpose(x: SymTensor, perm: readonly number[]): SymTensor {
    if (perm.every((axis, i) => axis === i)) return x;
    const dims = perm.map((axis) => x.dims[axis] ?? 1);
    return this.node("Transpose", [x], dims, { attributes: [attribute.ints("perm", perm)] });
  }

  /** The last two axes exchanged. */
  swap(x: SymTensor): SymTensor {
    const last = x.dims.length - 1;
    return this.transpose(
      x,
      [...x.dims.keys()].map((axis) => (axis === last ? last - 1 : axis === last - 1 ? last : axis)),
    );
  }

  reshape(x: SymTensor, dims: readonly number[]): SymTensor {
    if (sameDims(x.dims, dims)) return x;
    invariant(elementsOf(x.dims) === elementsOf(dims), () => `reshape of [${x.dims}] to [${dims}]`);
    return this.node("Reshape", [x, this.ints(dims)], dims);
  }

  expand(x: SymTensor, dims: readonly number[]): SymTensor {
    return sameDims(x.dims, dims) ? x : this.node("Expand", [x, this.ints(dims)], dims);
  }

  zeros(dims: readonly number[], type: DataType): SymTensor {
    return this.expand(this.scalar(0, type), dims);
  }

  /** A reduction over `axes`, which stay as axes of size one unless `keep` is false. */
  reduce(opType: Reduction, x: SymTensor, axes: readonly number[], keep = true): SymTensor {
    if (axes.length === 0) return x;
    const dims = keep
      ? x.dims.map((size, axis) => (axes.includes(axis) ? 1 : size))
      : x.dims.filter((_, axis) => !axes.includes(axis));
    const attributes = [attribute.int("keepdims", keep ? 1 : 0)];
    return this.node(opType, [x, this.ints(axes)], dims, { attributes });
  }

  sum(x: SymTensor, axes: readonly number[], keep = true): SymTensor {
    return this.reduce("ReduceSum", x, axes, keep);
  }

  mean(x: SymTensor, axes: readonly number[], keep = true): SymTensor {
    return this.reduce("ReduceMean", x, axes, keep);
  }

  /** Undoes broadcasting: sums over the axes that `dims` lacks or has with size one. */
  sumTo(x: SymTensor, dims: readonly number[]): SymTensor {
    const lead = x.dims.length - dims.length;
    const axes = x.dims.flatMap((size, axis) =>
      axis < lead || (dims[axis - lead] === 1 && size !== 1) ? [axis] : [],
    );
    return this.reshape(this.sum(x, axes), dims);
  }

  concat(xs: readonly SymTensor[], axis: number): SymTensor {
    const [first] = xs;
    invariant(first, "nothing to concatenate");
    if (xs.length === 1) return first;
    const length = xs.reduce((sum, { dims }) => sum + (dims[axis] ?? 0), 0);
    const dims = first.dims.map((size, i) => (i === axis ? length : size));
    return this.node("Concat", xs, dims, { attributes: [attribute.int("axis", axis)] });
  }

  split(x: SymTensor, sizes: readonly number[], axis: number): SymTensor[] {
    if (sizes.length === 1) return [x];
    const dims = sizes.map((size) => x.dims.map((old, i) => (i === axis ? size : old)));
    return this.nodes("Split", [x, this.ints(sizes)], dims, { attributes: [attribute.int("axis", axis)] });
  }

  /** Elements start, start + step, ... before end on each of the axes; all indices from the front. */
  slice(
    x: SymTensor,
    axes: readonly number[],
    starts: readonly number[],
    ends: readonly number[],
    steps: readonly number[] = axes.map(() => 1),
  ): SymTensor {
    const dims = [...x.dims];
    axes.forEach((axis, i) => {
      dims[axis] = Math.max(0, Math.ceil(((ends[i] ?? 0) - (starts[i] ?? 0)) / (steps[i] ?? 1)));
    });
    if (sameDims(dims, x.dims) && steps.every((step) => step === 1)) return x;
    return this.node("Slice", [x, ...[starts, ends, axes, steps].map((list) => this.ints(list))], dims);
  }

  /** The elements of an axis in reverse order. */
  reverse(x: SymTensor, axis: number): SymTensor {
    const bounds = [[-1], [-(2 ** 31)], [axis], [-1]].map((list) => this.ints(list));
    return this.node("Slice", [x, ...bounds], x.dims);
  }

  /** Zeros before and after each axis; negative amounts cut elements off. */
  pad(x: SymTensor, before: readonly number[], after: readonly number[]): SymTensor {
    if ([...before, ...after].every((amount) => amount === 0)) return x;
    const dims = x.dims.map((size, axis) => size + (before[axis] ?? 0) + (after[axis] ?? 0));
    return this.node("Pad", [x, this.ints([...before, ...after])], dims);
  }
}

/** Dimensions of an elementwise result. https://onnx.ai/onnx/repo-docs/Broadcasting.html */
export function broadcastDims(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const [left = 1, right = 1] = [a[a.length - rank + i], b[b.length - rank + i]];
    return left === 1 ? right : left;
  });
}

function sameDims(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}
