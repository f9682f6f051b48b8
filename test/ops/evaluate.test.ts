import { expect } from "chai";
import { IntegerEvaluator } from "../../src/analysis/integers.js";
import type { DataType, Model, Value } from "../../src/ir/index.js";
import { allOps } from "../../src/ops/index.js";
import { numbersIn } from "../../src/runtime/index.js";
import { model } from "../support/graph.js";
import { feedsFor, runPlain } from "../support/observe.js";

const CONSTANTS = [
  "int64[4] v = {7, -5, 2, 0}",
  "int64[2, 2] m = {1, 2, 3, 4}",
  "int64[2, 1] column = {3, -2}",
  "int32[3] w = {4, 5, 6}",
  "float[3] f = {1.5, -2.5, 0.1}",
  "bool[4] p = {1, 0, 0, 1}",
  "int64 zero = {0}, int64 one = {1}, int64 two = {2}, int64 last = {-1}, int64 ten = {10}",
  "int64[1] i0 = {0}, int64[1] i1 = {1}, int64[1] i2 = {2}, int64[1] first = {-1}",
  "int64[1] far = {9223372036854775807}, int64[1] back = {-9223372036854775807}",
  "int64[2] pair = {1, 3}, int64[2, 2] table = {3, 0, -1, 2}, int64[2] sizes = {2, 3}",
].join(", ");

/** Nodes whose results the table must work out, all of them just as onnxruntime does. */
const cases: readonly [op: string, nodes: string, opset?: number][] = [
  ["Abs", "a = Abs(v) b = Abs(f)"],
  ["Add", "a = Add(v, column) b = Add(f, f)"],
  ["And", "a = And(p, p)"],
  ["Cast", "a = Cast <to = 6> (f) b = Cast <to = 1> (v) c = Cast <to = 9> (v) d = Cast <to = 7> (p)"],
  ["Ceil", "a = Ceil(f)"],
  ["Concat", "a = Concat <axis = 0> (v, i1, pair) b = Concat <axis = -2> (m, table)"],
  ["Constant", "a = Constant <value = int64[2] {3, 4}> () b = Constant <value_int = 5> ()"],
  ["Constant", "a = Constant <value_ints = [5, 6]> () b = Constant <value_float = 0.1> ()"],
  ["Constant", "a = Constant <value_floats = [0.1, 2.0]> ()"],
  ["ConstantOfShape", "a = ConstantOfShape <value = int64[1] {7}> (sizes) b = ConstantOfShape(sizes)"],
  ["Div", "a = Div(v, column) b = Div(f, f) g = Cast <to = 1> (w) c = Div(f, g)"],
  ["Equal", "a = Equal(v, zero)"],
  ["Expand", "a = Expand(column, sizes) t = Concat <axis = 0> (i2, i1) b = Expand(v, t)"],
  ["Flatten", "a = Flatten(m) b = Flatten <axis = 0> (m) c = Flatten <axis = -1> (v)"],
  ["Floor", "a = Floor(f)"],
  ["Gather", "a = Gather(v, one) b = Gather(v, last) c = Gather(v, pair) d = Gather(v, table)"],
  ["Greater", "a = Greater(v, zero)"],
  ["GreaterOrEqual", "a = GreaterOrEqual(v, zero)"],
  ["Identity", "a = Identity(m)"],
  ["Less", "g = Identity(f) a = Less(f, g)"],
  ["LessOrEqual", "a = LessOrEqual(v, zero)"],
  ["Max", "a = Max(v, column, zero)"],
  ["Min", "a = Min(v, column)"],
  ["Mod", "a = Mod(v, ten) l = Sub(zero, two) b = Mod(v, l) c = Mod <fmod = 1> (v, l)"],
  ["Mul", "a = Mul(v, column) b = Mul(f, f)"],
  ["Neg", "a = Neg(v)"],
  ["Not", "a = Not(p)"],
  ["Or", "n = Not(p) a = Or(p, n)"],
  ["Range", "a = Range(zero, ten, two) l = Sub(zero, two) c = Range(ten, zero, one) b = Range(ten, zero, l)"],
  ["ReduceMax", "a = ReduceMax(v) b = ReduceMax <keepdims = 0> (v, i0)"],
  ["ReduceMin", "a = ReduceMin(v)"],
  ["ReduceProd", "s = Shape(x) b = ReduceProd(f) a = ReduceProd <keepdims = 0> (s)"],
  ["ReduceSum", "a = ReduceSum(v, i0) b = ReduceSum <noop_with_empty_axes = 1> (one)"],
  [
    "Reshape",
    "s = Concat <axis = 0> (i2, first) t = Concat <axis = 0> (i0, i2) a = Reshape(v, s) b = Reshape(m, t)",
  ],
  [
    "Shape",
    "a = Shape(x) b = Shape <start = 1> (x) c = Shape <start = -2, end = -1> (x) d = Shape <start = 3> (x)",
  ],
  ["Size", "a = Size(x)"],
  ["Slice", "a = Slice(v, i1, far) b = Slice(v, first, back, i0, first) c = Slice(v, i0, far, i0, i2)"],
  ["Slice", "a = Slice(v, i2, i1) b = Slice(table, first, back, i0, first) c = Slice(m, i0, i1, i1)"],
  ["Slice", "a = Slice <starts = [1], ends = [-1]> (v)", 9],
  [
    "Split",
    "a, b = Split <num_outputs = 2> (w) t = Add(i1, i2) s = Concat <axis = 0> (i1, t) c, d = Split(v, s)",
    18,
  ],
  ["Split", "a, b = Split <split = [1, 3]> (v)", 11],
  ["Sqrt", "g = Abs(f) a = Sqrt(g)"],
  ["Squeeze", "a = Squeeze(column) b = Squeeze(i1, i0)"],
  ["Squeeze", "a = Squeeze <axes = [-1]> (column)", 11],
  ["Sub", "a = Sub(v, column)"],
  ["Sum", "a = Sum(f, f, f)"],
  ["Transpose", "a = Transpose(m) b = Transpose <perm = [1, 0]> (column) c = Transpose(v)"],
  [
    "Unsqueeze",
    "e = Concat <axis = 0> (i1, i2) a = Unsqueeze(v, e) b = Unsqueeze(one, i0) c = Unsqueeze(v, first)",
  ],
  ["Unsqueeze", "a = Unsqueeze <axes = [0, -1]> (v)", 11],
  ["Where", "a = Where(p, v, zero) n = Not(p) b = Where(n, column, v)"],
  ["Xor", "n = Greater(v, zero) a = Xor(p, n)"],
  [
    "Floor",
    "s = Shape(x) k = Constant <value_float = 2.3> () n = Cast <to = 1> (s) t = Mul(n, k) a = Floor(t)",
  ],
];

