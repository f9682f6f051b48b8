import type { Model } from "../../src/ir/index.js";
import { Layers, type Style, type Wire } from "./layers.js";

/** Small versions of well-known networks, as two exporters might write them. */
export const networks: Readonly<Record<string, (style: Style) => Model>> = {
  /** He et al. 2016 for CIFAR-10: three stages, shortcuts of option A. */
  resnet(style) {
    const net = new Layers(style);
    let x = net.conv(net.input, 4, 3, { activation: "relu" });
    for (const [channels, stride] of [
      [4, 1],
      [4, 1],
      [4, 1],
      [8, 2],
      [8, 1],
      [8, 1],
      [16, 2],
      [16, 1],
      [16, 1],
    ] as const) {
      const inner = net.conv(x, channels, 3, { stride, activation: "relu" });
      const shortcut = stride === 1 ? x : padded(net, x, channels);
      x = net.add(net.conv(inner, channels, 3), shortcut, "relu");
    }
    return net.model(net.head(x));
  },

  /** Bottlenecks, the first of each stage with a projection. */
  bottlenecks(style) {
    const net = new Layers(style);
    let x = net.maxPool(net.conv(net.input, 4, 7, { stride: 2, activation: "relu" }), 3);
    for (const [channels, stride, blocks] of [
      [8, 1, 3],
      [16, 2, 2],
    ] as const) {
      for (let block = 0; block < blocks; block++) {
        const step = block === 0 ? stride : 1;
        const narrow = net.conv(x, channels / 4, 1, { activation: "relu" });
        const inner = net.conv(narrow, channels / 4, 3, { stride: step, activation: "relu" });
        const shortcut = block === 0 ? net.conv(x, channels, 1, { stride: step }) : x;
        x = net.add(net.conv(inner, channels, 1), shortcut, "relu");
      }
    }
    return net.model(net.head(x));
  },

  /** Sandler et al. 2018: the shortcut only where sizes agree, the first block without expansion. */
  "inverted-residuals"(style) {
    const net = new Layers(style);
    let x = net.conv(net.input, 4, 3, { stride: 2, activation: "relu" });
    for (const [channels, stride, expansion] of [
      [2, 1, 1],
      [4, 2, 3],
      [4, 1, 3],
      [6, 2, 3],
      [6, 1, 3],
      [6, 1, 3],
      [8, 1, 3],
    ] as const) {
      x = mobileBlock(net, x, channels, { stride, expansion, activation: "relu" });
    }
    return net.model(net.head(net.conv(x, 16, 1, { activation: "relu" })));
  },

  /** Tan and Le 2019: the same with two kernel sizes and squeeze-and-excite. */
  mbconv(style) {
    const net = new Layers(style);
    let x = net.conv(net.input, 4, 3, { stride: 2, activation: "silu" });
    for (const [channels, stride, expansion, kernel] of [
      [2, 1, 1, 3],
      [4, 2, 3, 3],
      [4, 1, 3, 3],
      [6, 2, 3, 5],
      [6, 1, 3, 5],
    ] as const) {
      x = mobileBlock(net, x, channels, { stride, expansion, kernel, activation: "silu", gated: true });
    }
    return net.model(net.head(net.conv(x, 16, 1, { activation: "silu" })));
  },

  /** Ma et al. 2018: half of the channels pass, then all are shuffled. */
  "shuffle-units"(style) {
    const net = new Layers(style);
    let x = net.maxPool(net.conv(net.input, 4, 3, { stride: 2, activation: "relu" }), 3);
    let size = 16;
    for (const [channels, blocks] of [
      [8, 3],
      [16, 2],
    ] as const) {
      size /= 2;
      for (let block = 0; block < blocks; block++) x = shuffleUnit(net, x, channels, block === 0, size);
    }
    return net.model(net.head(net.conv(x, 16, 1, { activation: "relu" })));
  },

  /** Huang et al. 2017: every layer reads all before it. */
  "dense-blocks"(style) {
    const net = new Layers(style);
    let x = net.maxPool(net.conv(net.input, 4, 7, { stride: 2, activation: "relu" }), 3);
    for (const [block, layers] of [4, 2, 4].entries()) {
      const features = [x];
      for (let layer = 0; layer < layers; layer++) {
        const joined = layer === 0 ? x : net.concat(...features);
        const normal = net.activation(net.batchNormalization(joined), "relu");
        const narrow = net.conv(normal, 4, 1, { activation: "relu" });
        features.push(net.conv(narrow, 2, 3, { normalized: false }));
      }
      x = net.activation(net.batchNormalization(net.concat(...features)), "relu");
      if (block < 2) {
        const half = net.conv(x, x.channels / 2, 1, { normalized: false });
        x = net.node("AveragePool <kernel_shape = [2, 2], strides = [2, 2]>", [half.name], half.channels);
      }
    }
    return net.model(net.head(x));
  },

  /** Dosovitskiy et al. 2021: attention and layers on tokens, in turn. */
  transformer(style) {
    const net = new Layers(style);
    let x = patches(net);
    for (let layer = 0; layer < 3; layer++) {
      x = net.add(x, net.attention(net.layerNorm(x)));
      x = net.add(x, net.linear(net.linear(net.layerNorm(x), 16, "gelu"), 8));
    }
    return net.model(net.linear(net.layerNorm(x), 4));
  },

  /** Liu et al. 2021: in every second layer the image is rolled, and stages halve the number of tokens. */
  "shifted-windows"(style) {
    const net = new Layers(style);
    let x = patches(net);
    for (const [stage, layers] of [2, 4].entries()) {
      if (stage > 0) x = net.linear(net.layerNorm(net.reshape(x, [1, 16, 8])), 8);
      for (let layer = 0; layer < layers; layer++) {
        const normal = net.layerNorm(x);
        const mixed = net.attention(layer % 2 === 0 ? normal : rolled(net, normal));
        x = net.add(x, layer % 2 === 0 ? mixed : rolled(net, mixed));
        x = net.add(x, net.linear(net.linear(net.layerNorm(x), 16, "gelu"), 8));
      }
    }
    return net.model(net.linear(net.layerNorm(x), 4));
  },

  /** Liu et al. 2022: a depthwise convolution, then layers on the channels of each place. */
  convnext(style) {
    const net = new Layers(style);
    let x = net.conv(net.input, 4, 4, { stride: 4, normalized: false });
    for (const [stage, blocks] of [2, 3].entries()) {
      if (stage > 0) {
        const last = net.transpose(net.layerNorm(net.transpose(x, [0, 2, 3, 1])), [0, 3, 1, 2]);
        x = net.conv(last, 8, 2, { stride: 2, normalized: false });
      }
      for (let block = 0; block < blocks; block++) {
        const wide = net.transpose(net.depthwise(x, 7, { normalized: false }), [0, 2, 3, 1]);
        const inner = net.linear(net.linear(net.layerNorm(wide), 16, "gelu"), x.channels);
        const scaled = net.node("Mul", [inner.name, net.constant(`float[${x.channels}]`)], x.channels);
        x = net.add(x, net.transpose(scaled, [0, 3, 1, 2]));
      }
    }
    return net.model(net.head(x));
  },

  /** Simonyan and Zisserman 2015: rows of convolutions of two lengths, each with a pool. */
  vgg(style) {
    const net = new Layers(style);
    let x = net.input;
    for (const [channels, layers] of [
      [4, 2],
      [6, 2],
      [8, 3],
      [8, 3],
    ] as const) {
      for (let layer = 0; layer < layers; layer++) x = net.conv(x, channels, 3, { activation: "relu" });
      x = net.maxPool(x);
    }
    return net.model(net.head(x));
  },

  /** Szegedy et al. 2015: four ways side by side. */
  inception(style) {
    const net = new Layers(style);
    let x = net.maxPool(net.conv(net.input, 8, 7, { stride: 2, activation: "relu" }), 3);
    for (let module = 0; module < 5; module++) {
      if (module === 2) x = net.maxPool(x, 3);
      const relu = { activation: "relu" } as const;
      x = net.concat(
        net.conv(x, 2, 1, relu),
        net.conv(net.conv(x, 2, 1, relu), 4, 3, relu),
        net.conv(net.conv(x, 2, 1, relu), 2, 3, relu),
        net.conv(net.maxPool(x, 3, 1), 2, 1, relu),
      );
    }
    return net.model(net.head(x));
  },

  /** Ronneberger et al. 2015: double convolutions, what goes down comes up. */
  unet(style) {
    const net = new Layers(style);
    const double = (x: Wire, channels: number) => {
      const first = net.conv(x, channels, 3, { activation: "relu" });
      return net.conv(first, channels, 3, { activation: "relu" });
    };
    const skips = [double(net.input, 2)];
    for (const channels of [4, 6, 8]) skips.push(double(net.maxPool(skips.at(-1) as Wire), channels));
    let x = skips.pop() as Wire;
    for (const skip of skips.reverse()) {
      const weight = net.constant(`float[${x.channels},${skip.channels},2,2]`);
      const up = net.node("ConvTranspose <strides = [2, 2]>", [x.name, weight], skip.channels);
      x = double(net.concat(skip, up), skip.channels);
    }
    return net.model(net.conv(x, 2, 1, { normalized: false }));
  },

  /** A detector: the neck reads the features of every stage, right where blocks start. */
  detector(style) {
    const net = new Layers(style);
    let x = net.conv(net.input, 4, 3, { stride: 2, activation: "relu" });
    const taps: Wire[] = [];
    for (const channels of [4, 8, 16]) {
      for (let block = 0; block < 2; block++) {
        const stride = block === 0 ? 2 : 1;
        const inner = net.conv(x, channels, 3, { stride, activation: "relu" });
        const shortcut = block === 0 ? net.conv(x, channels, 1, { stride }) : x;
        x = net.add(net.conv(inner, channels, 3), shortcut, "relu");
      }
      taps.push(x);
    }
    return net.model(...taps.map((tap) => net.conv(net.conv(tap, 4, 1, { activation: "relu" }), 5, 3)));
  },
};

