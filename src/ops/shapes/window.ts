import type { Node } from "../../ir/index.js";
import { likeInput, type ShapeRule } from "./rule.js";

/** A window's attributes along one spatial axis. */
interface Slide {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
}

/** The windows along every spatial axis; undefined where attributes do not fit the kernel. */
function slidesOf(node: Node, kernel: readonly number[]): Slide[] | undefined {
  const rank = kernel.length;
  const strides = node.ints("strides") ?? kernel.map(() => 1);
  const dilations = node.ints("dilations") ?? kernel.map(() => 1);
  const pads = node.ints("pads") ?? new Array<number>(2 * rank).fill(0);
  const fits = strides.length === rank && dilations.length === rank && pads.length === 2 * rank;
  if (!fits || [...strides, ...dilations, ...kernel].some((size) => size < 1)) return undefined;
  return kernel.map((size, i) => ({
    kernel: size,
    stride: strides[i] as number,
    dilation: dilations[i] as number,
    before: pads[i] as number,
    after: pads[i + rank] as number,
  }));
}

/** Places of a window on an axis of `size`; undefined where there is none, or where runtimes disagree on the last. */
function placesOf(size: number, slide: Slide, autoPad: string, ceil: boolean): number | undefined {
  if (autoPad === "SAME_UPPER" || autoPad === "SAME_LOWER")
    return slide.dilation === 1 ? Math.ceil(size / slide.stride) : undefined;
  const [before, after] = autoPad === "VALID" ? [0, 0] : [slide.before, slide.after];
  const room = size + before + after - slide.dilation * (slide.kernel - 1) - 1;
  if (room < 0) return undefined;
  const places = (ceil ? Math.ceil(room / slide.stride) : Math.floor(room / slide.stride)) + 1;
  return ceil && (places - 1) * slide.stride >= size + before ? undefined : places;
}

function windowed(
  node: Node,
  x: readonly number[],
  channels: number,
  kernel: readonly number[],
): number[] | undefined {
  const slides = slidesOf(node, kernel);
  if (!slides || x.length !== kernel.length + 2) return undefined;
  const autoPad = node.string("auto_pad") ?? "NOTSET";
  const ceil = node.int("ceil_mode") === 1;
  const places = slides.map((slide, i) => placesOf(x[i + 2] as number, slide, autoPad, ceil));
  return places.every((count) => count !== undefined) ? [x[0] as number, channels, ...places] : undefined;
}

const conv = likeInput((node, x, inputs) => {
  const w = inputs.input(1);
  const [filters = 0, perGroup = 0, ...kernel] = w?.dims ?? [];
  const groups = node.int("group") ?? 1;
  const stated = node.ints("kernel_shape") ?? kernel;
  const fits =
    w?.elementType === x.elementType &&
    x.dims[1] === perGroup * groups &&
    filters % groups === 0 &&
    stated.length === kernel.length &&
    stated.every((size, i) => size === kernel[i]);
  return fits ? windowed(node, x.dims, filters, kernel) : undefined;
});

const convTranspose = likeInput((node, x, inputs) => {
  const [channels = 0, perGroup = 0, ...kernel] = inputs.input(1)?.dims ?? [];
  const slides = slidesOf(node, kernel);
  const padding = node.ints("output_padding") ?? kernel.map(() => 0);
  const groups = node.int("group") ?? 1;
  const isPlain = (node.string("auto_pad") ?? "NOTSET") === "NOTSET" && !node.ints("output_shape");
  if (!slides || !isPlain || x.dims[1] !== channels || x.dims.length !== kernel.length + 2) return undefined;
  if (channels % groups !== 0 || padding.length !== kernel.length) return undefined;
  const places = slides.map(({ kernel: size, stride, dilation, before, after }, i) => {
    const [length, extra] = [x.dims[i + 2] as number, padding[i] as number];
    return stride * (length - 1) + extra + dilation * (size - 1) + 1 - before - after;
  });
  return places.every((size) => size > 0) ? [x.dims[0] as number, perGroup * groups, ...places] : undefined;
});

const pool = likeInput((node, { dims }) =>
  windowed(node, dims, dims[1] ?? 0, node.ints("kernel_shape") ?? []),
);

const globalPool = likeInput((_, { dims }) =>
  dims.length > 2 ? dims.map((size, axis) => (axis < 2 ? size : 1)) : undefined,
);

export const windowShapes: readonly (readonly [string, ShapeRule])[] = [
  ["Conv", conv],
  ["DeformConv", conv],
  ["ConvTranspose", convTranspose],
  ["MaxPool", pool],
  ["AveragePool", pool],
  ["LpPool", pool],
  ["GlobalLpPool", globalPool],
  ["GlobalAveragePool", globalPool],
  ["GlobalMaxPool", globalPool],
];
