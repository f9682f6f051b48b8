import { expect } from "chai";
import { attribute, numbersOf, rawBytes, type Tensor, verifyGraph } from "../../../src/ir/index.js";
import { parseGraph, parseModel } from "../../../src/onnx/text/index.js";
import { userError } from "../../support/user-error.js";
import { everything } from "./everything.js";

/** The one node of a graph whose nodes are `text`. */
function nodeOf(text: string) {
  const [node] = parseGraph(`g (x, y) => (z) { ${text} }`).nodes;
  if (!node) throw new Error("no node");
  return node;
}

/** The one attribute of a node, without its name. */
function valueIn(text: string) {
  const [item] = nodeOf(`z = Op<${text}>(x)`).attributes.values();
  const { name: _, docString: __, carried: ___, ...content } = item ?? attribute.int("", 0);
  return content;
}

/** The constant that `text` describes. */
function constantOf(text: string): Tensor {
  const [value] = parseGraph(`g () => () <${text}> {}`).initializers;
  if (!value?.initializer) throw new Error("no constant");
  return value.initializer;
}

const hex = (tensor: Tensor) => Buffer.from(rawBytes(tensor)).toString("hex");

describe("The parser of ONNX text", () => {
  it("reads a model's header", () => {
    const model = parseModel(everything);
    expect(model.irVersion).to.equal(10);
    expect(model.opsetImports).to.deep.equal([
      { domain: "", version: 17 },
      { domain: "local.ops", version: 1 },
    ]);
    expect(model.producerName).to.equal('topiary "tests"');
    expect(model.modelVersion).to.equal(2n ** 63n - 1n);
    expect(model.docString).to.equal("two\nlines # no comment");
    expect([...model.metadata]).to.deep.equal([
      ["key", "value"],
      ["a \\ b", ""],
    ]);
  });

  it("takes a bare graph as IR version 8 with opset 17", () => {
    const model = parseModel("g (float[1] x) => (float[1] y) { y = Relu(x) }");
    expect(model.irVersion).to.equal(8);
    expect(model.opset()).to.equal(17);
  });

  it("leaves out of a header what is not there", () => {
    const model = parseModel("<opset_import: []> g () => () {}");
    expect(model.irVersion).to.equal(undefined);
    expect(model.opsetImports).to.deep.equal([]);
  });

  it("reads types", () => {
    const { inputs } = parseModel(everything).graph;
    expect(inputs.map(({ name, info }) => [name, info?.type])).to.deep.equal([
      [
        "x",
        {
          kind: "tensor",
          elementType: 1,
          shape: [{ size: "N" }, { size: 3 }, { size: "height - 1" }, { size: null }],
        },
      ],
      ["scalar", { kind: "tensor", elementType: 1, shape: [] }],
      ["any", { kind: "tensor", elementType: 1, shape: undefined }],
      ["list", { kind: "sequence", element: { kind: "tensor", elementType: 1, shape: [{ size: 2 }] } }],
      ["dict", { kind: "map", keyType: 7, value: { kind: "tensor", elementType: 8, shape: [] } }],
      [
        "maybe",
        {
          kind: "optional",
          element: { kind: "sequence", element: { kind: "tensor", elementType: 3, shape: [{ size: 1 }] } },
        },
      ],
      ["thing", { kind: "opaque", domain: "some.domain", name: "thing" }],
      ["float", { kind: "tensor", elementType: 9, shape: [{ size: 1 }] }],
    ]);
  });

  it("reads nodes: names, domains, overloads, left out inputs and outputs", () => {
    const node = nodeOf('["a b"] "", z = ai.onnx.ml.Op:v2(x, "", y)');
    expect([node.name, node.domain, node.opType, node.overload]).to.deep.equal([
      "a b",
      "ai.onnx.ml",
      "Op",
      "v2",
    ]);
    expect(node.inputs.map((value) => value?.name)).to.deep.equal(["x", undefined, "y"]);
    expect(node.outputs.map((value) => value?.name)).to.deep.equal([undefined, "z"]);
    expect(nodeOf("z = Op(,x)").inputs.map((value) => value?.name)).to.deep.equal([undefined, "x"]);
    expect(nodeOf("z = Op()").inputs).to.deep.equal([]);
    expect(nodeOf('z = Op("")').inputs).to.deep.equal([null]);
    expect(nodeOf("= Op(x)").outputs).to.deep.equal([]);
    expect(nodeOf("z = Op(x) <a=1>").attributes.size).to.equal(1);
  });

  it("reads attributes of every kind", () => {
    expect(valueIn("a=2")).to.deep.equal({ kind: "int", value: 2n });
    expect(valueIn("a: float = 2")).to.deep.equal({ kind: "float", value: 2 });
    expect(valueIn("a: float = -0")?.value).to.satisfy((value: unknown) => Object.is(value, -0));
    expect(valueIn("a=0.1")).to.deep.equal({ kind: "float", value: Math.fround(0.1) });
    expect(valueIn("a=-inf")).to.deep.equal({ kind: "float", value: Number.NEGATIVE_INFINITY });
    expect(valueIn("a=-9223372036854775808")).to.deep.equal({ kind: "int", value: -(2n ** 63n) });
    expect(valueIn('a="q\\"\\n"')).to.deep.equal({
      kind: "string",
      value: Uint8Array.from(Buffer.from('q"n')),
    });
    expect(valueIn('a=x"00fF"')).to.deep.equal({ kind: "string", value: Uint8Array.of(0, 255) });
    expect(valueIn("a=[1,-2]")).to.deep.equal({ kind: "ints", value: [1n, -2n] });
    expect(valueIn("a=[1,2.5]")).to.deep.equal({ kind: "floats", value: [1, 2.5] });
    expect(valueIn("a: floats=[1,2]")).to.deep.equal({ kind: "floats", value: [1, 2] });
    expect(valueIn("a: graphs=[]")).to.deep.equal({ kind: "graphs", value: [] });
    expect(valueIn("a=@b")).to.deep.equal({ kind: "reference", value: "b", type: 0 });
    expect(valueIn("a: ints=@b")).to.deep.equal({ kind: "reference", value: "b", type: 7 });
    expect(valueIn("a=map(string, float[2])")?.kind).to.equal("type");
    expect(valueIn("a=[float[1] {1}, float[1] t {2}]")?.kind).to.equal("tensors");
    expect(valueIn("a=sparse_tensor[3] {float[1] {1}, int64[1] {2}}")?.kind).to.equal("sparseTensor");
    expect(valueIn("a: undefined")).to.deep.equal({ kind: "undefined", value: undefined });
    expect(valueIn("a=float[2]")?.kind).to.equal("type");
    expect(valueIn("a=float[2] =")?.kind).to.equal("tensor");
  });

  it("binds names in bodies to the values around them, also to those that are made later", () => {
    const graph = parseGraph(`g (c) => (y) {
      y = If(c) <then_branch = t () => (a) <float[1] late> { a = Neg(late) }, else_branch = e () => (late) {}>
      late = Op(c)
    }`);
    const late = graph.find("late");
    expect(verifyGraph(graph)).to.deep.equal([]);
    expect([...(late?.uses() ?? [])].map(({ node }) => node.opType)).to.deep.equal(["Neg"]);
    const bodies = [...(graph.nodes[0]?.subgraphs() ?? [])];
    expect(bodies[1]?.outputs).to.deep.equal([late]);
  });

  it("gives inputs a default where one is written", () => {
    const graph = parseGraph("g (float[2] x = {1,2}, y) => () {}");
    expect(graph.inputs.map(({ name, initializer }) => [name, initializer?.dims])).to.deep.equal([
      ["x", [2]],
      ["y", undefined],
    ]);
  });

  it("stores numbers as raw data, bit for bit", () => {
    expect(hex(constantOf("float[3] w = {1, -0, -nan}"))).to.equal("0000803f000000800000c0ff");
    expect(hex(constantOf("double[2] w = {0.1, nan}"))).to.equal("9a9999999999b93f000000000000f87f");
    expect(hex(constantOf("int64[2] w = {-1, 9223372036854775807}"))).to.equal(
      "ffffffffffffffffffffffffffffff7f",
    );
    expect(hex(constantOf("uint64[1] w = {18446744073709551615}"))).to.equal("ffffffffffffffff");
    expect(hex(constantOf("int16[2] w = {-2, 258}"))).to.equal("feff0201");
    expect(hex(constantOf("float16[2] w = {15360, 0}"))).to.equal("003c0000");
    expect(hex(constantOf("complex64[1] w = {1, -1}"))).to.equal("0000803f000080bf");
    expect(hex(constantOf("bool[2] w = {1, 0}"))).to.equal("0100");
    expect(Array.from(numbersOf(constantOf("int4[3] w = {33, 15}")))).to.deep.equal([1, 2, -1]);
    expect(constantOf("float[0] w = {}").content).to.deep.equal({ kind: "raw", bytes: new Uint8Array(0) });
    expect(constantOf("float[3] w =").content).to.deep.equal({ kind: "empty" });
  });

  it("reads numbers in any notation exactly", () => {
    const text =
      "0.1, 1e22, 123456789012345678901234567890, 5e-324, 1e-7, 0000012.50, 1E+2, 9007199254740993, 1e00001";
    const expected = [0.1, 1e22, 1.2345678901234568e29, 5e-324, 1e-7, 12.5, 100, 9007199254740992, 10];
    expect(Array.from(numbersOf(constantOf(`double[9] w = {${text}}`)))).to.deep.equal(expected);
    const spread = text.replaceAll(", ", " # a comment, 1\n\t, ");
    expect(Array.from(numbersOf(constantOf(`double[9] w = {${spread}}`)))).to.deep.equal(expected);
  });

  it("names external data without reading it", async () => {
    const tensor = constantOf('float[2] w = ["location": "weights.bin", "length": "8"]');
    expect(tensor.content.kind === "external" && [...tensor.content.entries]).to.deep.equal([
      ["location", "weights.bin"],
      ["length", "8"],
    ]);
    expect(await userError("external-data-of-text", () => rawBytes(tensor))).to.include("weights.bin");
  });

  it("reads UTF-8 bytes as well as strings", () => {
    const text = 'g () => () { "größe" = Op() }';
    expect(parseGraph(Buffer.from(text)).find("größe")).to.not.equal(undefined);
    expect(parseGraph(text).find("größe")).to.not.equal(undefined);
    expect(parseGraph(`\u{feff}${text}`).find("größe")).to.not.equal(undefined);
  });

  const syntaxErrors: readonly (readonly [string, string])[] = [
    ["", `1, column 1: expected a graph's name, got the end of the text`],
    ["g (x => (y) {}", `1, column 6: expected ")" after the inputs, got "="`],
    ["g (x) = > (y) {}", `1, column 7: expected "=>" between inputs and outputs, got "="`],
    ["g (x) => (y) {\n  z = Relu(x\n}", `3, column 1: expected ")" after the node's inputs, got "}"`],
    ["g (x) => (y) {\n  größe = Relu(x)\n}", `2, column 5: expected "=" after the node's outputs, got "ö"`],
    [
      "g (x) => (y) { y = Op<a=>(x) }",
      `column 25: expected a value: a number, a string, a tensor, a type or a graph`,
    ],
    ["g (x) => (y) { y = Op<a: real = 1>(x) }", `column 26: expected an attribute type such as float`],
    ['g (x) => (y) { y = Op<a="b>(x) }', `column 25: expected a closing quote for this string`],
    ['g (x) => (y) { y = Op<a=x"0g">(x) }', `column 25: expected pairs of hexadecimal digits in x"..."`],
    ["g (x) => (y) { y = Op<a=9223372036854775808>(x) }", `column 25: expected a whole number of 64 bits`],
    ["g (x) => (y) { y = Op<a=1e>(x) }", `column 27: expected digits of an exponent, got ">"`],
    ["g (float[2,] x) => (y) {}", `column 12: expected a dimension: a number, a name or ?, got "]"`],
    ["g (seq(bla) x) => (y) {}", `column 8: expected a type such as float[N,3,32,32], got "bla"`],
    ["<ir_version: 1.5> g () => () {}", `column 14: expected an IR version, got "1.5"`],
    ["<overload: 1> g () => () {}", `column 2: expected one of the keys opset_import`],
    ["g () => () <float[2] w = {1,2> {}", `column 30: expected "}" after the numbers, got ">"`],
    [
      "g () => () <uint8[2] w = {1,256}> {}",
      `column 29: expected a whole number that fits uint8[2] w, got "256"`,
    ],
    [
      "g () => () <float16[1] w = {0.5}> {}",
      `column 29: expected a whole number that fits float16[1] w, got "0.5"`,
    ],
    ["g () => () <uint64[1] w = {-1}> {}", `column 28: expected a whole number that fits uint64[1] w`],
    ["g () => () <int64[1] w = {9223372036854775808}> {}", `column 27: expected a whole number of 64 bits`],
    [
      "g () => () <float[N] w = {1}> {}",
      `column 13: expected dimensions that are numbers, since data follows`,
    ],
    ["g () => () <w = {1}> {}", `column 13: expected a type before the name of a constant, got "w"`],
    ["g () => () <float[9999999999,9999999999] w = > {}", `column 13: expected fewer than 2^53 elements`],
    ["g () => () {}\n#@ {1}\n", `2, column 1: expected a JSON object with fields that a #@ line may have`],
    ['#@ {"__proto__": "x"}\ng () => () {}', `1, column 1: expected a JSON object with fields`],
    ['#@ {"content": {"kind": "raw"}}\ng () => () {}', `1, column 1: expected a JSON object with fields`],
    ["g () => (\n#@ {}\n) {}", `3, column 1: expected a value's name`],
    ["g () => #@ {}\n() {}", `1, column 9: expected "(" before the outputs, got "#"`],
  ];
  for (const [text, message] of syntaxErrors) {
    it(`says what is wrong with ${JSON.stringify(text)}`, async () => {
      expect(await userError("text-syntax", () => parseModel(text))).to.include(message);
    });
  }

  const nonsense: readonly (readonly [string, string])[] = [
    ["g (x, x) => () {}", "column 7: the input x is listed twice"],
    ["g (x) => () {\n y = A(x)\n y = B(x)\n}", "line 3, column 2: y is made twice"],
    ["g (x) => () { y, y = A(x) }", "column 15: y is made twice"],
    ["g (x) => () { y = A<a=1, a=2>(x) }", "column 26: the attribute a is given twice"],
    [
      "g (x) => () { y = A<a: ints=1>(x) }",
      "column 29: the attribute's value is of kind int, its declared type is ints",
    ],
    ['g (x) => () { y = A<a=[1,"b"]>(x) }', "column 24: the list mixes values of kinds int and string"],
    ["g (x) => () { y = A<a=[]>(x) }", "an empty list needs a declared type"],
    ["g () => () <float[2,2] w = {1,2,3}> {}", "column 28: got 3 values, expected 4 for float[2,2] w"],
    ["g () => () <float[999999,999999] w = {1}> {}", "needs 999998000001 values, more than the text holds"],
    [
      "g () => () <type99[1] w = {1}> {}",
      "column 27: type99[1] w has a type whose values cannot be written in braces",
    ],
  ];
  for (const [text, message] of nonsense) {
    it(`rejects ${JSON.stringify(text)}`, async () => {
      expect(await userError("text-meaning", () => parseModel(text))).to.include(message);
    });
  }

  it("names the text in its messages", async () => {
    const message = await userError("text-syntax", () => parseModel("<", { source: "net.onnxtxt" }));
    expect(message).to.match(/^net\.onnxtxt: line 1, column 2: /);
  });

  it("does not overflow the stack however deep a text is", async () => {
    const deep = [
      "g (".concat("seq(".repeat(100_000)),
      "g () => () { ".concat("y = If() <a = h () => () { ".repeat(100_000)),
      "g () => () { y = A<a = ".concat("[".repeat(100_000)),
    ];
    for (const text of deep)
      await userError(text.endsWith("[") ? "text-syntax" : "text-meaning", () => parseModel(text));
    const json = `#@ {"carried":${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}}\ng () => () {}`;
    expect(parseModel(json).carried).to.be.an("object");
    const nested = (levels: number) => `g (${"seq(".repeat(levels)}float${")".repeat(levels)} x) => () {}`;
    expect(parseModel(nested(98)).graph.inputs).to.have.lengthOf(1);
  });

  it("has no trouble with names of JavaScript's own", () => {
    const graph = parseGraph(
      "g (__proto__) => (constructor) { constructor = toString<valueOf=1>(__proto__) }",
    );
    expect(graph.nodes[0]?.inputs[0]?.name).to.equal("__proto__");
    expect(graph.nodes[0]?.int("valueOf")).to.equal(1);
    expect(graph.outputs[0]?.producer).to.equal(graph.nodes[0]);
  });
});
