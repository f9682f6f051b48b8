import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect } from "chai";
import { findMotifs } from "../../src/motifs/index.js";
import { readModel } from "../../src/onnx/index.js";
import { shared, skip } from "../support/shared.js";

/** What each network is made of, by the kind of its blocks; then how many motifs that family has. */
type Expectation = Readonly<Record<string, number>>;

const torchvision: Readonly<Record<string, Expectation>> = {
  resnet18: { "basic block": 8, "stage of basic blocks": 4 },
  resnet50: { bottleneck: 16, "stage of bottlenecks": 4 },
  regnet_y_400mf: { bottleneck: 16 },
  mobilenet_v2: { "inverted residual": 17 },
  mnasnet1_0: { "inverted residual": 17 },
  mobilenet_v3_small: { "inverted residual": 11 },
  efficientnet_b0: { "inverted residual": 16 },
  shufflenet_v2_x1_0: { "split block": 16, "stage of split blocks": 3 },
  densenet121: { "dense layer": 58, "dense block": 4 },
  squeezenet1_1: { sequence: 8 },
  googlenet: { "parallel branches": 9 },
  vit_b_16: { "transformer layer": 12 },
  swin_t: { "transformer layer": 12, "stage of transformer layers": 4 },
  swin_v2_t: { "transformer layer": 12, "stage of transformer layers": 4 },
  convnext_tiny: { "residual block": 18, "stage of residual blocks": 4 },
  maxvit_t: { "transformer layer": 22 },
};

const besideTheProject: Readonly<Record<string, Expectation>> = {
  "cifar10/resnet56": { "basic block": 27, "stage of basic blocks": 3 },
  "cifar10/resnet56_folded": { "basic block": 27, "stage of basic blocks": 3 },
  "cifar10/resnet56_dynamo": { "basic block": 27, "stage of basic blocks": 3 },
  "cifar10/resnet20_b": { "basic block": 9, "stage of basic blocks": 3 },
  "cifar10/resnet20_dynamo_raw": { "basic block": 9, "stage of basic blocks": 3 },
  "cifar10/shufflenetv2_x0_5": { "split block": 16, "stage of split blocks": 3 },
  "real/light_resnet50": { bottleneck: 16, "stage of bottlenecks": 4 },
  "real/ch_ppocr_mobile_v2_cls": { "inverted residual": 11 },
  "real/pfld": { "inverted residual": 13 },
  "real/nanodet_m": { "split block": 16, "depthwise separable convolution": 6 },
  "real/FastestDet": { "split block": 16 },
  "real/geek_densenet": { "dense layer": 16 },
  "real/light_squeezenet": { sequence: 8 },
  "real/light_inception_v1": { "parallel branches": 9 },
  "real/fns-candy": { "basic block": 5 },
  "real/protocol_transformer": { "transformer layer": 4 },
  "real/vnn_vit_ibp_3_3_8": { "transformer layer": 3 },
  "real/nextnode_transformer": { "transformer layer": 2 },
  "real/ultraface-slim-320-simplified": { "depthwise separable convolution": 13 },
  "real/vnn_cifar10_resnet_4b": { "basic block": 4, "stage of basic blocks": 2 },
};

describe("motifs of trained networks", () => {
  for (const [name, expectation] of Object.entries(besideTheProject)) {
    it(name, function () {
      expectMotifs(shared(this, `models/${name}.onnx`), expectation);
    });
  }

  it("resnet56: 2 of the 27 blocks change the size", function () {
    const tree = findMotifs(readModel(shared(this, "models/cifar10/resnet56.onnx")).graph);
    expect(tree.families[0]?.motifs.map(({ name, instances }) => [name, instances.length])).to.deep.equal([
      ["basic block: 3×3, 3×3, residual", 25],
      ["basic block: strided 3×3, 3×3, residual with slice, slice, pad", 2],
    ]);
  });
});

/** Folders with what torchvision exports, from either exporter, TOPIARY_ZOO=one:another; those of the newer are dyn_*. */
describe("motifs of torchvision's networks (TOPIARY_ZOO)", function () {
  this.timeout(60_000);
  const folders = (process.env.TOPIARY_ZOO ?? "").split(delimiter).filter(Boolean);
  for (const [name, expectation] of Object.entries(torchvision)) {
    it(name, function () {
      const files = folders.flatMap((folder) =>
        [`${name}.onnx`, `dyn_${name}.onnx`].map((file) => join(folder, file)),
      );
      const found = files.filter((file) => existsSync(file));
      if (found.length === 0) skip(this, "needs TOPIARY_ZOO, folders of torchvision's networks");
      for (const file of found) expectMotifs(file, expectation);
    });
  }
});

function expectMotifs(path: string, expectation: Expectation): void {
  const { families } = findMotifs(readModel(path).graph);
  const count = (name: string) => families.find((family) => family.name === name)?.count ?? 0;
  const found = Object.fromEntries(Object.keys(expectation).map((name) => [name, count(name)]));
  expect(found, path).to.deep.equal(expectation);
}
