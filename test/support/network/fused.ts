import { oneOf } from "./net.js";
import { MOST_CHANNELS, pickMap, pickTokens, type Step } from "./step.js";

/** What onnxruntime's optimizer makes of several operators, as files that went through it have it. */

const ends = ['activation = "Relu"', 'activation = "Tanh"', 'activation = "Sigmoid"'] as const;

/** A convolution that may add another map, through an activation. */
export const fusedConvolution: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const [channels, height, width] = x.dims as [number, number, number];
  const other = choose(2) === 1 ? net.pick(choose, 3, ([, h, w]) => h === height && w === width) : undefined;
  const made = other ? (other.dims[0] as number) : 1 + choose(8);
  if (made > MOST_CHANNELS) return;
  const bias = other || choose(2) === 1 ? [net.weight(choose, [made], "b")] : [];
  const inputs = [
    x.name,
    net.weight(choose, [made, channels, 1, 1]),
    ...bias,
    ...(other ? [other.name] : []),
  ];
  net.push(net.node("com.microsoft.FusedConv", inputs, oneOf(choose, ends)), [made, height, width]);
};

/** Products with an operand transposed or scaled, and with an activation behind them. */
export const fusedProduct: Step = (net, choose) => {
  const kind = choose(3);
  if (kind === 2) {
    const x = pickMap(net, choose);
    const features = x.dims.reduce((a, b) => a * b, 1);
    const width = 1 + choose(8);
    const turned = choose(2);
    const w = net.weight(choose, turned === 1 ? [width, features] : [features, width]);
    const inputs = [net.node("Flatten", [x.name]), w, net.weight(choose, [width], "b")];
    const attributes = `transB = ${turned}, ${oneOf(choose, ends)}`;
    const y = net.node("com.microsoft.FusedGemm", inputs, attributes);
    net.push(net.node("Unsqueeze", [y, net.integers([2, 3])]), [width, 1, 1]);
    return;
  }
  const x = pickTokens(net, choose);
  const [length, features] = x.dims as [number, number];
  const width = 1 + choose(8);
  const [turnA, turnB] = [kind, choose(2)];
  const [rows, inner] = turnA === 1 ? [features, length] : [length, features];
  const w = net.weight(choose, turnB === 1 ? [width, inner] : [inner, width]);
  const attributes = `transA = ${turnA}, transB = ${turnB}, alpha = 0.5`;
  net.push(net.node("com.microsoft.FusedMatMul", [x.name, w], attributes), [rows, width]);
};

/** Four bits for each weight, with a scale for sixteen of them along what is summed over. */
export const fourBits: Step = (net, choose) => {
  const x = pickTokens(net, choose);
  const [length, features] = x.dims as [number, number];
  const width = 16 * (1 + choose(2));
  const inner = net.node("MatMul", [x.name, net.weight(choose, [features, 32])]);
  const from = choose(2) === 0 ? inner : net.node("Relu", [inner]);
  const scales = net.constant("float", choose(3) === 2 ? [2 * width] : [width, 2], undefined, "scale");
  const inputs = [from, net.constant("uint8", [width, 2, 8]), scales];
  const attributes = `K = 32, N = ${width}, bits = 4, block_size = 16`;
  const y = net.node("com.microsoft.MatMulNBits", inputs, attributes);
  const out = 1 + choose(8);
  net.push(net.node("MatMul", [y, net.weight(choose, [width, out])]), [length, out]);
};

/** An activation that adds a bias first. */
export const biasedActivation: Step = (net, choose) => {
  const x = pickTokens(net, choose);
  const bias = net.weight(choose, [x.dims[1] as number], "b");
  const opType = oneOf(choose, ["com.microsoft.BiasGelu", "com.microsoft.FastGelu"]);
  net.push(net.node(opType, [x.name, bias]), x.dims);
};

/** A residual and its normalization; others may read the sum. */
export const skipNormalization: Step = (net, choose) => {
  const x = pickTokens(net, choose);
  const features = x.dims[1] as number;
  const same = net.pick(choose, 2, (dims) => String(dims) === String(x.dims)) ?? x;
  const other =
    choose(2) === 0 ? net.node("MatMul", [x.name, net.weight(choose, [features, features])]) : same.name;
  const vector = (stem: string) => net.weight(choose, [features], stem);
  const isSimple = choose(2) === 1;
  const parameters = isSimple ? [vector("s")] : [vector("s"), vector("b")];
  if (choose(2) === 1) parameters.push(vector("b"));
  const opType = `com.microsoft.Skip${isSimple ? "Simplified" : ""}LayerNormalization`;
  const outputs = choose(2) === 0 ? 1 : 4;
  const inputs = [x.name, other, ...parameters];
  const names = net.nodes(opType, inputs, "epsilon = 0.1", outputs, [1, 2]);
  net.push(names[0] as string, x.dims);
  if (names[3]) net.push(names[3], x.dims);
};
