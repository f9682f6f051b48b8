import { expect } from "chai";
import {
  type Attribute,
  DataType,
  Graph,
  graphDifferences,
  Model,
  modelDifferences,
  Tensor,
} from "../../../src/ir/index.js";
import { modelText, parseGraph, parseModel, printGraph, printModel } from "../../../src/onnx/text/index.js";
import { model } from "../../support/graph.js";

/** The golden texts below are of this model. */
const example = () =>
  model(`
    residual (float[N,3,8,8] x, bool c) => (float[N,4,8,8] y) <
      float[4,3,3,3] w, float[4] b = {0,0.5,-1,1e-7}, float16[2] half = {15360,49152},
      #@ {"docString":"after the convolution"}
      float[N,4,8,8] h
    > {
      #@ {"metadata":[["source","test"]]}
      [conv] h = Conv<kernel_shape=[3,3], pads=[1,1,1,1]>(x, w, b)
      ["re lu"] v, "" = Relu(h)
      k = Constant<value=float[2,10] {1,2,3,4,5,6,7,8,9,10,1,2,3,4,5,6,7,8,9,nan}>()
      y = If(c) <then_branch=body () => (t) { t = my.ops.Plus:fast<alpha=1.0, names=["a","b"]>(v, h) }, else_branch=
        #@ {"name":"a/b"}
        other () => (v) {}>
    }
    <domain: "my.ops", overload: "fast", opset_import: ["" : 17]>
    Plus <gain, alpha=0.5> (a, b) => (c) { c = Sum(a, b) }`);

const header = `<
  ir_version: 8,
  opset_import: ["" : 17]
>
`;
const functions = `
<
  domain: "my.ops",
  overload: "fast",
  opset_import: ["" : 17]
>
Plus <gain, alpha=0.5> (a, b) => (c) {
  c = Sum(a, b)
}
`;

const short = `${header}residual (float[N,3,8,8] x, bool c) => (float[N,4,8,8] y) <
  float[4] b = {0,0.5,-1,1e-7},
  float16[2] half = {15360,49152},  # 1, -2
  float[4,3,3,3] w  # 5c4181b2 mean=0.004986 std=0.4613 min=-1.022 max=1.249 l2=4.794
> {
  [conv] h = Conv<kernel_shape=[3,3], pads=[1,1,1,1]>(x, w, b)  # float[N,4,8,8]
  ["re lu"] v, "" = Relu(h)
  k = Constant<value=float[2,10]>()  # value: 1f37c3a6 mean=5.263 std=2.75 min=1 max=10 l2=25.88 nan=1
  y = If(c) <then_branch=body () => (t) {
    t = my.ops.Plus:fast<alpha=1.0, names=["a","b"]>(v, h)
  }, else_branch=body () => (v) {
  }>  # float[N,4,8,8]
}
${functions}`;

const full = `${header}residual (float[N,3,8,8] x, bool c) => (float[N,4,8,8] y) <
  float[4] b = {0,0.5,-1,1e-7},
  float16[2] half = {15360,49152},
  float[4,3,3,3] w = {
    (weights)
  },
  #@ {"docString":"after the convolution"}
  float[N,4,8,8] h
> {
  #@ {"metadata":[["source","test"]]}
  [conv] h = Conv<kernel_shape=[3,3], pads=[1,1,1,1]>(x, w, b)
  ["re lu"] v, "" = Relu(h)
  k = Constant<value=float[2,10] {
    1,2,3,4,5,6,7,8,9,10,1,2,3,4,5,6,
    7,8,9,nan
  }>()
  y = If(c) <then_branch=body () => (t) {
    t = my.ops.Plus:fast<alpha=1.0, names=["a","b"]>(v, h)
  }, else_branch=
#@ {"name":"a/b"}
body () => (v) {
  }>
}
${functions}`;

/** The exact text of a model with only this constant, after reading it back gave an equal model. */
function exactText(tensor: Tensor): string {
  const graph = new Graph({ name: "g" });
  graph.setInitializer("w", tensor);
  const text = printGraph(graph, { full: true });
  expect(graphDifferences(graph, parseGraph(text))).to.deep.equal([]);
  return text.slice("g () => () <\n".length, -"\n> {\n}\n".length);
}

function raw(dataType: number, dims: readonly number[], hex: string): Tensor {
  const bytes = Uint8Array.from(Buffer.from(hex, "hex"));
  return new Tensor({ dataType, dims, content: { kind: "raw", bytes } });
}

