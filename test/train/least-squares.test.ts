import { expect } from "chai";
import { Random } from "../../src/base/random.js";
import type { PrunePlan } from "../../src/channels/index.js";
import { DataType, type Model, Tensor, toFloat32 } from "../../src/ir/index.js";
import { relativeDifference, run } from "../../src/runtime/index.js";
import { leastSquares, solveSymmetric } from "../../src/train/index.js";
import { model } from "../support/graph.js";
import { quarters } from "./samples.js";

const chain = (channels: number) => `<ir_version: 8, opset_import: ["" : 17]>
g (float[N,3,8,8] x) => (float[N,2] y)
<float[${channels},3,3,3] w1, float[${channels}] b1, float[5,${channels},3,3] w2, float[5] b2, float[5,2] w3>
{
  c1 = Conv <pads = [1, 1, 1, 1]> (x, w1, b1)
  r1 = Relu (c1)
  c2 = Conv <strides = [2, 2], pads = [1, 1, 1, 1]> (r1, w2, b2)
  p = ReduceMean <axes = [2, 3], keepdims = 0> (c2)
  y = MatMul (p, w3)
}`;

const NO_COST = { macs: 0, params: 0, bytes: 0 };

function planOf(slices: PrunePlan["slices"]): PrunePlan {
  const format = "topiary-plan/1";
  return { format, model: { sha256: "", name: "" }, groups: [], slices, before: NO_COST, after: NO_COST };
}

const plan = planOf([
  { tensor: "w1", axis: 0, removed: [1], role: "producer" },
  { tensor: "w2", axis: 1, removed: [1], role: "consumer" },
]);

function values(subject: Model, name: string): Float32Array {
  return toFloat32(subject.graph.find(name)?.initializer ?? Tensor.float32(name, [0], []));
}

/** Rows of `size` without the second; the first axis has `outer` of `channels` rows each. */
function without(source: Float32Array, channels: number, size: number): Float32Array {
  return source.filter((_, i) => Math.floor(i / size) % channels !== 1);
}

describe("least squares", () => {
  it("solves symmetric systems", () => {
    const [n, m] = [6, 3];
    const random = new Random(1);
    const root = Float64Array.from({ length: n * n }, () => random.normal());
    const a = Float64Array.from({ length: n * n }, (_, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      let sum = i === j ? 1 : 0;
      for (let k = 0; k < n; k++) sum += (root[i * n + k] ?? 0) * (root[j * n + k] ?? 0);
      return sum;
    });
    const x = Float64Array.from({ length: n * m }, () => random.normal());
    const b = Float64Array.from({ length: n * m }, (_, at) => {
      const [i, c] = [Math.floor(at / m), at % m];
      let sum = 0;
      for (let k = 0; k < n; k++) sum += (a[i * n + k] ?? 0) * (x[k * m + c] ?? 0);
      return sum;
    });
    solveSymmetric(a, n, b, m);
    b.forEach((value, i) => {
      expect(value).to.be.closeTo(x[i] ?? 0, 1e-9);
    });
  });

  it("a removed channel that is a copy of another is replaced exactly", async () => {
    const original = model(chain(4));
    // Channel 1 computes what channel 0 does, so that channel 0 can take over what readers took from it.
    const w1 = Float32Array.from(values(original, "w1"));
    const b1 = Float32Array.from(values(original, "b1"));
    w1.copyWithin(27, 0, 27);
    b1.copyWithin(1, 0, 1);
    original.graph.setInitializer("w1", Tensor.float32("w1", [4, 3, 3, 3], w1));
    original.graph.setInitializer("b1", Tensor.float32("b1", [4], b1));
    const pruned = model(chain(3));
    const w2 = values(original, "w2");
    pruned.graph.setInitializer("w1", Tensor.float32("w1", [3, 3, 3, 3], without(w1, 4, 27)));
    pruned.graph.setInitializer("b1", Tensor.float32("b1", [3], without(b1, 4, 1)));
    pruned.graph.setInitializer("w2", Tensor.float32("w2", [5, 3, 3, 3], without(w2, 4, 9)));
    for (const name of ["b2", "w3"]) {
      const tensor = original.graph.find(name)?.initializer;
      if (tensor) pruned.graph.setInitializer(name, tensor);
    }
    const options = { ridge: 1e-9, samples: 128, batch: 64, threads: 1 };
    const {
      model: repaired,
      layers,
      skipped,
    } = await leastSquares(original, pruned, plan, quarters(128, 1), options);
    expect(layers).to.deep.equal(["c2"]);
    expect(skipped).to.deep.equal([]);
    const found = values(repaired, "w2");
    found.forEach((value, i) => {
      const [output, channel, at] = [Math.floor(i / 27), Math.floor(i / 9) % 3, i % 9];
      const old = (c: number) => w2[(output * 4 + c) * 9 + at] ?? 0;
      const expected = channel === 0 ? old(0) + old(1) : old(channel + 1);
      expect(value).to.be.closeTo(expected, 2e-3);
    });
    // The pruned model itself is as it was.
    expect(values(pruned, "w2")).to.deep.equal(without(w2, 4, 9));
  });
});

