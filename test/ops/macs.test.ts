import { expect } from "chai";
import type { Node } from "../../src/ir/index.js";
import { allOps, type DimsOf, lookupOp } from "../../src/ops/index.js";
import { model } from "../support/graph.js";
import { feedsFor, observe } from "../support/observe.js";
import { opFixtures } from "./fixtures/index.js";

/** Counts what the definition of the operator multiplies, one product at a time. */
type Counter = (node: Node, dims: (index: number) => readonly number[]) => number;

/** A convolution with its filters at input `w`. */
const conv =
  (w: number): Counter =>
  (node, dims) => {
    const [filters = 0, reads = 0, ...kernel] = dims(w);
    const groups = node.int("group") ?? 1;
    let count = 0;
    loop(dims(-1), ([, filter = 0]) => {
      // Products with padding count as well.
      const group = Math.floor(filter / (filters / groups));
      for (let c = group * reads; c < (group + 1) * reads; c++) loop(kernel, () => count++);
    });
    return count;
  };

const convTranspose: Counter = (_, dims) => {
  const [, writes = 0, ...kernel] = dims(1);
  let count = 0;
  loop(dims(0), () => {
    for (let filter = 0; filter < writes; filter++) loop(kernel, () => count++);
  });
  return count;
};

const gemm: Counter = (node, dims) => {
  const [rows = 0, columns = 0] = dims(-1);
  const inner = dims(0)[node.int("transA") ? 0 : 1] ?? 0;
  let count = 0;
  loop([rows, columns, inner], () => count++);
  return count;
};

const matMul: Counter = (node, dims) => {
  let count = 0;
  loop([...dims(-1), dims(0).at(node.int("transA") ? -2 : -1) ?? 0], () => count++);
  return count;
};

/** Scores of every query with every key, also of the cache at input `past`, head by head, and sums of values that they weigh. */
const scores =
  (name: string, past: number): Counter =>
  (node, dims) => {
    const heads = node.int(name) ?? dims(0)[1] ?? 0;
    // [batch, heads, positions, width], or [batch, positions, heads · width].
    const split = (each: readonly number[]) =>
      each.length === 4 ? [each[2] ?? 0, each[3] ?? 0] : [each[1] ?? 0, (each[2] ?? 0) / heads];
    const [[queries = 0, width = 0], [, result = 0]] = [split(dims(0)), split(dims(-1))];
    const keys = (split(dims(1))[0] ?? 0) + (node.input(past) ? (dims(past)[2] ?? 0) : 0);
    let count = 0;
    for (const each of [width, result]) loop([dims(0)[0] ?? 0, heads, queries, keys, each], () => count++);
    return count;
  };

const attention: Counter = (node, dims) => {
  const [batch = 0, positions = 0, inputs = 0] = dims(0);
  const outputs = dims(1)[1] ?? 0;
  const heads = node.int("num_heads") ?? 1;
  let count = 0;
  loop([batch, positions, inputs, outputs], () => count++);
  const [q, , v] = node.ints("qkv_hidden_sizes") ?? [outputs / 3, outputs / 3, outputs / 3];
  for (const width of [q, v]) loop([batch, heads, positions, positions, (width ?? 0) / heads], () => count++);
  return count;
};

/** Counts what the definition of the operator multiplies, one product at a time. */
const counters: Record<string, Counter> = {
  Conv: conv(1),
  DeformConv: conv(1),
  ConvTranspose: convTranspose,
  Gemm: gemm,
  MatMul: matMul,
  ConvInteger: conv(1),
  QLinearConv: conv(3),
  MatMulInteger: matMul,
  QLinearMatMul: matMul,
  "com.microsoft.QLinearConv": conv(3),
  "com.microsoft.MatMulIntegerToFloat": matMul,
  "com.microsoft.DynamicQuantizeMatMul": matMul,
  "com.microsoft.QGemm": gemm,
  "com.microsoft.MatMulNBits": matMul,
  "com.microsoft.FusedConv": conv(1),
  "com.microsoft.FusedMatMul": matMul,
  "com.microsoft.FusedGemm": gemm,
  "com.microsoft.Attention": attention,
  "com.microsoft.MultiHeadAttention": scores("num_heads", 6),
  "com.microsoft.GroupQueryAttention": scores("num_heads", 3),
  Attention: scores("q_num_heads", 4),
};

const nameOf = (opType: string, domain: string | undefined) => (domain ? `${domain}.${opType}` : opType);

/** Every index of a grid. */
function loop(
  dims: readonly number[],
  visit: (index: readonly number[]) => void,
  index: number[] = [],
): void {
  if (index.length === dims.length) return visit(index);
  for (let i = 0; i < (dims[index.length] ?? 0); i++) loop(dims, visit, [...index, i]);
}

describe("multiply-accumulates", () => {
  it("has a counter for every entry with a formula", () => {
    expect(
      allOps
        .filter((op) => op.macs)
        .map(({ type, domain }) => nameOf(type, domain))
        .sort(),
    ).to.deep.equal(Object.keys(counters).sort());
  });

  for (const { op, note, text } of opFixtures.filter(({ op }) => op in counters)) {
    it(`${op}, ${note}: one by one`, async () => {
      const fixture = model(text);
      const { dims } = await observe(fixture, feedsFor(fixture, 1));
      let met = 0;
      for (const node of fixture.graph.nodes) {
        const counter = counters[nameOf(node.opType, node.domain)];
        if (!counter) continue;
        met++;
        expect(lookupOp(node)?.macs?.(node, dims), node.label).to.equal(counter(node, operands(node, dims)));
      }
      expect(met).to.be.above(0);
    });
  }
});

/** Dimensions of input `index`, or of the first output for -1. */
function operands(node: Node, dims: DimsOf): (index: number) => readonly number[] {
  return (index) => {
    const value = index < 0 ? node.output(0) : node.input(index);
    const known = value && dims(value);
    if (!known) throw new Error(`${node}: unknown dimensions`);
    return known;
  };
}
