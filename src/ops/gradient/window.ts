import { type Attribute, attribute, type Node } from "../../ir/index.js";

/** How a window of k places slides over an input of `size` places (padding included) and gives `steps` results. */
export interface Windows {
  readonly size: readonly number[];
  readonly steps: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before the first place; that after the last follows. */
  readonly before: readonly number[];
}

/** Windows of a convolution or pooling node: `size` are the places of the side that slides, `steps` of the other. */
export function windowsOf(
  node: Node,
  size: readonly number[],
  steps: readonly number[],
  kernel: readonly number[],
): Windows {
  const strides = node.ints("strides") ?? kernel.map(() => 1);
  const dilations = node.ints("dilations") ?? kernel.map(() => 1);
  const auto = node.string("auto_pad") ?? "NOTSET";
  const pads = node.ints("pads");
  const before = kernel.map((k, i) => {
    if (auto === "VALID") return 0;
    if (auto === "NOTSET" && !node.ints("output_shape")) return pads?.[i] ?? 0;
    const extent = ((steps[i] ?? 1) - 1) * (strides[i] ?? 1) + (k - 1) * (dilations[i] ?? 1) + 1;
    const total = Math.max(0, extent + (node.ints("output_padding")?.[i] ?? 0) - (size[i] ?? 1));
    return auto === "SAME_LOWER" ? Math.ceil(total / 2) : Math.floor(total / 2);
  });
  return { size, steps, kernel, strides, dilations, before };
}

/** Padding after the last place that makes the windows fit exactly; negative where they do not reach the end. */
export function paddingAfter({ size, steps, kernel, strides, dilations, before }: Windows): number[] {
  return kernel.map((k, i) => {
    const extent = ((steps[i] ?? 1) - 1) * (strides[i] ?? 1) + (k - 1) * (dilations[i] ?? 1) + 1;
    return extent - (before[i] ?? 0) - (size[i] ?? 1);
  });
}

/** Attributes of the ConvTranspose that puts windows back into their places, with an output of exactly `size`. */
export function transposeAttributes(windows: Windows, group: number): Attribute[] {
  const after = paddingAfter(windows);
  return [
    attribute.ints("kernel_shape", windows.kernel),
    attribute.ints("strides", windows.strides),
    attribute.ints("dilations", windows.dilations),
    attribute.ints("pads", [...windows.before, ...after.map((amount) => Math.max(0, amount))]),
    attribute.ints(
      "output_padding",
      after.map((amount) => Math.max(0, -amount)),
    ),
    attribute.int("group", group),
  ];
}

/** Attributes of the Conv with these windows. */
export function convAttributes(windows: Windows, group: number): Attribute[] {
  return [
    attribute.ints("kernel_shape", windows.kernel),
    attribute.ints("strides", windows.strides),
    attribute.ints("dilations", windows.dilations),
    attribute.ints("pads", [
      ...windows.before,
      ...paddingAfter(windows).map((amount) => Math.max(0, amount)),
    ]),
    attribute.int("group", group),
  ];
}

/** Every position in a kernel, in row-major order. */
export function kernelPositions(kernel: readonly number[]): number[][] {
  return kernel.reduce<number[][]>(
    (positions, k) => positions.flatMap((p) => Array.from({ length: k }, (_, i) => [...p, i])),
    [[]],
  );
}
