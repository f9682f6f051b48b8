import { expect } from "chai";
import { modelDifferences } from "../../src/ir/index.js";
import { parseModel } from "../../src/onnx/text/index.js";

const base = `
<ir_version: 8, opset_import: ["" : 17], producer_name: "p", producer_version: "1", domain: "d", model_version: 1,
 doc_string: "doc", metadata_props: ["k": "v", "l": "w"]>
g (float[N,3] x, bool c) => (float[N,4] y)
<
  float[2] w = {1,-0},
  #@ {"field":"floatData"}
  float[2] typed = {1,nan},
  string[2] words = {"a", "b"},
  float[2] far = ["location": "file"],
  sparse_tensor[9] {float[1] thin {1}, int64[1] {4}},
  #@ {"docString":"about h"}
  float[N] h
>
{
  #@ {"docString":"first","metadata":[["m","1"]]}
  [one] h, "" = dom.Foo:over<f=0.0, i=1, s="text", t=float[1] tn {1}, fs=[1.0,nan], is=[1,2], ss=["a"], ts=[float[1] {1}],
    sp=sparse_tensor[3] {float[1] {1}, int64[1] {0}}, ty=seq(float[2]), r: float = @outer>(x, "", w)
  y = If (c) <then_branch = t () => (z) { z = Relu(h) }, gs = [u () => (z) { z = Relu(x) }]>
}
<domain: "f", overload: "o", opset_import: ["" : 17], doc_string: "fd">
F <a, b=1> (p) => (q) { q = Relu(p) }
`;

