import { attribute, type Builder, DataType, elementsOf, type SymTensor } from "../../ir/index.js";
import { axisOf } from "../define.js";
import { permutationOf } from "../rearrange.js";
import { axisMap, type Matrix } from "./axis-map.js";
import { scatterAdd } from "./pooling.js";
import { axes, type Backward, type Gradient, gradient, integers, refuse } from "./rule.js";

const backToShape = gradient(({ build, dY, x }) => [build.reshape(dY, x(0).dims)]);

const transpose = gradient(({ node, build, dY }) => {
  const perm = permutationOf(node, dY.dims.length);
  return [
    build.transpose(
      dY,
      perm.map((_, axis) => perm.indexOf(axis)),
    ),
  ];
});

const concat = gradient(({ node, build, dY, x }) => {
  const axis = axisOf(node.int("axis") ?? 1, dY.dims.length);
  return build.split(
    dY,
    node.inputs.map((_, i) => x(i).dims[axis] ?? 0),
    axis,
  );
});

/** Outputs that nothing reads count as zero. */
const split: Gradient = (node, dY, build) => {
  const outputs = node.outputs.flatMap((value) => (value ? [build.of(value)] : []));
  const axis = axisOf(node.int("axis") ?? 0, outputs[0]?.dims.length ?? 1);
  return [
    build.concat(
      outputs.map((y, i) => dY[i] ?? build.zeros(y.dims, y.type)),
      axis,
    ),
  ];
};

const expand = gradient(({ build, dY, x }) => [build.sumTo(dY, x(0).dims)]);

const tile = gradient(({ build, dY, x }) => {
  const { dims } = x(0);
  const parts = build.reshape(
    dY,
    dims.flatMap((size, axis) => [(dY.dims[axis] ?? 1) / size, size]),
  );
  return [
    build.reshape(
      build.sum(
        parts,
        dims.map((_, axis) => 2 * axis),
      ),
      dims,
    ),
  ];
});

/** The bounds of a Slice as indices from the front, as onnx.ai/onnx/operators/onnx__Slice.html clamps them. */
function sliceBounds(at: Backward): { axis: number; start: number; step: number }[] {
  const { dims } = at.x(0);
  const starts = at.node.ints("starts") ?? integers(at, 1) ?? [];
  const listed = at.node.ints("axes") ?? integers(at, 3) ?? axes(0, starts.length);
  const steps = integers(at, 4);
  return starts.map((from, i) => {
    const axis = axisOf(listed[i] ?? i, dims.length);
    const [size, step] = [dims[axis] ?? 0, steps?.[i] ?? 1];
    const start = from < 0 ? from + size : from;
    return {
      axis,
      step,
      start: step > 0 ? Math.min(Math.max(start, 0), size) : Math.min(Math.max(start, 0), size - 1),
    };
  });
}

/** Every element back to its place, zeros elsewhere. */
const slice = gradient((at) => {
  const { build, dY } = at;
  const { dims } = at.x(0);
  return [
    sliceBounds(at).reduce(
      (placed, { axis, start, step }) => placeAlong(build, placed, axis, start, step, dims[axis] ?? 0),
      dY,
    ),
  ];
});

/** Element i of an axis goes to start + i · step of an axis of `size`. */
function placeAlong(
  build: Builder,
  x: SymTensor,
  axis: number,
  start: number,
  step: number,
  size: number,
): SymTensor {
  const count = x.dims[axis] ?? 0;
  const forward = step > 0 ? x : build.reverse(x, axis);
  const first = step > 0 ? start : start + (count - 1) * step;
  const stride = Math.abs(step);
  const spread = stride === 1 ? forward : withGaps(build, forward, axis, stride);
  const length = spread.dims[axis] ?? 0;
  const at = (amount: number) => x.dims.map((_, i) => (i === axis ? amount : 0));
  return build.pad(spread, at(first), at(size - first - length));
}

/** Zeros after every element of an axis, so that neighbours come `stride` apart. */
function withGaps(build: Builder, x: SymTensor, axis: number, stride: number): SymTensor {
  const column = build.reshape(x, [...x.dims.slice(0, axis + 1), 1, ...x.dims.slice(axis + 1)]);
  const wide = build.pad(
    column,
    column.dims.map(() => 0),
    column.dims.map((_, i) => (i === axis + 1 ? stride - 1 : 0)),
  );
  return build.reshape(
    wide,
    x.dims.map((size, i) => (i === axis ? size * stride : size)),
  );
}

