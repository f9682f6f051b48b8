import type { SymTensor } from "../../src/ir/index.js";
import type { Net } from "./net.js";

const STAGES = [
  [64, 64],
  [128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [512, 512, 512],
] as const;

/**
 * VGG-16 (Simonyan and Zisserman 2015, table 1, D). For ImageNet as published: biases, no normalisation, two hidden layers
 * of 4,096. For CIFAR as everybody since has it: normalised, no hidden layer.
 */
export function vgg16(net: Net, image: SymTensor, form: "cifar" | "imagenet"): SymTensor {
  let [x, index] = [image, 0];
  const next = () => `features.${index++}`;
  for (const stage of STAGES) {
    for (const width of stage) {
      x = net.conv(next(), x, width, { kernel: 3, bias: true });
      if (form === "cifar") x = net.norm(next(), x);
      x = net.relu(x);
      index++;
    }
    x = net.maxPool(x, 2, 2);
    index++;
  }
  x = net.flatten(x);
  if (form === "cifar") return x;
  return ["classifier.0", "classifier.3"].reduce((y, name) => net.relu(net.linear(name, y, 4096)), x);
}
