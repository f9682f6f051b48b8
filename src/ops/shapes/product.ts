import { DataType } from "../../ir/index.js";
import { axisOf } from "../define.js";
import { broadcastDims } from "../integer-tensor.js";
import { reducedAxes } from "../reduction.js";
import { likeInput, type ShapeRule } from "./rule.js";

const gemm = likeInput((node, a, inputs) => {
  const b = inputs.input(1);
  if (a.dims.length !== 2 || b?.dims.length !== 2 || b.elementType !== a.elementType) return undefined;
  const [rows, inner] = node.int("transA") ? [...a.dims].reverse() : a.dims;
  const [depth, columns] = node.int("transB") ? [...b.dims].reverse() : b.dims;
  return inner === depth ? [rows as number, columns as number] : undefined;
});

const matMul = likeInput((_, a, inputs) => {
  const b = inputs.input(1);
  if (!b || a.dims.length < 2 || b.dims.length < 2 || b.elementType !== a.elementType) return undefined;
  const stack = broadcastDims([a.dims.slice(0, -2), b.dims.slice(0, -2)]);
  const fits = a.dims.at(-1) === b.dims.at(-2);
  return fits && stack ? [...stack, a.dims.at(-2) as number, b.dims.at(-1) as number] : undefined;
});

const reduction = likeInput((node, { dims }, inputs) => {
  const axes = reducedAxes(node, inputs.integers(1), dims.length);
  if (!axes || [...axes].some((axis) => !(axis >= 0 && axis < dims.length))) return undefined;
  if (node.int("keepdims") === 0) return dims.filter((_, axis) => !axes.has(axis));
  return dims.map((size, axis) => (axes.has(axis) ? 1 : size));
});

/** ArgMax, ArgMin: positions along one axis. */
const position: ShapeRule = (node, inputs) => {
  const x = inputs.input(0);
  if (!x) return undefined;
  const axis = axisOf(node.int("axis") ?? 0, x.dims.length);
  if (!(axis >= 0 && axis < x.dims.length)) return undefined;
  const dims = node.int("keepdims") === 0 ? x.dims.filter((_, at) => at !== axis) : x.dims.with(axis, 1);
  return [{ dims, elementType: DataType.INT64 }];
};

const reductions = "L1 L2 LogSum LogSumExp Max Mean Min Prod Sum SumSquare".split(" ");

export const productShapes: readonly (readonly [string, ShapeRule])[] = [
  ["Gemm", gemm],
  ["MatMul", matMul],
  ...reductions.map((name): readonly [string, ShapeRule] => [`Reduce${name}`, reduction]),
  ["ArgMax", position],
  ["ArgMin", position],
];