/** Zeros are cut off; mirrored and repeated elements flow back to where they came from. */
const pad = gradient((at) => {
  const { node, build, dY } = at;
  const { dims } = at.x(0);
  const amounts = node.ints("pads") ?? integers(at, 1) ?? [];
  const listed = integers(at, 3)?.map((axis) => axisOf(axis, dims.length)) ?? axes(0, dims.length);
  const mode = node.string("mode") ?? "constant";
  const before = dims.map(() => 0);
  const after = dims.map(() => 0);
  listed.forEach((axis, i) => {
    before[axis] = amounts[i] ?? 0;
    after[axis] = amounts[i + listed.length] ?? 0;
  });
  if (mode === "constant")
    return [
      build.pad(
        dY,
        before.map((n) => -n),
        after.map((n) => -n),
      ),
    ];
  return [
    dims.reduce((d, size, axis) => {
      const from = Array.from({ length: dY.dims[axis] ?? 0 }, (_, i) =>
        sourceOf(i - (before[axis] ?? 0), size, mode),
      );
      const isSame = from.every((place, i) => place === i) && from.length === size;
      return isSame
        ? d
        : alongAxis(
            build,
            d,
            axis,
            axisMap(
              from.map((place) => [{ place, weight: 1 }]),
              size,
            ),
          );
    }, dY),
  ];
});

/** The element of an axis of `size` that padding repeats at index `i`, which may lie outside. */
function sourceOf(i: number, size: number, mode: string): number {
  if (mode === "edge") return Math.min(Math.max(i, 0), size - 1);
  if (mode === "wrap") return ((i % size) + size) % size;
  const period = Math.max(1, 2 * (size - 1));
  const folded = ((i % period) + period) % period;
  return folded < size ? folded : period - folded;
}

/** The transposed matrix applied to an axis: [results, places] takes `results` back to `places`. */
export function alongAxis(
  build: Builder,
  x: SymTensor,
  axis: number,
  { values, rows, columns }: Matrix,
): SymTensor {
  const [outer, inner] = [elementsOf(x.dims.slice(0, axis)), elementsOf(x.dims.slice(axis + 1))];
  const matrix = build.floats(values, [rows, columns], x.type);
  const dims = x.dims.map((size, i) => (i === axis ? columns : size));
  if (inner === 1) return build.reshape(build.matMul(build.reshape(x, [outer, rows]), matrix), dims);
  return build.reshape(build.matMul(build.swap(matrix), build.reshape(x, [outer, rows, inner])), dims);
}

/** Rows that were read go back to where they came from; repeated ones add up. */
const gather = gradient(({ node, build, dY, x }) => {
  const [data, indices] = [x(0), x(1)];
  const axis = axisOf(node.int("axis") ?? 0, data.dims.length);
  const [outer, inner] = [data.dims.slice(0, axis), data.dims.slice(axis + 1)];
  const count = elementsOf(indices.dims);
  const column = build.reshape(indices, [...outer.map(() => 1), count, ...inner.map(() => 1)]);
  const shape = [...outer, count, ...inner];
  const places = build.expand(build.cast(column, DataType.INT64), shape);
  return [scatterAdd(build, data.dims, places, build.reshape(dY, shape), axis)];
});

/** Channel blocks to places and back: https://onnx.ai/onnx/operators/onnx__DepthToSpace.html */
const depthToSpace = gradient(({ node, build, dY, x }) => {
  const [n = 1, c = 1, h = 1, w = 1] = x(0).dims;
  const block = node.int("blocksize") ?? refuse(node, "no blocksize");
  const depth = c / block ** 2;
  const cut = build.reshape(dY, [n, depth, h, block, w, block]);
  const perm = node.string("mode") === "CRD" ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4];
  return [build.reshape(build.transpose(cut, perm), [n, c, h, w])];
});

const spaceToDepth = gradient(({ node, build, dY, x }) => {
  const attributes = [attribute.int("blocksize", node.int("blocksize") ?? 1)];
  return [build.node("DepthToSpace", [dY], x(0).dims, { attributes })];
});

/** Gradients of the ops that move elements, by operator type. */
export const movementGradients: ReadonlyMap<string, Gradient> = new Map([
  ["Reshape", backToShape],
  ["Flatten", backToShape],
  ["Squeeze", backToShape],
  ["Unsqueeze", backToShape],
  ["Transpose", transpose],
  ["Concat", concat],
  ["Split", split],
  ["Expand", expand],
  ["Tile", tile],
  ["Slice", slice],
  ["Pad", pad],
  ["Gather", gather],
  ["DepthToSpace", depthToSpace],
  ["SpaceToDepth", spaceToDepth],
]);
