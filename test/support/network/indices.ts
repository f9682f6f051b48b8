import { type Choose, type Net, oneOf, type Wire } from "./net.js";
import { pickMap, pickTokens, type Step } from "./step.js";

/** Some channels, each once. */
function someOf(choose: Choose, channels: number): number[] {
  const [first, count] = [choose(channels), 1 + choose(channels)];
  return Array.from({ length: count }, (_, i) => (first + i) % channels);
}

/** Channels read and written by their coordinates, of which they are the first. */
export const byCoordinate: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const channels = x.dims[0] as number;
  const list = someOf(choose, channels);
  const front = net.node("Transpose", [x.name], "perm = [1, 0, 2, 3]");
  const read = net.node("GatherND", [front, net.constant("int64", [list.length, 1], list)]);
  const back = (name: string) => net.node("Transpose", [name], "perm = [1, 0, 2, 3]");
  if (choose(2) === 0) {
    net.push(back(read), x.dims.with(0, list.length));
    return;
  }
  const [first, reduction] = [choose(channels - list.length + 1), oneOf(choose, ["none", "add", "mul"])];
  const to = list.map((_, i) => first + i);
  const updates = net.node("Sigmoid", [read]);
  const inputs = [front, net.constant("int64", [list.length, 1], to), updates];
  net.push(back(net.node("ScatterND", inputs, `reduction = "${reduction}"`)), x.dims);
};

/** The same with an index for every element: all alike along the channels, or each its own. */
export const byElement: Step = (net, choose) => {
  if (typeof net.batch === "string") return;
  const x = pickMap(net, choose);
  const [channels, height, width] = x.dims as [number, number, number];
  const list = someOf(choose, channels);
  const turns = choose(4) === 3 ? 1 : 0;
  const rest = height * width;
  const indices = Array.from({ length: net.batch * list.length * rest }, (_, i) => {
    const shift = turns * (i % rest);
    return ((list[Math.floor(i / rest) % list.length] as number) + shift) % channels;
  });
  const dims = [net.batch, list.length, height, width];
  const at = net.constant("int64", dims, indices);
  const read = net.node("GatherElements", [x.name, at], "axis = 1");
  if (choose(2) === 0) net.push(read, dims.slice(1));
  else net.push(net.node("ScatterElements", [x.name, at, net.node("Sigmoid", [read])], "axis = 1"), x.dims);
};

/** Parts in a list, of which some are read by their place. */
export const listed: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const channels = x.dims[0] as number;
  if (channels < 2) return;
  const first = 1 + choose(channels - 1);
  const sizes = [first, channels - first];
  const parts = net.node("SplitToSequence", [x.name, net.integers(sizes)], "axis = 1");
  const at = (place: number) => net.node("SequenceAt", [parts, net.constant("int64", [], [place])]);
  net.push(at(0), x.dims.with(0, first));
  if (choose(2) === 1) net.push(at(oneOf(choose, [-1, 1])), x.dims.with(0, channels - first));
};

/** A matrix of ones and zeros, made from positions, picks features. */
export const picked: Step = (net, choose) => {
  const x = pickTokens(net, choose);
  const [length, features] = x.dims as [number, number];
  const columns = Array.from({ length: 1 + choose(6) }, () => choose(features));
  net.push(net.node("MatMul", [x.name, pickingMatrix(net, columns, x)]), [length, columns.length]);
};

function pickingMatrix(net: Net, columns: readonly number[], { dims }: Wire): string {
  const depth = net.constant("int64", [], [dims[1] as number]);
  const values = net.constant("float", [2], [0, 1]);
  return net.node("OneHot", [net.integers(columns), depth, values], "axis = 0");
}
