import type { Random } from "../../src/base/random.js";
import { type Model, Tensor } from "../../src/ir/index.js";
import { parseModel } from "../../src/onnx/text/index.js";
import type { Segment } from "../../src/train/index.js";

const WIDTHS = [16, 32, 64];

/** The lines of a convolution and the normalization behind it. */
function convolution(name: string, from: string, kernel: number, stride: number): string {
  const pad = kernel >> 1;
  return `[${name}] ${name}_conv = Conv <kernel_shape = [${kernel}, ${kernel}], strides = [${stride}, ${stride}], pads = [${pad}, ${pad}, ${pad}, ${pad}]> (${from}, ${name}_weight)
  ${name}_bn = BatchNormalization (${name}_conv, ${name}_scale, ${name}_shift, ${name}_mean, ${name}_variance)`;
}

/** Two 3 x 3 convolutions and a shortcut, which is a 1 x 1 convolution where the shape changes. */
function block(stage: number, from: string): string {
  const name = `stage${stage}`;
  const stride = stage === 0 ? 1 : 2;
  const shortcut = stage === 0 ? from : `${name}_shortcut_bn`;
  return `${convolution(`${name}_conv1`, from, 3, stride)}
  ${name}_relu1 = Relu (${name}_conv1_bn)
  ${convolution(`${name}_conv2`, `${name}_relu1`, 3, 1)}
  ${stage === 0 ? "" : convolution(`${name}_shortcut`, from, 1, stride)}
  ${name}_sum = Add (${name}_conv2_bn, ${shortcut})
  ${name}_relu2 = Relu (${name}_sum)`;
}

/** Name, outputs, inputs and kernel of every convolution. */
function convolutions(): [string, number, number, number][] {
  const blocks = WIDTHS.flatMap((width, i): [string, number, number, number][] => {
    const before = WIDTHS[Math.max(0, i - 1)] ?? width;
    const shortcut: [string, number, number, number] = [`stage${i}_shortcut`, width, before, 1];
    return [
      [`stage${i}_conv1`, width, before, 3],
      [`stage${i}_conv2`, width, width, 3],
      ...(i === 0 ? [] : [shortcut]),
    ];
  });
  return [["stem", WIDTHS[0] ?? 1, 1, 3], ...blocks];
}

/** The network with random weights (He et al., 2015): a stem, three residual blocks, a mean, and one linear layer. */
export function digitsNetwork(random: Random): Model {
  const last = WIDTHS.at(-1) ?? 1;
  const blocks = WIDTHS.map((_, i) => block(i, i === 0 ? "stem_relu" : `stage${i - 1}_relu2`));
  const model = parseModel(`<ir_version: 8, opset_import: ["" : 17], producer_name: "topiary">
digits (float[batch,1,28,28] input) => (float[batch,10] logits)
{
  ${convolution("stem", "input", 3, 1)}
  stem_relu = Relu (stem_bn)
  ${blocks.join("\n  ")}
  mean = ReduceMean <axes = [2, 3], keepdims = 0> (stage${WIDTHS.length - 1}_relu2)
  [fc] logits = Gemm <transB = 1> (mean, fc_weight, fc_bias)
}`);
  const set = (name: string, dims: number[], draw: () => number) => {
    const count = dims.reduce((a, b) => a * b, 1);
    model.graph.setInitializer(name, Tensor.float32(name, dims, Float32Array.from({ length: count }, draw)));
  };
  for (const [name, outputs, inputs, kernel] of convolutions()) {
    const deviation = Math.sqrt(2 / (inputs * kernel ** 2));
    set(`${name}_weight`, [outputs, inputs, kernel, kernel], () => deviation * random.normal());
    for (const [what, value] of [
      ["scale", 1],
      ["shift", 0],
      ["mean", 0],
      ["variance", 1],
    ] as const)
      set(`${name}_${what}`, [outputs], () => value);
  }
  set("fc_weight", [10, last], () => random.normal() / Math.sqrt(last));
  set("fc_bias", [10], () => 0);
  return model;
}

/** A tensor, and the axis on which a group of channels lies. */
type Member = readonly [name: string, axis: 0 | 1];

/** Channels that stand and fall together: all constants that make or read them. */
function coupled(): Member[][] {
  const madeBy = (name: string): Member[] => [
    [`${name}_weight`, 0],
    [`${name}_scale`, 0],
    [`${name}_shift`, 0],
  ];
  const groups: Member[][] = [];
  let residual = madeBy("stem");
  WIDTHS.forEach((_, i) => {
    groups.push([...madeBy(`stage${i}_conv1`), [`stage${i}_conv2_weight`, 1]]);
    residual.push([`stage${i}_conv1_weight`, 1]);
    if (i > 0) {
      groups.push([...residual, [`stage${i}_shortcut_weight`, 1]]);
      residual = madeBy(`stage${i}_shortcut`);
    }
    residual.push(...madeBy(`stage${i}_conv2`));
  });
  return [...groups, [...residual, ["fc_weight", 1]]];
}

/** For each channel of each group, the places of its parameters in the vector of all weights. */
export function laidOut(segments: readonly Segment[]): Int32Array[] {
  const byName = new Map(segments.map((segment) => [segment.name, segment]));
  return coupled().flatMap((members) => {
    const places: number[][] = [];
    for (const [name, axis] of members) {
      const segment = byName.get(name);
      if (!segment) throw new Error(`no weight ${name}`);
      const inner = segment.dims.slice(axis + 1).reduce((a, b) => a * b, 1);
      const width = segment.dims[axis] ?? 1;
      for (let at = segment.from; at < segment.to; at++) {
        const channel = Math.floor((at - segment.from) / inner) % width;
        places[channel] = [...(places[channel] ?? []), at];
      }
    }
    return places.map((list) => Int32Array.from(list));
  });
}

/** One proximal step of the group lasso: a channel's parameters together move towards zero by `threshold`. */
export function shrink(weights: Float32Array, groups: readonly Int32Array[], threshold: number): void {
  for (const places of groups) {
    let sum = 0;
    for (const at of places) sum += (weights[at] ?? 0) ** 2;
    const factor = Math.max(0, 1 - threshold / Math.max(Math.sqrt(sum), 1e-12));
    for (const at of places) weights[at] = (weights[at] ?? 0) * factor;
  }
}
