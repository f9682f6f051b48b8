import { expect } from "chai";
import { costTable } from "../../src/analysis/cost.js";
import { invariant } from "../../src/base/errors.js";
import { ChannelAnalysis, CostModel, channelGroups } from "../../src/channels/index.js";
import { toFloat32 } from "../../src/ir/index.js";
import { modelToBytes } from "../../src/onnx/index.js";
import { inferShapes } from "../../src/runtime/index.js";
import { type BuiltNetwork, buildNetwork, type Form, networks } from "../../tools/networks/list.js";
import { MOBILENET_V1_WIDTHS, mobileNetV1 } from "../../tools/networks/mobilenet.js";
import { randomWeights, type WeightSource, zeroWeights } from "../../tools/networks/net.js";

/**
 * Multiply-accumulates of convolutions and the linear layers for one image, and trained parameters: weights, biases,
 * scales and shifts of normalisations; no running statistics, no bounds of activations. 10 classes for CIFAR, 1,000 for ImageNet.
 */
const golden = [
  ["resnet20", "cifar", 40_551_040, 269_722],
  ["resnet32", "cifar", 68_862_592, 464_154],
  ["resnet44", "cifar", 97_174_144, 658_586],
  ["resnet56", "cifar", 125_485_696, 853_018],
  ["resnet110", "cifar", 252_887_680, 1_727_962],
  ["resnet18", "imagenet", 1_814_073_344, 11_689_512],
  ["resnet50", "imagenet", 4_089_184_256, 25_557_032],
  ["vgg16", "cifar", 313_201_664, 14_728_266],
  ["vgg16", "imagenet", 15_470_264_320, 138_357_544],
  ["mobilenet_v1", "cifar", 46_354_432, 3_217_226],
  ["mobilenet_v1", "imagenet", 568_740_352, 4_231_976],
  ["mobilenet_v2", "cifar", 87_976_448, 2_236_682],
  ["mobilenet_v2", "imagenet", 300_774_272, 3_504_872],
  ["shufflenet_v1", "cifar", 42_590_592, 914_338],
  ["shufflenet_v1", "imagenet", 137_460_672, 1_865_728],
  ["shufflenet_v2", "cifar", 45_002_112, 1_263_854],
  ["shufflenet_v2", "imagenet", 144_907_992, 2_278_604],
] as const;

/** MACs and parameters in millions as others print them, to the digits that they print. */
const published = [
  // gnn-rl's networks as the widely used CIFAR implementation (github.com/akamaster/pytorch_resnet_cifar10) has them.
  ["resnet20", "cifar", "40.55", "0.27"],
  ["resnet32", "cifar", "68.86", "0.46"],
  ["resnet44", "cifar", "97.17", "0.66"],
  ["resnet56", "cifar", "125.49", "0.85"],
  ["resnet110", "cifar", "252.89", "1.7"],
  // torchvision's documentation of its weights.
  ["resnet18", "imagenet", "1814", "11.7"],
  ["resnet50", "imagenet", "4089", "25.6"],
  ["vgg16", "imagenet", "15470", "138.4"],
  ["mobilenet_v2", "imagenet", "301", "3.5"],
  ["shufflenet_v2", "imagenet", "145", "2.3"],
  // The papers: Howard et al. 2017, table 8; Zhang et al. 2018, table 2.
  ["mobilenet_v1", "imagenet", "569", "4.2"],
  ["shufflenet_v1", "imagenet", "137", ""],
] as const;