/** Layers behind four channels of which the second goes; `groups` is the number of channels left where each has its own. */
interface Reader {
  readonly nodes: (channels: number) => string;
  readonly constants: (channels: number) => string;
  /** Axes of constants along which the second index goes. */
  readonly cut: Readonly<Record<string, number>>;
  readonly refitted: readonly string[];
}

const head = "p = ReduceMean <axes = [2, 3], keepdims = 0> (r1)";
const readers: Readonly<Record<string, Reader>> = {
  "a convolution with a bias": {
    nodes: () => "y = Conv (r1, w2, b2)",
    constants: (channels) => `float[5,${channels},1,1] w2, float[5] b2`,
    cut: { w2: 1 },
    refitted: ["y"],
  },
  "a convolution with normalization behind": {
    nodes: () => "c2 = Conv (r1, w2) y = BatchNormalization (c2, s, h, m, v)",
    constants: (channels) =>
      `float[5,${channels},1,1] w2, float[5] s, float[5] h, float[5] m, float[5] v = {1, 2, 3, 4, 5}`,
    cut: { w2: 1 },
    refitted: ["c2"],
  },
  "a Gemm": {
    nodes: () => `${head} y = Gemm <transB = 1> (p, w2, b2)`,
    constants: (channels) => `float[5,${channels}] w2, float[5] b2`,
    cut: { w2: 1 },
    refitted: ["y"],
  },
  "a Gemm with its weight the other way round": {
    nodes: () => `${head} y = Gemm (p, w2, b2)`,
    constants: (channels) => `float[${channels},5] w2, float[5] b2`,
    cut: { w2: 0 },
    refitted: ["y"],
  },
  "a MatMul with an Add behind": {
    nodes: () => "t = Transpose <perm = [0, 2, 3, 1]> (r1) z = MatMul (t, w2) y = Add (b2, z)",
    constants: (channels) => `float[${channels},5] w2, float[5] b2`,
    cut: { w2: 0 },
    refitted: ["z"],
  },
  "a depthwise convolution and what reads it": {
    nodes: (channels) =>
      `d = Conv <group = ${channels}, pads = [1, 1, 1, 1]> (r1, wd, bd) y = Conv (d, w2, b2)`,
    constants: (channels) =>
      `float[${channels},1,3,3] wd, float[${channels}] bd, float[5,${channels},1,1] w2, float[5] b2`,
    cut: { wd: 0, bd: 0, w2: 1 },
    refitted: ["d", "y"],
  },
};

const textOf = ({ nodes, constants }: Reader, channels: number) => `<ir_version: 8, opset_import: ["" : 17]>
g (float[N,3,8,8] x) => (float y)
<float[${channels},3,3,3] w1, float[${channels}] b1, ${constants(channels)}>
{ c1 = Conv <pads = [1, 1, 1, 1]> (x, w1, b1) r1 = Relu (c1) ${nodes(channels)} }`;

/** The tensor without the second of four along an axis. */
function cutAt(tensor: Tensor, axis: number): Tensor {
  const dims = tensor.dims.map((size, i) => (i === axis ? size - 1 : size));
  const inner = tensor.dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  return Tensor.float32("cut", dims, without(toFloat32(tensor), tensor.dims[axis] ?? 1, inner));
}

/** The reader behind four channels, and behind three of them with the constants of the same names. */
function pair(reader: Reader, change: (original: Model) => void) {
  const [original, pruned] = [model(textOf(reader, 4)), model(textOf(reader, 3))];
  change(original);
  const cuts = new Map(Object.entries({ w1: 0, b1: 0, ...reader.cut }));
  for (const { name, initializer } of original.graph.initializers) {
    const axis = cuts.get(name);
    if (initializer)
      pruned.graph.setInitializer(name, axis === undefined ? initializer : cutAt(initializer, axis));
  }
  const slices = Array.from(cuts, ([tensor, axis]) => ({
    tensor,
    axis,
    removed: [1],
    role: "producer" as const,
  }));
  return { original, pruned, plan: planOf(slices) };
}

async function outputOf(subject: Model) {
  const data = quarters(32, 7);
  const x = data.normalise(await data.read([...Array(32).keys()]));
  const feed = { dataType: DataType.FLOAT, dims: [32, 3, 8, 8], data: x };
  const [output] = await run(subject, new Map([["x", feed]]));
  if (!output) throw new Error("no output");
  return output;
}