/** A node with one attribute, printed exactly, after reading it back gave an equal one. */
function attributeText(item: Attribute): string {
  const graph = new Graph({ name: "g" });
  graph.addNode({ opType: "Op", inputs: [], outputs: [], attributes: [item] });
  const text = printGraph(graph, { full: true });
  expect(graphDifferences(graph, parseGraph(text))).to.deep.equal([]);
  return text.slice("g () => () {\n   = Op<".length, -">()\n}\n".length);
}

describe("The printer of ONNX text", () => {
  it("shows people a node in a line, its type beside it, and large weights in a few words", () => {
    expect(printModel(example())).to.equal(short);
  });

  it("writes everything with --full", () => {
    const text = printModel(example(), { full: true });
    expect(text.replace(/(w = \{\n {4})[^}]*?(\n {2}\})/, "$1(weights)$2")).to.equal(full);
    expect(modelDifferences(parseModel(text), example())).to.deep.equal([]);
  });

  it("gives the same text in pieces", () => {
    const big = model("g (float[1] x) => (y) <float[300,300] w> { y = Mul(x, w) }");
    const pieces = [...modelText(big, { full: true })];
    expect(pieces.join("")).to.equal(printModel(big, { full: true }));
    expect(Math.max(...pieces.map((piece) => piece.length))).to.be.below(1 << 18);
    expect(pieces).to.have.lengthOf.above(5);
  });

  it("writes elements of every type as the onnx package reads them", () => {
    expect(exactText(raw(DataType.FLOAT, [3], "0000803f000000800000c0ff"))).to.equal(
      "  float[3] w = {1,-0,-nan}",
    );
    expect(exactText(raw(DataType.DOUBLE, [1], "9a9999999999b93f"))).to.equal("  double[1] w = {0.1}");
    expect(exactText(raw(DataType.INT64, [], "ffffffffffffff7f"))).to.equal(
      "  int64 w = {9223372036854775807}",
    );
    expect(exactText(raw(DataType.UINT32, [1], "ffffffff"))).to.equal("  uint32[1] w = {4294967295}");
    expect(exactText(raw(DataType.INT8, [2], "80ff"))).to.equal("  int8[2] w = {-128,-1}");
    expect(exactText(raw(DataType.FLOAT16, [1], "00fc"))).to.equal("  float16[1] w = {64512}");
    expect(exactText(raw(DataType.BFLOAT16, [1], "803f"))).to.equal("  bfloat16[1] w = {16256}");
    expect(exactText(raw(DataType.FLOAT8E5M2, [1], "7c"))).to.equal("  float8e5m2[1] w = {124}");
    expect(exactText(raw(DataType.INT4, [3], "210f"))).to.equal("  int4[3] w = {33,15}");
    expect(exactText(raw(DataType.COMPLEX64, [1], "0000803f0000803f"))).to.equal("  complex64[1] w = {1,1}");
    expect(exactText(raw(DataType.BOOL, [2], "0002"))).to.equal("  bool[2] w = {0,2}");
    expect(exactText(raw(DataType.FLOAT, [0], ""))).to.equal("  float[0] w = {}");
  });

  it("notes what numbers do not say", () => {
    expect(exactText(raw(DataType.FLOAT, [2], "0000803f0100c07f"))).to.equal(
      '  #@ {"content":{"kind":"raw","bytes":{"$bytes":"AACAPwEAwH8="}}}\n  float[2] w = {1,nan}',
    );
    expect(exactText(raw(DataType.FLOAT, [2], "0000"))).to.equal(
      '  #@ {"content":{"kind":"raw","bytes":{"$bytes":"AAA="}}}\n  float[2] w = ',
    );
    expect(exactText(raw(99, [], "01"))).to.equal(
      '  #@ {"content":{"kind":"raw","bytes":{"$bytes":"AQ=="}}}\n  type99[] w = ',
    );
    const field = { kind: "field", field: "int32Data", values: [15360, 1] } as const;
    expect(exactText(new Tensor({ dataType: DataType.FLOAT16, dims: [2], content: field }))).to.equal(
      '  #@ {"field":"int32Data"}\n  float16[2] w = {15360,1}',
    );
    expect(exactText(new Tensor({ dataType: DataType.INT64, dims: [2], content: field }))).to.equal(
      '  #@ {"content":{"kind":"field","field":"int32Data","values":[15360,1]}}\n  int64[2] w = ',
    );
    expect(
      exactText(new Tensor({ dataType: DataType.FLOAT, dims: [2], content: { kind: "empty" } })),
    ).to.equal("  float[2] w = ");
  });

  it("writes attributes so that their kind shows", () => {
    const bytes = (text: string) => Uint8Array.from(Buffer.from(text));
    expect(attributeText({ name: "a", kind: "float", value: 1 })).to.equal("a=1.0");
    expect(attributeText({ name: "a", kind: "float", value: -0 })).to.equal("a=-0.0");
    expect(attributeText({ name: "a", kind: "floats", value: [Number.NaN, 0.5] })).to.equal("a=[nan,0.5]");
    expect(attributeText({ name: "a", kind: "ints", value: [] })).to.equal("a: ints=[]");
    expect(attributeText({ name: "a", kind: "string", value: bytes('q"\n\\') })).to.equal('a="q\\"\n\\\\"');
    expect(attributeText({ name: "a", kind: "string", value: Uint8Array.of(255) })).to.equal('a=x"ff"');
    expect(attributeText({ name: "a b", kind: "int", value: 1n })).to.equal('"a b"=1');
    expect(attributeText({ name: "a", kind: "reference", value: "b", type: 7 })).to.equal("a: ints=@b");
    expect(attributeText({ name: "a", kind: "reference", value: "b", type: 99 })).to.equal("a: 99=@b");
    expect(attributeText({ name: "a", kind: "undefined", value: undefined })).to.equal("a: undefined");
    const named = raw(DataType.INT8, [1], "01").with({ name: "n" });
    expect(attributeText({ name: "a", kind: "tensor", value: named })).to.equal("a=int8[1] n {1}");
    expect(attributeText({ name: "a", kind: "tensor", value: named.with({ name: "n/1" }) })).to.equal(
      'a=\n#@ {"name":"n/1"}\nint8[1] {1}',
    );
  });

  it("quotes names that would be read as something else", () => {
    const graph = new Graph({ name: "my graph" });
    const inputs = ["float", "nan", "a b", "seq", "1", "é"].map((name) => graph.addInput(name));
    graph.addNode({ opType: "my-op", domain: "a-b.c", overload: "v-1", inputs, outputs: [] });
    const text = printGraph(graph, { full: true });
    expect(text).to.equal(
      '"my graph" ("float", nan, "a b", "seq", "1", "é") => () {\n' +
        '   = "a-b.c"."my-op":"v-1"("float", nan, "a b", "seq", "1", "é")\n}\n',
    );
    expect(graphDifferences(graph, parseGraph(text))).to.deep.equal([]);
  });

  it("says in a summary why there are no numbers", () => {
    const graph = new Graph({ name: "g" });
    graph.setInitializer("short", raw(DataType.FLOAT, [2], "0000"));
    graph.setInitializer("long", raw(DataType.FLOAT, [99], "0000"));
    graph.setInitializer(
      "words",
      new Tensor({ dataType: DataType.STRING, dims: [1], content: { kind: "strings", values: [] } }),
    );
    const entries = new Map([["location", "gone.bin"]]);
    const read = () => new Uint8Array(2);
    graph.setInitializer(
      "far",
      new Tensor({
        dataType: DataType.FLOAT,
        dims: [1],
        content: { kind: "external", entries, length: 4, read },
      }),
    );
    expect(printGraph(graph).split("\n").slice(1, 5)).to.deep.equal([
      "  float[2] short,  # (tensor short: got 2 bytes of data, expected 8 for float[2]; the file is damaged)",
      "  float[99] long,  # (tensor long: got 2 bytes of data, expected 396 for float[99]; the file is damaged)",
      "  string[1] words = {},",
      "  float[1] far  # (tensor far: got 2 bytes of data, expected 4 for float[1]; the file is damaged)",
    ]);
  });

  it("cuts long strings where not everything is printed", () => {
    const text = `g () => () { = Op<a="${"long ".repeat(100)}", b="two\nlines">() }`;
    const [, line] = printGraph(parseGraph(text)).split("\n");
    expect(line).to.equal(`   = Op<a="${"long ".repeat(23)}long...", b="two\\nlines">()`);
  });

  it("keeps what the file reader carried", () => {
    const carried = { $unknowns: [Uint8Array.of(1, 2)] };
    const graph = new Graph({ name: "g", carried: { fields: carried } });
    graph.addNode({ opType: "Op", inputs: [], outputs: [], carried });
    const back = parseModel(printModel(new Model({ irVersion: 8, graph, carried }), { full: true }));
    expect(back.carried).to.deep.equal(carried);
    expect(back.graph.carried).to.deep.equal({ fields: carried });
    expect(back.graph.nodes[0]?.carried).to.deep.equal(carried);
  });
});
