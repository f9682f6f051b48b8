import type { SymTensor } from "../../src/ir/index.js";
import type { Net } from "./net.js";

/** Channels of the first convolution and of the thirteen pointwise ones. */
export const MOBILENET_V1_WIDTHS: readonly number[] = [
  32, 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024,
];

/** Pointwise convolutions whose depthwise one halves the size. */
const HALVING = [2, 4, 6, 12];

/**
 * MobileNet-v1 (Howard et al. 2017, table 1) with the given widths. For CIFAR the first convolution keeps the size.
 */
export function mobileNetV1(
  net: Net,
  image: SymTensor,
  form: "cifar" | "imagenet",
  widths: readonly number[] = MOBILENET_V1_WIDTHS,
): SymTensor {
  const [first = 32, ...pointwise] = widths;
  let x = net.convNorm("stem", image, first, { kernel: 3, stride: form === "cifar" ? 1 : 2 });
  let channels = first;
  pointwise.forEach((width, i) => {
    const stride = HALVING.includes(i + 1) ? 2 : 1;
    x = net.convNorm(`layers.${i}.depthwise`, x, channels, { kernel: 3, stride, groups: channels });
    x = net.convNorm(`layers.${i}.pointwise`, x, width);
    channels = width;
  });
  return net.globalPool(x);
}

/** Expansion, channels, repetitions, stride of the first repetition: table 2 of the paper. */
const V2_STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/**
 * MobileNet-v2 (Sandler et al. 2018). For CIFAR the first convolution and the stage of 24 channels keep the size.
 */
export function mobileNetV2(net: Net, image: SymTensor, form: "cifar" | "imagenet"): SymTensor {
  const relu6 = { activation: "Relu6" } as const;
  const isSmall = form === "cifar";
  let x = net.convNorm("features.0", image, 32, { kernel: 3, stride: isSmall ? 1 : 2, ...relu6 });
  let [channels, index] = [32, 1];
  for (const [expansion, width, count, firstStride] of V2_STAGES) {
    for (let i = 0; i < count; i++) {
      const name = `features.${index++}`;
      const stride = i > 0 || (isSmall && width === 24) ? 1 : firstStride;
      const hidden = channels * expansion;
      let y = expansion === 1 ? x : net.convNorm(`${name}.expand`, x, hidden, relu6);
      y = net.convNorm(`${name}.depthwise`, y, hidden, { kernel: 3, stride, groups: hidden, ...relu6 });
      y = net.convNorm(`${name}.project`, y, width, { activation: "none" });
      x = stride === 1 && channels === width ? net.add(x, y) : y;
      channels = width;
    }
  }
  return net.globalPool(net.convNorm(`features.${index}`, x, 1280, relu6));
}