describe("least squares of layers", () => {
  const options = { ridge: 1e-9, samples: 128, batch: 64, threads: 1 };

  for (const [name, reader] of Object.entries(readers)) {
    it(`${name}: a channel that is always the same goes into the bias`, async () => {
      const {
        original,
        pruned,
        plan: cuts,
      } = pair(reader, ({ graph }) => {
        for (const [tensor, value] of [
          ["w1", 0],
          ["b1", 2],
        ] as const) {
          const { dims } = graph.find(tensor)?.initializer ?? { dims: [] };
          const numbers = Float32Array.from(
            toFloat32(graph.find(tensor)?.initializer ?? Tensor.float32("", [0], [])),
          );
          const size = numbers.length / 4;
          graph.setInitializer(tensor, Tensor.float32(tensor, dims, numbers.fill(value, size, 2 * size)));
        }
        // A filter of one place, so that nothing of the padding comes in.
        const depthwise = graph.find("wd")?.initializer;
        if (depthwise) {
          const centre = toFloat32(depthwise).map((value, i) => (i % 9 === 4 ? value : 0));
          graph.setInitializer("wd", Tensor.float32("wd", depthwise.dims, centre));
        }
      });
      // An error further up, which a reader of single channels can only take back channel by channel.
      if (reader.refitted.includes("d"))
        for (const tensor of ["w1", "b1"]) {
          const { dims } = pruned.graph.find(tensor)?.initializer ?? { dims: [] };
          pruned.graph.setInitializer(
            tensor,
            Tensor.float32(
              tensor,
              dims,
              values(pruned, tensor).map((v) => 2 * v),
            ),
          );
        }
      const expected = await outputOf(original);
      expect(relativeDifference(expected, await outputOf(pruned))).to.be.above(0.01);
      const {
        model: repaired,
        layers,
        skipped,
      } = await leastSquares(original, pruned, cuts, quarters(128, 1), options);
      expect(layers).to.deep.equal(reader.refitted);
      expect(skipped).to.deep.equal([]);
      expect(relativeDifference(expected, await outputOf(repaired))).to.be.below(1e-4);
    });
  }

  it("grouped convolutions are refitted group by group", async () => {
    const grouped = (channels: number) => `<ir_version: 8, opset_import: ["" : 17]>
g (float[N,3,8,8] x) => (float[N,6,4,4] y)
<float[${channels},3,3,3] w1, float[${channels}] b1, float[6,${channels / 2},3,3] w2>
{ c1 = Conv <pads = [1, 1, 1, 1]> (x, w1, b1) r1 = Relu (c1)
  y = Conv <group = 2, strides = [2, 2], pads = [1, 1, 1, 1]> (r1, w2) }`;
    const [original, pruned] = [model(grouped(8)), model(grouped(6))];
    // In each half the second channel computes what the first does.
    const [w1, b1] = [Float32Array.from(values(original, "w1")), Float32Array.from(values(original, "b1"))];
    for (const half of [0, 4]) {
      w1.copyWithin((half + 1) * 27, half * 27, (half + 1) * 27);
      b1.copyWithin(half + 1, half, half + 1);
    }
    original.graph.setInitializer("w1", Tensor.float32("w1", [8, 3, 3, 3], w1));
    original.graph.setInitializer("b1", Tensor.float32("b1", [8], b1));
    pruned.graph.setInitializer("w1", Tensor.float32("w1", [6, 3, 3, 3], without(w1, 4, 27)));
    pruned.graph.setInitializer("b1", Tensor.float32("b1", [6], without(b1, 4, 1)));
    const w2 = without(values(original, "w2"), 4, 9);
    pruned.graph.setInitializer("w2", Tensor.float32("w2", [6, 3, 3, 3], w2));
    const cuts = planOf([
      { tensor: "w1", axis: 0, removed: [1, 5], role: "producer" },
      { tensor: "w2", axis: 1, removed: [1], role: "consumer", within: { axis: 0, start: 0, end: 3 } },
      { tensor: "w2", axis: 1, removed: [1], role: "consumer", within: { axis: 0, start: 3, end: 6 } },
    ]);
    const expected = await outputOf(original);
    expect(relativeDifference(expected, await outputOf(pruned))).to.be.above(0.01);
    const { model: repaired, layers } = await leastSquares(original, pruned, cuts, quarters(128, 1), options);
    expect(layers).to.deep.equal(["y"]);
    expect(relativeDifference(expected, await outputOf(repaired))).to.be.below(1e-3);
  });

  it("says what it leaves, and why", async () => {
    const reader: Reader = {
      nodes: () => `${head} y = Gemm <alpha = 0.5> (p, w2)`,
      constants: (channels) => `float[${channels},5] w2`,
      cut: { w2: 0 },
      refitted: [],
    };
    const { original, pruned, plan: cuts } = pair(reader, () => {});
    const { layers, skipped } = await leastSquares(original, pruned, cuts, quarters(64, 1), options);
    expect(layers).to.deep.equal([]);
    expect(skipped).to.deep.equal([{ layer: "y", reason: "Gemm of this form is not refitted" }]);
  });
});
