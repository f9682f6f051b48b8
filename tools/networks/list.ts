import { BUILDER_OPSET, Model, type SymTensor } from "../../src/ir/index.js";
import type { DimsOf } from "../../src/ops/index.js";
import { mobileNetV1, mobileNetV2 } from "./mobilenet.js";
import { Net, type WeightSource } from "./net.js";
import { cifarResNet, imageNetResNet } from "./resnet.js";
import { shuffleNetV1, shuffleNetV2 } from "./shufflenet.js";
import { vgg16 } from "./vgg.js";

export type Form = "cifar" | "imagenet";

/** From an image to the features that one last linear layer classifies. */
export type Body = (net: Net, image: SymTensor) => SymTensor;

const cifarOnly = (depth: number) => ({ cifar: (net: Net, x: SymTensor) => cifarResNet(net, x, depth) });
const imageNetOnly = (depth: 18 | 50) => ({
  imagenet: (net: Net, x: SymTensor) => imageNetResNet(net, x, depth),
});
const both = (body: (net: Net, x: SymTensor, form: Form) => SymTensor) => ({
  cifar: (net: Net, x: SymTensor) => body(net, x, "cifar"),
  imagenet: (net: Net, x: SymTensor) => body(net, x, "imagenet"),
});

/** The ten networks of the paper and two that the toolkit names, in the forms in which they are published. */
export const networks: ReadonlyMap<string, Partial<Record<Form, Body>>> = new Map<
  string,
  Partial<Record<Form, Body>>
>([
  ...[20, 32, 44, 56, 110].map((depth) => [`resnet${depth}`, cifarOnly(depth)] as const),
  ["resnet18", imageNetOnly(18)],
  ["resnet50", imageNetOnly(50)],
  ["vgg16", both(vgg16)],
  ["mobilenet_v1", both(mobileNetV1)],
  ["mobilenet_v2", both(mobileNetV2)],
  ["shufflenet_v1", both(shuffleNetV1)],
  ["shufflenet_v2", both(shuffleNetV2)],
]);

const forms = { cifar: { size: 32, classes: 10 }, imagenet: { size: 224, classes: 1000 } };

/** A network as a model, and the dimensions of its values for one sample. */
export interface BuiltNetwork {
  readonly model: Model;
  readonly dims: DimsOf;
}

/** Builds a network; images are RGB, 32 × 32 or 224 × 224. */
export function buildNetwork(
  body: Body,
  form: Form,
  weights: WeightSource,
  classes = forms[form].classes,
): BuiltNetwork {
  const net = new Net(weights);
  const features = body(net, net.input(3, forms[form].size));
  net.output(net.linear("classifier", features, classes));
  const opsetImports = [{ domain: "", version: BUILDER_OPSET }];
  return { model: new Model({ irVersion: 8, opsetImports, graph: net.graph }), dims: net.dims };
}
