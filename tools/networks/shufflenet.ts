import type { SymTensor } from "../../src/ir/index.js";
import type { Net } from "./net.js";

const REPEATS = [4, 8, 4];
const GROUPS = 3;

/**
 * ShuffleNet-v1 1x with three groups (Zhang et al. 2018, table 1). The first pointwise convolution is not grouped, since it
 * reads 24 channels. For CIFAR the first convolution keeps the size and no pooling follows.
 */
export function shuffleNetV1(net: Net, image: SymTensor, form: "cifar" | "imagenet"): SymTensor {
  let x = stem(net, image, form);
  let channels = 24;
  REPEATS.forEach((count, stage) => {
    const outputs = 240 * 2 ** stage;
    for (let i = 0; i < count; i++) {
      const name = `stage${stage + 2}.${i}`;
      const stride = i === 0 ? 2 : 1;
      const width = outputs / 4;
      const groups = channels === 24 ? 1 : GROUPS;
      let y = net.convNorm(`${name}.reduce`, x, width, { groups });
      y = net.shuffle(y, GROUPS);
      y = net.convNorm(`${name}.depthwise`, y, width, {
        kernel: 3,
        stride,
        groups: width,
        activation: "none",
      });
      y = net.convNorm(`${name}.expand`, y, stride === 2 ? outputs - channels : outputs, {
        groups: GROUPS,
        activation: "none",
      });
      x = net.relu(stride === 2 ? net.concat([net.averagePool(x, 3, 2), y]) : net.add(x, y));
      channels = outputs;
    }
  });
  return net.globalPool(x);
}

/**
 * ShuffleNet-v2 1x (Ma et al. 2018, table 5): half of the channels pass a block, a shuffle mixes both halves. For CIFAR as
 * above.
 */
export function shuffleNetV2(net: Net, image: SymTensor, form: "cifar" | "imagenet"): SymTensor {
  let x = stem(net, image, form);
  REPEATS.forEach((count, stage) => {
    const half = 58 * 2 ** stage;
    for (let i = 0; i < count; i++) {
      const name = `stage${stage + 2}.${i}`;
      const [left, right] = i === 0 ? [shrunk(net, `${name}.branch1`, x, half), x] : net.halves(x);
      x = net.shuffle(net.concat([left, branch(net, `${name}.branch2`, right, half, i === 0 ? 2 : 1)]), 2);
    }
  });
  return net.globalPool(net.convNorm("conv5", x, 1024));
}

function stem(net: Net, image: SymTensor, form: "cifar" | "imagenet"): SymTensor {
  if (form === "cifar") return net.convNorm("conv1", image, 24, { kernel: 3 });
  return net.maxPool(net.convNorm("conv1", image, 24, { kernel: 3, stride: 2 }), 3, 2);
}

/** What a block that halves the size does to the half that others pass on unchanged. */
function shrunk(net: Net, name: string, x: SymTensor, width: number): SymTensor {
  const channels = x.dims[1] ?? 1;
  const y = net.convNorm(`${name}.depthwise`, x, channels, {
    kernel: 3,
    stride: 2,
    groups: channels,
    activation: "none",
  });
  return net.convNorm(`${name}.pointwise`, y, width);
}

function branch(net: Net, name: string, x: SymTensor, width: number, stride: number): SymTensor {
  let y = net.convNorm(`${name}.reduce`, x, width);
  y = net.convNorm(`${name}.depthwise`, y, width, { kernel: 3, stride, groups: width, activation: "none" });
  return net.convNorm(`${name}.expand`, y, width);
}
