import type { Builder, SymTensor } from "../../ir/index.js";
import { weightGradient } from "./conv-weight.js";
import { type Gradient, gradient } from "./rule.js";
import { convAttributes, transposeAttributes, windowsOf } from "./window.js";

/** Sums over samples and places. */
function biasGradient(build: Builder, dY: SymTensor): SymTensor {
  return build.sum(
    dY,
    [0, ...dY.dims.keys()].filter((axis, i) => i === 0 || axis > 1),
    false,
  );
}

/** dX is a ConvTranspose with the same weight: as fast as the forward pass (Dumoulin and Visin, 2016). */
const conv = gradient(({ node, build, dY, x, optional }) => {
  const [input, weight] = [x(0), x(1)];
  const group = node.int("group") ?? 1;
  const windows = windowsOf(node, input.dims.slice(2), dY.dims.slice(2), weight.dims.slice(2));
  const dX = build.node("ConvTranspose", [dY, weight], input.dims, {
    attributes: transposeAttributes(windows, group),
  });
  return [
    dX,
    weightGradient(build, input, dY, weight, windows, group),
    optional(2) && biasGradient(build, dY),
  ];
});

/** Its windows slide over the output: dX is a Conv, and the weight's gradient that of this Conv. */
const convTranspose = gradient(({ node, build, dY, x, optional }) => {
  const [input, weight] = [x(0), x(1)];
  const group = node.int("group") ?? 1;
  const windows = windowsOf(node, dY.dims.slice(2), input.dims.slice(2), weight.dims.slice(2));
  const dX = build.node("Conv", [dY, weight], input.dims, { attributes: convAttributes(windows, group) });
  return [
    dX,
    weightGradient(build, dY, input, weight, windows, group),
    optional(2) && biasGradient(build, dY),
  ];
});

/** Gradients of the convolutions. */
export const convGradients: ReadonlyMap<string, Gradient> = new Map([
  ["Conv", conv],
  ["ConvTranspose", convTranspose],
]);
