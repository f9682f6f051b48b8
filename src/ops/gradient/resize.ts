import { numbersOf } from "../../ir/index.js";
import { constantTensor } from "../constant.js";
import { axisMap, type Reads } from "./axis-map.js";
import { alongAxis } from "./movement.js";
import { axes, type Backward, type Gradient, gradient, integers, refuse } from "./rule.js";

/** Scales of all axes: given, or the quotient of the sizes. */
function scalesOf(at: Backward): number[] {
  const { node, dY, x } = at;
  const { dims } = x(0);
  const given = node.input(2);
  const tensor = given && constantTensor(given);
  const numbers = tensor ? Array.from(numbersOf(tensor)) : [];
  const listed = node.ints("axes") ?? axes(0, dims.length);
  return dims.map((size, axis) => {
    const at = listed.indexOf(axis);
    const scale = at < 0 ? undefined : numbers[at];
    return scale ?? (dY.dims[axis] ?? 1) / size;
  });
}

/** The place of the input that result `i` stands for: https://onnx.ai/onnx/operators/onnx__Resize.html */
function coordinate(node: Backward["node"], i: number, scale: number, size: number, results: number): number {
  const mode = node.string("coordinate_transformation_mode") ?? "half_pixel";
  switch (mode) {
    case "half_pixel":
      return (i + 0.5) / scale - 0.5;
    case "pytorch_half_pixel":
      return results > 1 ? (i + 0.5) / scale - 0.5 : 0;
    case "asymmetric":
      return i / scale;
    case "align_corners":
      return results > 1 ? (i * (size - 1)) / (results - 1) : 0;
    default:
      return refuse(node, `coordinate_transformation_mode ${mode}`);
  }
}

function nearest(node: Backward["node"], at: number): number {
  const mode = node.string("nearest_mode") ?? "round_prefer_floor";
  switch (mode) {
    case "round_prefer_floor":
      return at === Math.floor(at) + 0.5 ? Math.floor(at) : Math.round(at);
    case "round_prefer_ceil":
      return Math.round(at);
    case "floor":
      return Math.floor(at);
    default:
      return Math.ceil(at);
  }
}

/** Keys' cubic kernel with coefficient a. */
function cubic(distance: number, a: number): number {
  const t = Math.abs(distance);
  if (t <= 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0;
}

function reads(node: Backward["node"], at: number, size: number): Reads {
  const clamp = (place: number) => Math.min(Math.max(place, 0), size - 1);
  const mode = node.string("mode") ?? "nearest";
  if (mode === "nearest") return [{ place: clamp(nearest(node, at)), weight: 1 }];
  if (mode === "linear") {
    const inside = Math.min(Math.max(at, 0), size - 1);
    const floor = Math.floor(inside);
    return [
      { place: floor, weight: 1 - (inside - floor) },
      { place: clamp(floor + 1), weight: inside - floor },
    ];
  }
  if (node.int("exclude_outside")) refuse(node, "exclude_outside");
  const floor = Math.floor(at);
  const a = node.float("cubic_coeff_a") ?? -0.75;
  return [-1, 0, 1, 2].map((k) => ({ place: clamp(floor + k), weight: cubic(at - floor - k, a) }));
}

/** Interpolation is linear along each axis: the gradient goes through the transposed matrices. */
const resize = gradient((at) => {
  const { node, build, dY, x } = at;
  if (node.int("antialias")) refuse(node, "antialias");
  if (node.input(3)) integers(at, 3);
  const scales = scalesOf(at);
  const dX = x(0).dims.reduce((d, size, axis) => {
    const [results, scale] = [dY.dims[axis] ?? 1, scales[axis] ?? 1];
    if (results === size && scale === 1) return d;
    const rows = axes(0, results).map((i) => reads(node, coordinate(node, i, scale, size, results), size));
    return alongAxis(build, d, axis, axisMap(rows, size));
  }, dY);
  return [dX];
});

/** Gradient of interpolation. */
export const resizeGradients: ReadonlyMap<string, Gradient> = new Map([["Resize", resize]]);
