import { oneOf } from "./net.js";
import { divisorsOf, isSmallMap, pickMap, type Step } from "./step.js";

export const split: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const axis = oneOf(choose, [0, 0, 1]);
  const size = x.dims[axis] as number;
  if (size < 2) return;
  const count = Math.min(size, 2 + choose(2));
  const first = 1 + choose(size - count + 1);
  const sizes = [first, ...Array<number>(count - 2).fill(1), 0];
  sizes[count - 1] = size - sizes.reduce((a, b) => a + b, 0);
  const equal = size % count === 0 && choose(2) === 0;
  const parts = equal ? Array<number>(count).fill(size / count) : sizes;
  const names = equal
    ? net.nodes("Split", [x.name], `axis = ${axis + 1}, num_outputs = ${count}`, count)
    : net.nodes("Split", [x.name, net.integers(parts)], `axis = ${axis + 1}`, count);
  names.forEach((name, i) => {
    net.push(name, x.dims.with(axis, parts[i] as number));
  });
};

export const slice: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const axis = oneOf(choose, [0, 0, 1, 2]);
  const size = x.dims[axis] as number;
  const step = oneOf(choose, [1, 2, -1, 3]);
  const from = choose(size);
  const length = 1 + choose(step > 0 ? size - from : from + 1);
  const end = step > 0 ? from + length : from - length < 0 ? -size - 1 : from - length;
  const count = Math.ceil(length / Math.abs(step));
  const inputs = [[from], [end], [axis + 1], [step]].map((values) => net.integers(values));
  net.push(net.node("Slice", [x.name, ...inputs]), x.dims.with(axis, count));
};

export const gather: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const channels = x.dims[0] as number;
  const indices = Array.from({ length: 1 + choose(6) }, () => choose(2 * channels) - channels);
  net.push(net.node("Gather", [x.name, net.integers(indices)], "axis = 1"), x.dims.with(0, indices.length));
};

export const pad: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const [before, after, places] = [choose(3), choose(3), choose(2)];
  const dims = x.dims.map((size, axis) => size + (axis === 0 ? before + after : 2 * places));
  if (!isSmallMap(dims)) return;
  const pads = [0, before, places, places, 0, after, places, places];
  const mode = oneOf(choose, ["constant", "constant", "edge"]);
  net.push(net.node("Pad", [x.name, net.integers(pads)], `mode = "${mode}"`), dims);
};

/** Reshape, transpose, reshape within the channel axis. */
export const shuffle: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const [channels, height, width] = x.dims as [number, number, number];
  const outer = oneOf(choose, divisorsOf(channels));
  const cut = net.node("Reshape", [x.name, net.integers([0, outer, channels / outer, height, width])]);
  // Someone else may read the inside.
  if (choose(6) === 5)
    net.push(net.node("ReduceMean", [cut, net.integers([2])], "keepdims = 0"), [outer, height, width]);
  const turned = net.node("Transpose", [cut], "perm = [0, 2, 1, 3, 4]");
  net.push(net.node("Reshape", [turned, net.integers([0, channels, height, width])]), x.dims);
};

/** Any transposition of channels and places; a reshape that moves a factor between neighbouring axes. */
export const rearranged: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const [c, h, w] = x.dims as [number, number, number];
  if (choose(2) === 0) {
    const perm = oneOf(choose, [
      [0, 1, 2],
      [0, 2, 1],
      [1, 2, 0],
      [2, 0, 1],
      [1, 0, 2],
      [2, 1, 0],
    ]);
    const dims = perm.map((axis) => x.dims[axis] as number);
    if (isSmallMap(dims))
      net.push(
        net.node("Transpose", [x.name], `perm = [0, ${perm.map((axis) => axis + 1).join(", ")}]`),
        dims,
      );
    return;
  }
  const factor = oneOf(choose, divisorsOf(c));
  const dims = oneOf(choose, [
    [c / factor, factor * h, w],
    [c, h * w, 1],
    [c * h, w, 1],
    [c / factor, factor, h * w],
    [1, c, h * w],
  ]);
  if (isSmallMap(dims)) net.push(net.node("Reshape", [x.name, net.integers([0, ...dims])]), dims);
};

export const pixels: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const [c, h, w] = x.dims as [number, number, number];
  const up = [c / 4, 2 * h, 2 * w];
  const down = [4 * c, h / 2, w / 2];
  if (c % 4 === 0 && isSmallMap(up) && choose(3) < 2) {
    const mode = oneOf(choose, ["DCR", "CRD"]);
    net.push(net.node("DepthToSpace", [x.name], `blocksize = 2, mode = "${mode}"`), up);
  } else if (h % 2 === 0 && w % 2 === 0 && isSmallMap(down)) {
    net.push(net.node("SpaceToDepth", [x.name], "blocksize = 2"), down);
  }
};

/** Places repeated, channels repeated, one channel made many. */
export const repeated: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const [c, h, w] = x.dims as [number, number, number];
  const scale = net.constant("float", [4], [1, 1, 2, 2]);
  const options: { readonly dims: number[]; readonly make: () => string }[] = [
    { dims: [c, 2 * h, 2 * w], make: () => net.node("Resize", [x.name, "", scale], 'mode = "nearest"') },
    { dims: [2 * c, h, w], make: () => net.node("Tile", [x.name, net.integers([1, 2, 1, 1])]) },
  ];
  if (c === 1 || (h === 1 && w === 1)) {
    const dims = [c === 1 ? 4 : c, h === 1 ? 2 : h, w];
    options.push({ dims, make: () => net.node("Expand", [x.name, net.integers([1, ...dims])]) });
  }
  const option = oneOf(choose, options.filter(({ dims }) => isSmallMap(dims)).reverse());
  if (option) net.push(option.make(), option.dims);
};

/** A reshape whose sizes the graph works out from a shape. */
export const measuredReshape: Step = (net, choose) => {
  const x = pickMap(net, choose);
  const [c, h, w] = x.dims as [number, number, number];
  const shape = net.node("Shape", [x.name]);
  const at = (index: number) => net.node("Gather", [shape, net.integers([index])]);
  const channels = choose(2) === 0 ? at(1) : net.integers([c]);
  const sizes = net.node(
    "Concat",
    [at(0), channels, net.integers([choose(2) === 0 ? -1 : h * w])],
    "axis = 0",
  );
  const rows = net.node("Reshape", [x.name, sizes]);
  net.push(net.node("Unsqueeze", [rows, net.integers([3])]), [c, h * w, 1]);
};