describe("the networks that tools/networks.ts writes", () => {
  it("are all there is", () => {
    const all = [...networks].flatMap(([name, bodies]) =>
      Object.keys(bodies).map((form) => `${name} ${form}`),
    );
    expect(all).to.have.members(golden.map(([name, form]) => `${name} ${form}`));
  });

  for (const [name, form, macs, params] of golden) {
    it(`${name} for ${form} has ${macs} MACs and ${params} parameters`, () => {
      expect(countsOf(built(name, form, zeroWeights))).to.deep.equal({ macs, params });
    });
  }

  for (const [name, form, macs, params] of published) {
    it(`${name} for ${form} has the published ${macs} M MACs`, () => {
      const [, , ownMacs, ownParams] = golden.find(([own, its]) => own === name && its === form) ?? [];
      expect(printedLike(macs, ownMacs ?? 0)).to.equal(macs);
      if (params !== "") expect(printedLike(params, ownParams ?? 0)).to.equal(params);
    });
  }

  for (const [name, form] of golden) {
    if (form !== "cifar") continue;
    it(`onnxruntime gives the values of ${name} the dimensions that the builder says`, async () => {
      const { model, dims } = built(name, form, zeroWeights);
      const shapes = await inferShapes(model, { batch: 1 });
      const made = model.graph.nodes.flatMap((node) => node.outputs);
      const unlike = made.filter((value) => value && String(shapes.of(value)) !== String(dims(value)));
      expect(unlike.map(String)).to.deep.equal([]);
      expect(made).to.have.length.above(40);
    }).timeout(60_000);
  }

  it("the same seed gives the same bytes, another seed others", () => {
    const bytes = [7, 7, 8].map((seed) =>
      modelToBytes(built("resnet20", "cifar", randomWeights(seed)).model),
    );
    const [first = new Uint8Array(), same = first, other = first] = bytes;
    expect(Buffer.compare(first, same)).to.equal(0);
    expect(Buffer.compare(first, other)).to.not.equal(0);
  });

  it("weights have variance 2 / fan-in", () => {
    const { model } = built("resnet20", "cifar", randomWeights(3));
    const weight = model.graph.find("layer3.2.conv1.weight")?.initializer;
    invariant(weight, "a convolution");
    expect(weight.dims).to.deep.equal([64, 64, 3, 3]);
    const values = toFloat32(weight);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    // 36,864 numbers: the standard error of the variance is 0.7 %, of the mean 0.5 % of the deviation.
    expect(variance / (2 / 576)).to.be.closeTo(1, 0.03);
    expect(mean / Math.sqrt(2 / 576)).to.be.closeTo(0, 0.02);
  });
});

describe("AMC's published policy for MobileNet-v1 (70.5 % top-1 at half of the MACs)", () => {
  const widths = [24, 48, 96, 80, 192, 200, 328, 352, 368, 360, 328, 400, 736, 752];
  const narrow = buildNetwork((net, x) => mobileNetV1(net, x, "imagenet", widths), "imagenet", zeroWeights);

  it("leaves about half of the MACs", () => {
    const { macs } = countsOf(narrow);
    expect(macs).to.equal(293_870_000);
    expect(macs / countsOf(built("mobilenet_v1", "imagenet", zeroWeights)).macs).to.be.within(0.5, 0.52);
  });

  it("is one removal of exact groups, whose predicted cost is that of the narrow network", () => {
    const { model, dims } = built("mobilenet_v1", "imagenet", zeroWeights);
    const analysis = new ChannelAnalysis(model, dims);
    const groups = channelGroups(analysis);
    expect(groups.map(({ size }) => size)).to.deep.equal(MOBILENET_V1_WIDTHS);
    const removed = new Uint8Array(analysis.unitCount);
    groups.forEach(({ units }, i) => {
      for (const unit of units.subarray(widths[i])) removed[unit] = 1;
    });
    const { macs, params } = new CostModel(analysis).of(removed);
    const expected = costTable(narrow.model.graph, narrow.dims);
    expect({ macs, params }).to.deep.equal({ macs: expected.macs, params: expected.params });
  });
});

function built(name: string, form: Form, weights: WeightSource): BuiltNetwork {
  const body = networks.get(name)?.[form];
  invariant(body, () => `${name} for ${form}`);
  return buildNetwork(body, form, weights);
}

function countsOf({ model, dims }: BuiltNetwork): { macs: number; params: number } {
  const { macs, params } = costTable(model.graph, dims);
  const untrained = model.graph.initializers.flatMap(({ name, initializer }) =>
    initializer && (name.includes("running") || initializer.dims.length === 0) ? [initializer.elements] : [],
  );
  return { macs, params: untrained.reduce((left, elements) => left - elements, params) };
}

/** In millions, with as many digits after the point as `text` has. */
function printedLike(text: string, count: number): string {
  return (count / 1e6).toFixed(text.split(".")[1]?.length ?? 0);
}
