import { expect } from "chai";
import { IntegerEvaluator } from "../../src/analysis/integers.js";
import { DataType, Graph, Tensor, type Value } from "../../src/ir/index.js";
import type { DimsOf } from "../../src/ops/index.js";
import { model } from "../support/graph.js";

const nothing: DimsOf = () => undefined;

/** Evaluates the value called `y` of a graph of opset 21 with an input x of 2 × 8 × 6 × 6. */
function evaluate(constants: string, nodes: string) {
  const { graph } = model(
    `<ir_version: 10, opset_import: ["" : 21]> f (float[2, 8, 6, 6] x) => (int64[] y) <${constants}> {${nodes}}`,
  );
  const evaluator = new IntegerEvaluator(({ name }) => (name === "x" ? [2, 8, 6, 6] : undefined));
  const result = evaluator.evaluate(graph.value("y"));
  const origins = result?.origins.map((origin) => origin && `${origin.constant.name}[${origin.index}]`);
  return { values: result?.values, dims: result?.dims, origins, isMeasured: result?.isMeasured };
}

describe("integers behind a value", () => {
  it("follows an exported flatten: sizes of Shape have no origin, the constant part has", () => {
    const result = evaluate(
      "int64 zero = {0}, int64[1] front = {0}, int64[1] rest = {288}",
      "d = Shape(x) n = Gather(d, zero) u = Unsqueeze(n, front) y = Concat <axis = 0> (u, rest)",
    );
    expect(result).to.deep.equal({
      values: [2, 288],
      dims: [2],
      origins: [undefined, "rest[0]"],
      isMeasured: true,
    });
  });

  it("follows copies through every movement, and loses them in arithmetic", () => {
    const copies = evaluate(
      "int64[2, 2] m = {1, 2, 3, 4}, int64[1] back = {-1}, int64[1] far = {-9}, int64[1] front = {0}, int64[1] flat = {-1}",
      "c = Cast <to = 6> (m) r = Slice(c, back, far, front, back) t = Transpose(r) e = Reshape(t, flat) y = Cast <to = 7> (e)",
    );
    expect(copies.values).to.deep.equal([3, 1, 4, 2]);
    expect(copies.origins).to.deep.equal(["m[2]", "m[0]", "m[3]", "m[1]"]);
    expect(copies.isMeasured).to.equal(false);
    const sum = evaluate("int64[2] a = {1, 2}, int64[1] b = {1}", "y = Add(a, b)");
    expect(sum).to.deep.equal({
      values: [2, 3],
      dims: [2],
      origins: [undefined, undefined],
      isMeasured: false,
    });
  });

  it("takes each element of a Where from where it comes", () => {
    const result = evaluate(
      "int64[3] a = {-1, 8, 6}, int64 hole = {-1}, int64[1] one = {1}",
      "c = Equal(a, hole) y = Where(c, one, a)",
    );
    expect(result.values).to.deep.equal([1, 8, 6]);
    expect(result.origins).to.deep.equal(["one[0]", "a[1]", "a[2]"]);
  });

  it("names the element of a Constant node", () => {
    const result = evaluate("", "c = Constant <value_ints = [4, 5]> () y = Identity(c)");
    expect(result.origins).to.deep.equal(["c[0]", "c[1]"]);
  });

  it("does not know what data decides", () => {
    expect(evaluate("", "y = NonZero(x)").values).to.equal(undefined);
    expect(
      evaluate("int64 k = {1}", "m = ReduceMax <keepdims = 0> (x) i = Cast <to = 7> (m) y = Add(i, k)")
        .values,
    ).to.equal(undefined);
  });

  it("knows no division by zero, no negative or huge sizes", () => {
    expect(evaluate("int64[1] a = {1}, int64[1] o = {0}", "y = Div(a, o)").values).to.equal(undefined);
    expect(evaluate("int64[1] s = {-4}", "y = ConstantOfShape(s)").values).to.equal(undefined);
    expect(evaluate("int64[2] s = {1000000, 1000000}, int64 a = {1}", "y = Expand(a, s)").values).to.equal(
      undefined,
    );
    expect(
      evaluate("int64 a = {0}, int64 b = {1000000000}, int64 c = {1}", "y = Range(a, b, c)").values,
    ).to.equal(undefined);
  });

  it("walks chains longer than the call stack is deep", () => {
    const graph = new Graph();
    let at: Value = graph.setInitializer("start", Tensor.int64("start", [1], [1]));
    const one = graph.setInitializer("one", Tensor.int64("one", [1], [1]));
    for (let i = 0; i < 30_000; i++) {
      const next = graph.value(`v${i}`);
      graph.addNode({ opType: "Add", inputs: [at, one], outputs: [next] });
      at = next;
    }
    expect(new IntegerEvaluator(nothing).integersOf(at)).to.deep.equal([30_001]);
  });

  it("ends where values wait for each other", () => {
    const graph = new Graph();
    const [a, b] = [graph.value("a"), graph.value("b")];
    graph.addNode({ opType: "Neg", inputs: [b], outputs: [a] });
    graph.addNode({ opType: "Neg", inputs: [a], outputs: [b] });
    expect(new IntegerEvaluator(nothing).evaluate(a)).to.equal(undefined);
  });

  it("does not read large or textual constants", () => {
    const graph = new Graph();
    const large = graph.setInitializer("large", Tensor.float32("large", [5000], new Float32Array(5000)));
    const half = graph.setInitializer("half", Tensor.raw("half", DataType.FLOAT16, [1], new Uint8Array(2)));
    const evaluator = new IntegerEvaluator(nothing);
    expect(evaluator.evaluate(large)).to.equal(undefined);
    expect(evaluator.evaluate(half)).to.equal(undefined);
  });
});
