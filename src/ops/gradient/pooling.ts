import { attribute, type Builder, DataType, elementsOf, type SymTensor } from "../../ir/index.js";
import { axes, type Backward, type Gradient, gradient, refuse } from "./rule.js";
import { transposeAttributes, type Windows, windowsOf } from "./window.js";

function windows({ node, dY, x }: Backward): Windows {
  const kernel = node.ints("kernel_shape") ?? refuse(node, "no kernel_shape");
  return windowsOf(node, x(0).dims.slice(2), dY.dims.slice(2), kernel);
}

/** Adds each output's gradient at the place that the forward pass took it from: MaxPool's second output counts them. */
const maxPool = gradient((at) => {
  const { node, build, dY } = at;
  const x = at.x(0);
  if (node.int("storage_order") === 1) refuse(node, "storage_order 1");
  const attributes = [...node.attributes.values()];
  const [, indices] = build.nodes("MaxPool", [x], [dY.dims, dY.dims], { attributes });
  if (!indices) return [];
  const places = build.reshape({ ...indices, type: DataType.INT64 }, [elementsOf(dY.dims)]);
  return [
    build.reshape(
      scatterAdd(build, [elementsOf(x.dims)], places, build.reshape(dY, [elementsOf(dY.dims)]), 0),
      x.dims,
    ),
  ];
});

/** Zeros of `dims` with `updates` added at `indices` along an axis. */
export function scatterAdd(
  build: Builder,
  dims: readonly number[],
  indices: SymTensor,
  updates: SymTensor,
  axis: number,
): SymTensor {
  return build.node("ScatterElements", [build.zeros(dims, updates.type), indices, updates], dims, {
    attributes: [attribute.int("axis", axis), attribute.string("reduction", "add")],
  });
}

/** Every place of a window gets an equal share. */
const averagePool = gradient((at) => {
  const { node, build, dY } = at;
  const x = at.x(0);
  const geometry = windows(at);
  const shares = build.mul(
    dY,
    build.floats(
      windowShares(geometry, node.int("count_include_pad") === 1, node.ints("pads")),
      geometry.steps,
      dY.type,
    ),
  );
  const [n = 1, c = 1, ...places] = x.dims;
  const rows = build.reshape(shares, [n * c, 1, ...geometry.steps]);
  const ones = build.floats(
    new Array<number>(elementsOf(geometry.kernel)).fill(1),
    [1, 1, ...geometry.kernel],
    dY.type,
  );
  const spread = build.node("ConvTranspose", [rows, ones], [n * c, 1, ...places], {
    attributes: transposeAttributes(geometry, 1),
  });
  return [build.reshape(spread, x.dims)];
});

/** One over the number of places that each window counts. */
function windowShares(
  geometry: Windows,
  countsPadding: boolean,
  pads: readonly number[] | undefined,
): number[] {
  const { size, steps, kernel, strides, dilations, before } = geometry;
  const perAxis = kernel.map((k, axis) => {
    const [first, end] = countsPadding
      ? [-(before[axis] ?? 0), (size[axis] ?? 1) + (pads?.[kernel.length + axis] ?? 0)]
      : [0, size[axis] ?? 1];
    return Array.from({ length: steps[axis] ?? 1 }, (_, step) => {
      const start = step * (strides[axis] ?? 1) - (before[axis] ?? 0);
      const places = axes(0, k).map((i) => start + i * (dilations[axis] ?? 1));
      return places.filter((place) => place >= first && place < end).length;
    });
  });
  const counts = perAxis.reduce<number[]>((all, own) => all.flatMap((a) => own.map((b) => a * b)), [1]);
  return counts.map((count) => 1 / count);
}

const globalAverage = gradient(({ build, dY, x }) => {
  const { dims } = x(0);
  return [build.expand(build.mul(dY, 1 / elementsOf(dims.slice(2))), dims)];
});

/** Places that share the largest value share its gradient. */
const globalMax = gradient(({ build, dY, y, x }) => {
  const mask = build.mask("Equal", x(0), y);
  return [build.mul(mask, build.div(dY, build.sum(mask, axes(2, y.dims.length))))];
});

/** Gradients of the poolings. */
export const poolingGradients: ReadonlyMap<string, Gradient> = new Map([
  ["MaxPool", maxPool],
  ["AveragePool", averagePool],
  ["GlobalAveragePool", globalAverage],
  ["GlobalMaxPool", globalMax],
]);