/** An edit of the text above and what the comparison must say about it. */
const edits: readonly (readonly [string, string, string])[] = [
  ["ir_version: 8", "ir_version: 9", "IR version: 8 | 9"],
  ['import: ["" : 17], producer_name', 'import: ["" : 18], producer_name', 'opsets: [["",17]] | [["",18]]'],
  ['name: "p"', 'name: "q"', "producer: p | q"],
  ['producer_version: "1"', 'producer_version: "2"', "producer version: 1 | 2"],
  ['domain: "d"', 'domain: "e"', "domain: d | e"],
  ["model_version: 1", "model_version: 2", "model version: 1 | 2"],
  ['doc_string: "doc"', 'doc_string: ""', "model: documentation: doc | nothing"],
  ['"k": "v"', '"k": "u"', 'model: metadata: [["k","v"],["l","w"]] | [["k","u"],["l","w"]]'],
  ["\ng (", "\ng2 (", "graph: name: g | g2"],
  ["bool c) =>", "bool c, bool d) =>", 'graph: inputs: "x", "c" | "x", "c", "d"'],
  ["(float[N,4] y)", "(float[N,4] y, h)", 'graph: outputs: "y" | "y", "h"'],
  ["float[N,3] x", "float[M,3] x", "graph: type of x: "],
  ["float[N,3] x", "float x", "graph: type of x: "],
  ["float[N] h", "float[N,1] h", "graph: type of h: "],
  ["about h", "about i", "graph: value h: documentation: about h | about i"],
  ["w = {1,-0}", "w = {1,0}", "graph: constant 0 w: the elements differ"],
  ["float[2] w =", "int64[2] w =", "graph: constant 0 w: type: float[2] | int64[2]"],
  ["float[2] w =", "float[1,2] w =", "graph: constant 0 w: type: float[2] | float[1,2]"],
  ["typed = {1,nan}", "typed = {2,nan}", "graph: constant 1 typed: the elements differ"],
  ['#@ {"field":"floatData"}', "", "graph: constant 1 typed: storage: floatData | raw"],
  ['{"a", "b"}', '{"a", "c"}', "graph: constant 2 words: the elements differ"],
  ['"location": "file"', '"location": "life"', "graph: constant 3 far: storage: external "],
  ["sparse_tensor[9]", "sparse_tensor[8]", "graph: sparse constant 0: dimensions: 9 | 8"],
  ["thin {1}", "thin {2}", "graph: sparse constant 0: values: the elements differ"],
  ["int64[1] {4}", "int64[1] {5}", "graph: sparse constant 0: indices: the elements differ"],
  ['"first"', '"second"', "graph: node 0 one: documentation: first | second"],
  ['["m","1"]', '["m","2"]', 'graph: node 0 one: metadata: [["m","1"]] | [["m","2"]]'],
  ["[one]", "[two]", "graph: node 0 one: name: one | two"],
  ["dom.Foo", "dam.Foo", 'graph: node 0 one: operator: ["dom","Foo","over"] | ["dam","Foo","over"]'],
  ["Foo:over", "Foo:under", 'graph: node 0 one: operator: ["dom","Foo","over"] | ["dom","Foo","under"]'],
  ['(x, "", w)', "(x, c, w)", 'graph: node 0 one: inputs: "x", -, "w" | "x", "c", "w"'],
  ['h, "" =', "h =", 'graph: node 0 one: outputs: "h", - | "h"'],
  ["f=0.0", "f=-0.0", "graph: node 0 one: attribute 0 f: 0 | -0"],
  ["f=0.0", "f2=0.0", "graph: node 0 one: attribute 0 f: name: f | f2"],
  ["i=1,", "i=1.0,", "graph: node 0 one: attribute 1 i: kind: int | float"],
  ['s="text"', 's="Text"', 'graph: node 0 one: attribute 2 s: "text" | "Text"'],
  ["tn {1}", "tn {2}", "graph: node 0 one: attribute 3 t: tensor 0 tn: the elements differ"],
  ["[1.0,nan]", "[1.0,inf]", "graph: node 0 one: attribute 4 fs: 1, NaN | 1, Infinity"],
  ["is=[1,2]", "is=[1,3]", "graph: node 0 one: attribute 5 is: 1, 2 | 1, 3"],
  ['ss=["a"]', 'ss=["b"]', 'graph: node 0 one: attribute 6 ss: "a" | "b"'],
  [
    "ts=[float[1] {1}]",
    "ts=[float[1] {2}]",
    "graph: node 0 one: attribute 7 ts: tensor 0: the elements differ",
  ],
  [
    "int64[1] {0}",
    "int64[1] {1}",
    "graph: node 0 one: attribute 8 sp: sparse tensor 0: indices: the elements differ",
  ],
  ["seq(float[2])", "seq(float[3])", "graph: node 0 one: attribute 9 ty: "],
  ["@outer", "@inner", "graph: node 0 one: attribute 10 r: @outer of type 1 | @inner of type 1"],
  ["Relu(h)", "Relu(x)", 'graph: node 1: attribute 0 then_branch: graph 0 t: node 0: inputs: ^"h" | ^"x"'],
  ["t () => (z) { z = Relu(h) }", "t (h) => (z) { z = Relu(h) }", "graph 0 t: inputs: nothing | "],
  ["z = Relu(x)", "z = Sigmoid(x)", "graph: node 1: attribute 1 gs: graph 0 u: node 0: operator: "],
  ["\nF <a", "\nG <a", "function 0 F: name: F | G"],
  ['domain: "f"', 'domain: "h"', "function 0 F: domain: f | h"],
  ['overload: "o"', 'overload: "u"', "function 0 F: overload: o | u"],
  [
    '["" : 17], doc_string: "fd"',
    '["" : 18], doc_string: "fd"',
    'function 0 F: opsets: [["",17]] | [["",18]]',
  ],
  ['doc_string: "fd"', 'doc_string: "df"', "function 0 F: documentation: fd | df"],
  ["<a, b=1>", "<c, b=1>", "function 0 F: attributes: a | c"],
  ["b=1>", "b=2>", "function 0 F: attribute 0 b: 1 | 2"],
  ["q = Relu(p)", "q = Relu(p) q2 = Relu(p)", "function 0 F: nodes: 1 | 2"],
];

describe("What two models differ in", () => {
  it("is nothing where they are equal", () => {
    expect(modelDifferences(parseModel(base), parseModel(base))).to.deep.equal([]);
  });

  it("is not whether an empty name is given, nor the order of metadata", () => {
    const other = base
      .replace('"k": "v", "l": "w"', '"l": "w", "k": "v"')
      .replace("  y = If", '  [""] y = If');
    expect(other).to.not.equal(base);
    expect(modelDifferences(parseModel(base), parseModel(other))).to.deep.equal([]);
  });

  for (const [from, to, said] of edits) {
    it(`is seen: ${JSON.stringify(from)} made ${JSON.stringify(to)}`, () => {
      const edited = base.replace(from, to);
      expect(edited, "the edit changes the text").to.not.equal(base);
      const found = modelDifferences(parseModel(base), parseModel(edited));
      expect(
        found.some((line) => line.includes(said)),
        found.join("\n"),
      ).to.equal(true);
    });
  }
});
