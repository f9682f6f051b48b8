import { type Choose, type Net, oneOf } from "./net.js";
import { positive } from "./pointwise.js";
import { divisorsOf, pickMap, pickTokens, type Step } from "./step.js";

/** A large epsilon keeps a normalization from blowing up what is next to nothing. */
const EPSILON = "epsilon = 0.1";

/** One way to normalize a map; undefined where it does not fit. */
type Normalize = (net: Net, choose: Choose, name: string, dims: readonly number[]) => string | undefined;

const batch: Normalize = (net, choose, name, [channels = 1]) => {
  const stems = ["s", "b", "b", "var"];
  return net.node("BatchNormalization", [name, ...stems.map((stem) => net.weight(choose, [channels], stem))]);
};

const instance: Normalize = (net, choose, name, [channels = 1]) => {
  const inputs = ["s", "b"].map((stem) => net.weight(choose, [channels], stem));
  return net.node("InstanceNormalization", [name, ...inputs], EPSILON);
};

const group: Normalize = (net, choose, name, [channels = 1]) => {
  const groups = oneOf(choose, divisorsOf(channels));
  const inputs = ["s", "b"].map((stem) => net.weight(choose, [channels], stem));
  return net.node("GroupNormalization", [name, ...inputs], `num_groups = ${groups}, ${EPSILON}`);
};

/** Over columns, rows and columns, or all of a sample. */
const layer: Normalize = (net, choose, name, dims) => {
  const axis = oneOf(choose, [3, 2, 1]);
  const over = dims.slice(axis - 1);
  const inputs = ["s", "b"].slice(0, 1 + choose(2)).map((stem) => net.weight(choose, over, stem));
  return net.node("LayerNormalization", [name, ...inputs], `axis = ${axis}, ${EPSILON}`);
};

const neighbours: Normalize = (net, _, name) => net.node("LRN", [name], "size = 3");

/** It has no epsilon, so zero must be far away. */
const length: Normalize = (net, choose, name) => {
  const attributes = `axis = ${oneOf(choose, [3, 1, 2])}, p = ${1 + choose(2)}`;
  return net.node("LpNormalization", [positive(net, name)], attributes);
};

/** It has next to no epsilon, so places get numbers far from each other first. */
const moments: Normalize = (net, choose, name, [channels, height = 1, width = 1]) => {
  if (height * width < 2) return undefined;
  const apart = Array.from({ length: height * width }, (_, i) => 3 * i);
  const spread = net.node("Add", [net.node("Tanh", [name]), net.constant("float", [height, width], apart)]);
  const axes = oneOf(choose, ["0, 2, 3", "2, 3", "1, 2, 3"]);
  return net.node("MeanVarianceNormalization", [spread], channels === 1 ? "" : `axes = [${axes}]`);
};

export const normalization: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const normalize = oneOf(choose, [batch, batch, instance, group, batch, layer, length, moments, neighbours]);
  const y = normalize(net, choose, x.name, x.dims);
  if (y !== undefined) net.push(y, x.dims);
};

/** Over the features of every token. */
export const layerNorm: Step = (net, choose) => {
  const x = pickTokens(net, choose);
  const vector = (stem: string) => net.weight(choose, [x.dims[1] as number], stem);
  const kind = choose(4);
  if (kind <= 1 || (kind === 2 && net.opset < 23))
    net.push(net.node("LayerNormalization", [x.name, vector("s"), vector("b")], EPSILON), x.dims);
  else {
    const opType = kind === 2 ? "RMSNormalization" : "SimplifiedLayerNormalization";
    net.push(net.node(opType, [x.name, vector("s")], EPSILON), x.dims);
  }
};
