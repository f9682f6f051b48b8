import { mask } from "./computed.js";
import { type Choose, type Net, oneOf, type Wire } from "./net.js";
import { isSmallMap, pickMap, type Step } from "./step.js";

const binary = ["Add", "Mul", "Sub", "Max", "Min", "Mean"] as const;

/** A second map of the same dimensions: one that is there, or a convolution of another. */
function partner(net: Net, choose: Choose, { name, dims }: Wire): string {
  const same = net.pick(choose, 3, (other) => String(other) === String(dims));
  if (same && (same.name !== name || choose(4) === 3)) return same.name;
  const [channels, height, width] = dims as [number, number, number];
  const other = net.pick(choose, 3, ([, h, w]) => h === height && w === width);
  const from = other ?? { name, dims };
  return net.node("Conv", [from.name, net.weight(choose, [channels, from.dims[0] as number, 1, 1])]);
}

/** A residual, or another meeting of two or three maps. */
export const meeting: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const other = partner(net, choose, x);
  if (choose(4) === 3) net.push(net.node("Sum", [x.name, other, x.name]), x.dims);
  else net.push(net.node(oneOf(choose, binary), [x.name, other]), x.dims);
};

/** A map meets one that is smaller along channels or places. */
export const broadcast: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const small = net.pick(choose, 3, (dims) =>
    dims.every((size, axis) => size === 1 || size === x.dims[axis]),
  );
  if (small) net.push(net.node(oneOf(choose, ["Mul", "Add"]), [x.name, small.name]), x.dims);
};

/** A map meets a constant that broadcasts. */
export const constantMeeting: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const [channels, height, width] = x.dims as [number, number, number];
  const dims = oneOf(choose, [
    [channels, 1, 1],
    [],
    [1, channels, 1, 1],
    [1],
    [height, width],
    [width],
    [channels, height, width],
    [channels, 1, width],
  ]);
  const c = net.weight(choose, dims, "s");
  const inputs = choose(2) === 0 ? [x.name, c] : [c, x.name];
  net.push(net.node(oneOf(choose, binary), inputs), x.dims);
};

export const choice: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const where = mask(net, choose, [x.dims[0] as number, 1, 1]);
  const other = choose(2) === 0 ? net.constant("float", [], [0.5]) : partner(net, choose, x);
  net.push(net.node("Where", [where, x.name, other]), x.dims);
};

export const concat: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const axis = oneOf(choose, [0, 0, 1, 2]);
  const others = [...Array(1 + choose(2)).keys()].map(
    () => net.pick(choose, 3, (dims) => dims.every((size, at) => at === axis || size === x.dims[at])) as Wire,
  );
  const parts = [x, ...others];
  const dims = x.dims.with(
    axis,
    parts.reduce((sum, part) => sum + (part.dims[axis] as number), 0),
  );
  if (isSmallMap(dims))
    net.push(
      net.node(
        "Concat",
        parts.map(({ name }) => name),
        `axis = ${axis + 1 - 4 * choose(2)}`,
      ),
      dims,
    );
};

/** Zeros or other numbers beside the channels. */
export const concatConstant: Step = (net, choose) => {
  const x = pickMap(net, choose);
  if (typeof net.batch === "string") return;
  const [channels, height, width] = x.dims as [number, number, number];
  const added = 1 + choose(2);
  const c = net.constant("float", [net.batch, added, height, width]);
  const inputs = choose(2) === 0 ? [x.name, c] : [c, x.name];
  if (channels + added <= 16)
    net.push(net.node("Concat", inputs, "axis = 1"), [channels + added, height, width]);
};
