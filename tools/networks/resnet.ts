import type { SymTensor } from "../../src/ir/index.js";
import type { Net } from "./net.js";

/**
 * ResNet-20, 32, 44, 56, 110 for CIFAR: 6 n + 2 layers, 16, 32 and 64 channels, shortcuts without weights (option A).
 * He et al. 2016, "Deep residual learning for image recognition", section 4.2.
 */
export function cifarResNet(net: Net, image: SymTensor, depth: number): SymTensor {
  const blocks = (depth - 2) / 6;
  let x = net.relu(net.norm("bn1", net.conv("conv1", image, 16, { kernel: 3 })));
  [16, 32, 64].forEach((width, stage) => {
    for (let block = 0; block < blocks; block++) {
      const stride = stage > 0 && block === 0 ? 2 : 1;
      x = basicBlock(net, `layer${stage + 1}.${block}`, x, width, stride, (input) =>
        stride === 1 ? input : net.subsampled(input, width),
      );
    }
  });
  return net.globalPool(x);
}

/** ResNet-18 and ResNet-50 for ImageNet: projections where the size changes, strides in the 3 × 3 convolutions. */
export function imageNetResNet(net: Net, image: SymTensor, depth: 18 | 50): SymTensor {
  const [counts, block, expansion] =
    depth === 18 ? ([[2, 2, 2, 2], basicBlock, 1] as const) : ([[3, 4, 6, 3], bottleneck, 4] as const);
  let x = net.relu(net.norm("bn1", net.conv("conv1", image, 64, { kernel: 7, stride: 2 })));
  x = net.maxPool(x, 3, 2);
  let channels = 64;
  counts.forEach((count, stage) => {
    const width = 64 * 2 ** stage;
    for (let i = 0; i < count; i++) {
      const name = `layer${stage + 1}.${i}`;
      const stride = stage > 0 && i === 0 ? 2 : 1;
      const outputs = width * expansion;
      const isSame = stride === 1 && channels === outputs;
      x = block(net, name, x, width, stride, (input) =>
        isSame ? input : net.convNorm(`${name}.downsample`, input, outputs, { stride, activation: "none" }),
      );
      channels = outputs;
    }
  });
  return net.globalPool(x);
}

type Shortcut = (x: SymTensor) => SymTensor;

function basicBlock(
  net: Net,
  name: string,
  x: SymTensor,
  width: number,
  stride: number,
  shortcut: Shortcut,
): SymTensor {
  let y = net.conv(`${name}.conv1`, x, width, { kernel: 3, stride });
  y = net.relu(net.norm(`${name}.bn1`, y));
  y = net.norm(`${name}.bn2`, net.conv(`${name}.conv2`, y, width, { kernel: 3 }));
  return net.relu(net.add(y, shortcut(x)));
}

function bottleneck(
  net: Net,
  name: string,
  x: SymTensor,
  width: number,
  stride: number,
  shortcut: Shortcut,
): SymTensor {
  let y = net.relu(net.norm(`${name}.bn1`, net.conv(`${name}.conv1`, x, width)));
  y = net.relu(net.norm(`${name}.bn2`, net.conv(`${name}.conv2`, y, width, { kernel: 3, stride })));
  y = net.norm(`${name}.bn3`, net.conv(`${name}.conv3`, y, 4 * width));
  return net.relu(net.add(y, shortcut(x)));
}
