import { readdirSync, statSync } from "node:fs";
import { expect } from "chai";
import type { ShapeTable } from "../../src/analysis/shapes.js";
import { UserError } from "../../src/base/errors.js";
import { DataType, Graph, Model, nameOfType, Tensor, type Value } from "../../src/ir/index.js";
import { readModel } from "../../src/onnx/index.js";
import { inferShapes, inputPorts, randomFeeds, run } from "../../src/runtime/index.js";
import { Inference } from "../../src/runtime/inference.js";
import { model } from "../support/graph.js";
import { shared } from "../support/shared.js";
import { userError } from "../support/user-error.js";

/** "float[2,3]" for every value that a node makes, "float" without known dimensions, "?" without a type. */
function shown(graph: Graph, table: ShapeTable): Record<string, string> {
  const entries = graph.nodes.flatMap((node) =>
    node.outputs.map((value) => {
      const type = value && table.typeOf(value);
      const dims = value && table.of(value);
      return [value?.name ?? "", `${type ? nameOfType(type) : "?"}${dims ? `[${dims}]` : ""}`];
    }),
  );
  return Object.fromEntries(entries);
}

async function infer(text: string, choice = {}): Promise<Record<string, string>> {
  const { graph, table } = await tableOf(model(text), choice);
  return shown(graph, table);
}

async function tableOf(source: Model, choice = {}): Promise<{ graph: Graph; table: ShapeTable }> {
  return { graph: source.graph, table: await inferShapes(source, choice) };
}

function expectedText(table: ShapeTable, value: Value): string {
  return `${nameOfType(table.typeOf(value) ?? DataType.UNDEFINED)}[${table.of(value)}]`;
}

/** The model in a file with every value as an output. */
function withAllOutputs(path: string): Model {
  const all = readModel(path);
  for (const value of all.graph.values) {
    if (value.isInput) continue;
    value.info = undefined;
    if (value.producer && !value.isOutput) all.graph.addOutput(value);
  }
  return all;
}