describe("shape arithmetic", () => {
  it("has a case for every entry that evaluates", () => {
    const evaluating = allOps.filter((op) => op.evaluate).map(({ type }) => type);
    expect(evaluating.filter((type) => !cases.some(([op]) => op === type))).to.deep.equal([]);
  });

  for (const [op, nodes, opset = 21] of cases) {
    it(`${op}: ${nodes}`, async () => {
      const graph = model(
        `<ir_version: 10, opset_import: ["" : ${opset}]> f (float[2, 3, 4] x) => () <${CONSTANTS}> {${nodes}}`,
      );
      const evaluator = new IntegerEvaluator((value) => (value.name === "x" ? [2, 3, 4] : undefined));
      for (const [value, { dims, values, elementType }] of await onnxruntimeSays(graph)) {
        const worked = evaluator.evaluate(value);
        expect(worked, value.name).to.include({ elementType });
        expect(worked?.dims, value.name).to.deep.equal(dims);
        expect(
          worked?.values.map((each) => each + 0),
          value.name,
        ).to.deep.equal(values);
      }
    });
  }
});

interface Said {
  readonly dims: readonly number[];
  readonly values: readonly number[];
  readonly elementType: DataType;
}

/** Every value that a node of the graph makes, as onnxruntime computes it. */
async function onnxruntimeSays(graph: Model): Promise<Map<Value, Said>> {
  const values = graph.graph.nodes.flatMap((node) => node.outputs.filter((value) => value !== null));
  for (const value of values) graph.graph.addOutput(value);
  const outputs = await runPlain(graph, feedsFor(graph, 1));
  return new Map(
    values.map((value, i) => {
      const output = outputs[i];
      if (!output) throw new Error(`no output ${value.name}`);
      const { dims, dataType } = output;
      return [
        value,
        { dims, elementType: dataType, values: Array.from(numbersIn(output), (each) => each + 0) },
      ];
    }),
  );
}