interface MobileOptions {
  readonly stride: number;
  readonly expansion: number;
  readonly activation: "relu" | "silu";
  readonly kernel?: number;
  readonly gated?: boolean;
}

function mobileBlock(net: Layers, x: Wire, channels: number, options: MobileOptions): Wire {
  const { stride, expansion, activation, kernel = 3, gated = false } = options;
  const wide = expansion === 1 ? x : net.conv(x, x.channels * expansion, 1, { activation });
  const inner = net.depthwise(wide, kernel, { stride, activation });
  const y = net.conv(gated ? net.squeezeAndExcite(inner) : inner, channels, 1);
  return stride === 1 && channels === x.channels ? net.add(x, y) : y;
}

/** Every second place, and zeros for the new channels. */
function padded(net: Layers, x: Wire, channels: number): Wire {
  const smaller = net.slice(net.slice(x, 2, 0, 9999, 2), 3, 0, 9999, 2);
  const more = (channels - x.channels) / 2;
  const pads = net.constant("int64[8]", [0, more, 0, 0, 0, more, 0, 0]);
  return net.node("Pad", [smaller.name, pads], channels);
}

function shuffleUnit(net: Layers, x: Wire, channels: number, isFirst: boolean, size: number): Wire {
  const half = channels / 2;
  const [passing, working] = isFirst ? [x, x] : net.halves(x);
  const stride = isFirst ? 2 : 1;
  const wide = net.conv(working, half, 1, { activation: "relu" });
  const done = net.conv(net.depthwise(wide, 3, { stride }), half, 1, { activation: "relu" });
  const rest = isFirst
    ? net.conv(net.depthwise(passing, 3, { stride }), half, 1, { activation: "relu" })
    : passing;
  const grid = net.transpose(net.reshape(net.concat(rest, done), [1, 2, half, size, size]), [0, 2, 1, 3, 4]);
  return net.reshape(grid, [1, channels, size, size]);
}

/** The image as 16 tokens of 8 channels. */
function patches(net: Layers): Wire {
  const x = net.conv(net.input, 8, 16, { stride: 16, normalized: false });
  return net.transpose(net.reshape({ ...x, channels: 8 }, [1, 8, 16]), [0, 2, 1]);
}

/** Tokens moved by four places, those that leave at one end coming back at the other. */
function rolled(net: Layers, x: Wire): Wire {
  const parts = [net.slice(x, 1, 4, 16), net.slice(x, 1, 0, 4)].map(({ name }) => name);
  return net.node("Concat <axis = 1>", parts, x.channels);
}