describe("runtime/shapes", () => {
  it("finds every value's shape, with two samples in an open batch", async () => {
    const text = `g (float[N,3,8,8] x) => (float[N,5] y)
      <float[4,3,3,3] w, float[4,5] v> {
        a = Conv <strides = [2, 2]> (x, w)
        b = Relu(a)
        c = GlobalAveragePool(b)
        d = Flatten(c)
        y = MatMul(d, v)
      }`;
    expect(await infer(text)).to.deep.equal({
      a: "float[2,4,3,3]",
      b: "float[2,4,3,3]",
      c: "float[2,4,1,1]",
      d: "float[2,4]",
      y: "float[2,5]",
    });
    expect(await infer(text, { batch: 7 })).to.include({ a: "float[7,4,3,3]", y: "float[7,5]" });
    expect(await infer(text, { inputShapes: new Map([["x", [1, 3, 8, 8]]]) })).to.include({
      y: "float[1,5]",
    });
  });

  it("answers for inputs, initializers and constants, and knows the batch", async () => {
    const { graph, table } = await tableOf(
      model(`g (float[N,3] x) => (float[N,3] y) <float[3] w> {
        c = Constant <value = float[3] {1, 2, 3}> ()
        a = Add(x, w)
        y = Add(a, c)
      }`),
    );
    const of = (name: string) => table.of(graph.value(name));
    expect([of("x"), of("w"), of("c"), of("y")]).to.deep.equal([[2, 3], [3], [3], [2, 3]]);
    expect(table.typeOf(graph.value("w"))).to.equal(DataType.FLOAT);
    expect(table.pinned).to.deep.equal(new Map([["x", [2, 3]]]));
    expect(table.batch).to.equal(2);
    expect(table.gaps).to.deep.equal([]);
  });

  it("turns large weights into inputs, but keeps the integers that shapes depend on", async () => {
    const text = `g (float[N,64] x) => (float[a,b] y) <float[64,512] w, int64[2] shape = {-1, 256}> {
      a = MatMul(x, w)
      y = Reshape(a, shape)
    }`;
    expect(await infer(text)).to.deep.equal({ a: "float[2,512]", y: "float[4,256]" });
  });

  it("follows shape arithmetic back to the pinned inputs", async () => {
    const text = `g (float[N,C,6] x) => (float[a,b] y) <int64 zero = {0}, int64[1] axis = {0}, int64[1] rest = {-1}> {
      s = Shape(x)
      n = Gather <axis = 0> (s, zero)
      n1 = Unsqueeze(n, axis)
      t = Concat <axis = 0> (n1, rest)
      y = Reshape(x, t)
    }`;
    expect(await infer(text)).to.deep.equal({
      s: "int64[3]",
      n: "int64[]",
      n1: "int64[1]",
      t: "int64[2]",
      y: "float[2,48]",
    });
  });

  it("tells a scalar from an unknown rank", async () => {
    // Crop is an operator that onnxruntime can run, but not infer: only a run tells its rank and sizes.
    const text = `<ir_version: 8, opset_import: ["" : 7]> g (float[N,3,8,8] x) => (float s, float[] c) {
      s = ReduceMean <keepdims = 0> (x)
      c = Crop <border = [1, 1, 2, 2]> (x)
      d = Relu(c)
    }`;
    expect(await infer(text)).to.deep.equal({ s: "float[]", c: "float[2,3,5,5]", d: "float[2,3,5,5]" });
  });

  it("does not run anything to tell a scalar", async () => {
    const { graph } = model("g (float[2,3] x) => (float s) { s = ReduceMean <keepdims = 0> (x) }");
    const inference = new Inference(
      new Model({ opsetImports: [{ domain: "", version: 17 }], graph }),
      new Map([["x", [2, 3]]]),
    );
    await inference.infer({ leaveOutMisfits: false });
    expect(inference.unknown).to.deep.equal([]);
  });

  it("runs what depends on data, and asks again about what follows", async () => {
    const text = `g (float[4,5] x) => (int64[2,n] i, int64[n,2] j) { i = NonZero(x) j = Transpose(i) }`;
    // Random normal numbers are never zero.
    expect(await infer(text)).to.deep.equal({ i: "int64[2,20]", j: "int64[20,2]" });
  });

  it("tries smaller batches where the model fixes its own", async () => {
    const text = `g (float[N,12] x) => (float[1,5] y) <int64[2] shape = {1, 12}, float[12,5] w> {
      a = Reshape(x, shape)
      y = MatMul(a, w)
    }`;
    const { graph, table } = await tableOf(model(text));
    expect(table.batch).to.equal(1);
    expect(shown(graph, table)).to.deep.equal({ a: "float[1,12]", y: "float[1,5]" });
  });

  it("tries larger sizes where the usual ones shrink to nothing", async () => {
    const text = `g (float[N,3,H,W] x) => (float[N,4,h,w] y) <float[4,3,9,9] w> {
      a = Conv <strides = [4, 4]> (x, w)
      y = Conv <kernel_shape = [13, 13]> (a, v)
    }`.replace("<float[4,3,9,9] w>", "<float[4,3,9,9] w, float[4,4,13,13] v>");
    const { graph, table } = await tableOf(model(text));
    expect(table.pinned.get("x")).to.deep.equal([2, 3, 64, 64]);
    expect(shown(graph, table)).to.deep.equal({ a: "float[2,4,14,14]", y: "float[2,4,2,2]" });
    const larger = await tableOf(model(text.replaceAll("13", "17")));
    expect(larger.table.pinned.get("x")).to.deep.equal([1, 3, 320, 320]);
  });

  it("reaches bfloat16 and float8, and operators without a kernel", async () => {
    const text = `<ir_version: 10, opset_import: ["" : 21]> g (float[N,3] x) => (float[N,4] y) <bfloat16[3,4] w = {1,2,3,4,5,6,7,8,9,10,11,12}> {
      a = Cast <to = 16> (x)
      b = MatMul(a, w)
      c = Cast <to = 17> (b)
      d = Cast <to = 11> (b)
      e = Erf(d)
      y = Cast <to = 1> (e)
    }`;
    expect(await infer(text)).to.deep.equal({
      a: "bfloat16[2,3]",
      b: "bfloat16[2,4]",
      c: "float8e4m3fn[2,4]",
      d: "double[2,4]",
      e: "double[2,4]",
      y: "float[2,4]",
    });
  });

  it("goes around operators that onnxruntime does not know, with what the file says about them", async () => {
    const header = `<ir_version: 14, opset_import: ["" : 27, "my.domain" : 1]>`;
    const body = "a = Relu(x) b = my.domain.Foo(a) c = Relu(b) d = Neg(a)";
    const known = await tableOf(
      model(`${header} g (float[N,3] x) => (float[N,7] c, float[N,3] d) <float[2,7] b> { ${body} }`),
    );
    expect(shown(known.graph, known.table)).to.deep.equal({
      a: "float[2,3]",
      b: "float[2,7]",
      c: "float[2,7]",
      d: "float[2,3]",
    });
    const unknown = await tableOf(
      model(`${header} g (float[N,3] x) => (float[] c, float[N,3] d) { ${body} }`),
    );
    expect(shown(unknown.graph, unknown.table)).to.deep.equal({
      a: "float[2,3]",
      b: "?",
      c: "?",
      d: "float[2,3]",
    });
    expect(unknown.table.gaps).to.deep.equal(["operator Foo of the custom domain my.domain is not known"]);
  });

  it("follows local functions and bodies", async () => {
    const text = `<ir_version: 8, opset_import: ["" : 17, "local" : 1]>
      g (float[N,3] x, bool[] flag) => (float[N,3] y, float[a,b] z) {
        y = local.Twice(x)
        z = If (flag) <
          then_branch = t () => (float[a,b] u) { u = Neg(y) },
          else_branch = e () => (float[c,d] v) { v = Abs(x) }
        >
      }
      <opset_import: ["" : 17], domain: "local"> Twice (a) => (b) { b = Add(a, a) }`;
    expect(await infer(text)).to.deep.equal({ y: "float[2,3]", z: "float[2,3]" });
  });

  it("leaves values that are no tensors without a shape, and infers what is made from them", async () => {
    const text = `g (float[N,3] x) => (float[N,3] y) <int64 zero = {0}> {
      s = SequenceConstruct(x, x)
      y = SequenceAt(s, zero)
    }`;
    expect(await infer(text)).to.deep.equal({ s: "?", y: "float[2,3]" });
  });

  it("does not fail on a model that makes no sense", async () => {
    const text =
      "g (float[2,3] x) => (float[2,4] y, float[2,3] z) <float[5,4] w> { y = MatMul(x, w) z = Neg(x) }";
    const { graph, table } = await tableOf(model(text));
    expect(shown(graph, table)).to.deep.equal({ y: "float[2,4]", z: "float[2,3]" });
    expect(table.gaps).to.deep.equal([]);
  });

  it("computes no constant of gigabytes", async () => {
    const text = `g (float[1] x) => (float[a,b] y) <int64[2] size = {1000, 1000000}> {
      a = ConstantOfShape(size)
      y = Add(a, x)
    }`;
    expect(await infer(text)).to.deep.equal({ a: "float[1000,1000000]", y: "float[1000,1000000]" });
  });

  it("knows the shape of weights whose file is missing", async () => {
    const source = model("g (float[N,8] x) => (float[N,4] y) <float[8,4] w> { y = MatMul(x, w) }");
    const missing = {
      kind: "external",
      entries: new Map(),
      length: 128,
      read: () => {
        throw new UserError("gone", "gone");
      },
    } as const;
    source.graph.setInitializer(
      "w",
      new Tensor({ name: "w", dataType: DataType.FLOAT, dims: [8, 4], content: missing }),
    );
    const { graph, table } = await tableOf(source);
    expect(shown(graph, table)).to.deep.equal({ y: "float[2,4]" });
  });

  it("refuses shapes for inputs that the model does not have", async () => {
    await userError("input-shape", () =>
      infer("g (float[N] x) => (float[N] y) { y = Neg(x) }", { inputShapes: new Map([["z", [1]]]) }),
    );
  });

  it("infers very large graphs in pieces, shape arithmetic across the cuts included", async () => {
    const graph = new Graph({ name: "long" });
    const type = (dims: (number | string)[]) =>
      ({ kind: "tensor", elementType: DataType.FLOAT, shape: dims.map((size) => ({ size })) }) as const;
    const x = graph.addInput("x", { type: type(["N", 6]) });
    const shape = graph.value("shape");
    graph.addNode({ opType: "Shape", inputs: [x], outputs: [shape] });
    const two = graph.setInitializer("two", Tensor.int64("two", [2], [1, 1]));
    let sizes = shape;
    let last = x;
    const middle = graph.addNode({ opType: "Neg", inputs: [x], outputs: [graph.value("middle")] });
    for (let i = 0; i < 10_500; i++) {
      const next = graph.value(`v${i}`);
      graph.addNode({ opType: "Relu", inputs: [last], outputs: [next] });
      last = next;
      if (i % 3500 === 3400) {
        const scaled = graph.value(`s${i}`);
        graph.addNode({ opType: "Mul", inputs: [sizes, two], outputs: [scaled] });
        sizes = scaled;
      }
    }
    const fixed = graph.setInitializer("rows", Tensor.int64("rows", [2], [3, -1]));
    const column = graph.setInitializer("column", Tensor.int64("column", [2], [2, 1]));
    const row = graph.setInitializer("row", Tensor.int64("row", [1], [-1]));
    const names = ["flat", "square", "turned", "list", "again", "y"] as const;
    const [flat, square, turned, list, again, y] = names.map((name) => graph.value(name));
    if (!flat || !square || !turned || !list || !again || !y) throw new Error("six values were made");
    graph.addNode({ opType: "Reshape", inputs: [shape, column], outputs: [square] }, middle);
    graph.addNode({ opType: "Reshape", inputs: [last, fixed], outputs: [flat] });
    graph.addNode({ opType: "Reshape", inputs: [flat, sizes], outputs: [again] });
    graph.addNode({ opType: "Transpose", inputs: [square], outputs: [turned] });
    graph.addNode({ opType: "Reshape", inputs: [turned, row], outputs: [list] });
    graph.addNode({ opType: "Reshape", inputs: [again, list], outputs: [y] });
    graph.addOutput(y, { type: type(["a", "b"]) });
    const long = new Model({ irVersion: 8, opsetImports: [{ domain: "", version: 17 }], graph });
    const table = await inferShapes(long);
    expect(
      graph.nodes.filter((node) => node.outputs.some((value) => value && !table.of(value))),
    ).to.deep.equal([]);
    expect(table.of(flat)).to.deep.equal([3, 4]);
    expect(table.of(again)).to.deep.equal([2, 6]);
    expect(table.of(y)).to.deep.equal([2, 6]);
  });

  describe("on files that other people made", () => {
    it("knows every value", async function () {
      this.timeout(120_000);
      const unknown: string[] = [];
      for (const folder of ["models/real", "models/cifar10"]) {
        const path = shared(this, folder);
        for (const file of readdirSync(path)) {
          const { graph, table } = await tableOf(readModel(`${path}/${file}`));
          for (const node of graph.nodes) {
            for (const value of node.outputs)
              if (value && !table.of(value)) unknown.push(`${file}: ${value.name}`);
          }
        }
      }
      expect(unknown).to.deep.equal([]);
    });

    it("says what a real run shows", async function () {
      this.timeout(120_000);
      const path = shared(this, "models/real");
      const wrong: string[] = [];
      for (const file of readdirSync(path)) {
        if (statSync(`${path}/${file}`).size > 400_000) continue;
        const { graph, table } = await tableOf(readModel(`${path}/${file}`));
        const feeds = randomFeeds(inputPorts(graph), table.pinned, 0);
        for (const { name, dims, dataType } of await run(withAllOutputs(`${path}/${file}`), feeds)) {
          const value = graph.value(name);
          const same = expectedText(table, value) === `${nameOfType(dataType)}[${dims}]`;
          if (!same) wrong.push(`${file}: ${name} has [${dims}], not ${expectedText(table, value)}`);
        }
      }
      expect(wrong).to.deep.equal([]);
    });
  });
});
