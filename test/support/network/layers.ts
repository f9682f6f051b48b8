import { type Choose, type Net, oneOf } from "./net.js";
import { divisorsOf, MOST_CHANNELS, MOST_PLACES, pickMap, type Step } from "./step.js";
import { weightFor } from "./weights.js";

function bias(net: Net, choose: Choose, channels: number): string[] {
  return choose(2) === 1 ? [net.weight(choose, [channels], "b")] : [];
}

/** A convolution with 1, some or as many groups as channels. */
export const convolution: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const [channels, height, width] = x.dims as [number, number, number];
  const kernel = choose(2) === 1 && height > 2 && width > 2 ? 3 : 1;
  const groups = choose(3) === 0 ? 1 : oneOf(choose, divisorsOf(channels));
  const perGroup = 1 + choose(groups === 1 ? 8 : Math.min(3, Math.floor(MOST_CHANNELS / groups)) || 1);
  const padded = choose(2) === 0;
  const pads = kernel === 3 && padded ? ", pads = [1, 1, 1, 1]" : "";
  const shrink = kernel === 3 && !padded ? 2 : 0;
  const w = weightFor(net, choose, [groups * perGroup, channels / groups, kernel, kernel]);
  const y = net.node(
    "Conv",
    [x.name, w, ...bias(net, choose, groups * perGroup)],
    `group = ${groups}${pads}`,
  );
  net.push(y, [groups * perGroup, height - shrink, width - shrink]);
};

export const depthwise: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const [channels, height, width] = x.dims as [number, number, number];
  const times = channels * 2 <= MOST_CHANNELS ? 1 + choose(2) : 1;
  const w = net.weight(choose, [channels * times, 1, 3, 3]);
  const inputs = [x.name, w, ...bias(net, choose, channels * times)];
  net.push(net.node("Conv", inputs, `group = ${channels}, pads = [1, 1, 1, 1]`), [
    channels * times,
    height,
    width,
  ]);
};

export const transposed: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const [channels, height, width] = x.dims as [number, number, number];
  if (2 * height > MOST_PLACES || 2 * width > MOST_PLACES) return;
  const groups = choose(2) === 0 ? 1 : oneOf(choose, divisorsOf(channels));
  const perGroup = 1 + choose(groups === 1 ? 6 : 2);
  if (groups * perGroup > MOST_CHANNELS) return;
  const w = net.weight(choose, [channels, perGroup, 2, 2]);
  const inputs = [x.name, w, ...bias(net, choose, groups * perGroup)];
  net.push(net.node("ConvTranspose", inputs, `group = ${groups}, strides = [2, 2]`), [
    groups * perGroup,
    2 * height,
    2 * width,
  ]);
};

export const pRelu: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const channels = x.dims[0] as number;
  const slope = net.weight(choose, choose(2) === 0 ? [channels, 1, 1] : [1], "s");
  net.push(net.node("PRelu", [x.name, slope]), x.dims);
};

/** A fully connected layer over all places, back to a map of one place. */
export const flattened: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const features = x.dims.reduce((a, b) => a * b, 1);
  const width = 1 + choose(8);
  const last = choose(2) === 1;
  const places = last ? net.node("Transpose", [x.name], "perm = [0, 2, 3, 1]") : x.name;
  const rows =
    choose(2) === 0
      ? net.node("Flatten", [places])
      : net.node("Reshape", [
          places,
          net.integers(
            oneOf(choose, [
              [0, -1],
              [-1, features],
              [0, features],
            ]),
          ),
        ]);
  const turned = choose(2) === 1;
  const w = net.weight(choose, turned ? [width, features] : [features, width]);
  const inputs = [rows, w, ...bias(net, choose, width)];
  const y = net.node("Gemm", inputs, turned ? "transB = 1" : "");
  net.push(net.node("Unsqueeze", [y, net.integers([2, 3])]), [width, 1, 1]);
};

/** A gate from pooled features on the map itself: squeeze and excite. */
export const gate: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const channels = x.dims[0] as number;
  const pooled =
    choose(2) === 0
      ? net.node("GlobalAveragePool", [x.name])
      : net.node("ReduceMean", [x.name, net.integers([2, 3])]);
  const inner = 1 + choose(3);
  const a = net.node("Conv", [pooled, net.weight(choose, [inner, channels, 1, 1])]);
  const b = net.node("Conv", [net.node("Relu", [a]), net.weight(choose, [channels, inner, 1, 1])]);
  net.push(net.node("Mul", [x.name, net.node("Sigmoid", [b])]), x.dims);
};
