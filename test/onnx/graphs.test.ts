import { expect } from "chai";
import { verifyGraph } from "../../src/ir/index.js";
import { decodeModel } from "../../src/onnx/index.js";
import { modelWith, reencoded } from "../support/onnx-files.js";
import { bytes, file, message, varint } from "../support/protobuf.js";
import { userError } from "../support/user-error.js";

const node = (type: string, inputs: readonly string[], outputs: readonly string[], ...rest: Uint8Array[]) =>
  message(
    1,
    ...inputs.map((name) => bytes(1, name)),
    ...outputs.map((name) => bytes(2, name)),
    bytes(4, type),
    ...rest,
  );
const body = (name: string, ...fields: Uint8Array[]) =>
  message(5, bytes(1, name), message(6, bytes(2, name), ...fields), varint(20, 5));
const input = (name: string) => message(11, bytes(1, name));
const output = (name: string) => message(12, bytes(1, name));

describe("graphs in a file", () => {
  it("links what is made to what reads it", () => {
    const { graph } = decodeModel(
      modelWith(input("x"), node("A", ["x", "", "x"], ["h", "", "i"]), node("B", ["h"], ["y"]), output("y")),
    );
    const [a, b] = graph.nodes;
    expect(a?.inputs.map((value) => value?.name)).to.deep.equal(["x", undefined, "x"]);
    expect(a?.outputs.map((value) => value?.name)).to.deep.equal(["h", undefined, "i"]);
    expect(b?.input(0)?.producer).to.equal(a);
    expect([...graph.value("x").uses()].map(({ index }) => index)).to.deep.equal([0, 2]);
    expect(verifyGraph(graph)).to.deep.equal([]);
  });

  it("lets bodies read the values around them, also those made later in the file", () => {
    const branch = body("then_branch", node("C", ["late", "x", "own"], ["z"]), input("own"), output("z"));
    const { graph } = decodeModel(
      modelWith(input("x"), node("If", ["x"], ["y"], branch), node("A", ["x"], ["late"]), output("y")),
    );
    const [inner] = graph.nodes[0]?.subgraphs() ?? [];
    const reader = inner?.nodes[0];
    expect(reader?.input(0)).to.equal(graph.value("late"));
    expect(reader?.input(0)?.producer).to.equal(graph.nodes[1]);
    expect(reader?.input(1)).to.equal(graph.value("x"));
    expect(reader?.input(2)?.graph).to.equal(inner);
    expect([...graph.value("late").uses()].map((use) => use.node)).to.deep.equal([reader]);
  });

  it("takes the nearest of equal names, also two graphs further out", () => {
    const innermost = body("g", node("C", ["a", "b"], ["c"]), output("b"));
    const middle = body("g", node("B", [], ["a"]), node("If", [], ["d"], innermost));
    const source = modelWith(node("A", [], ["a", "b"]), node("If", [], ["e"], middle));
    const { graph } = decodeModel(source);
    const [inMiddle] = graph.nodes[1]?.subgraphs() ?? [];
    const [inmost] = inMiddle?.nodes[1]?.subgraphs() ?? [];
    expect(inmost?.nodes[0]?.input(0)).to.equal(inMiddle?.value("a"));
    expect(inmost?.nodes[0]?.input(1)).to.equal(graph.value("b"));
    expect(inmost?.outputs).to.deep.equal([graph.value("b")]);
    expect(graph.value("b").info, "what a body says of it is not its own").to.equal(undefined);
    expect(reencoded(source)).to.deep.equal(source);
  });

  it("makes a value of a name that nothing makes", () => {
    const { graph } = decodeModel(modelWith(node("A", ["nowhere"], ["y"])));
    expect(graph.nodes[0]?.input(0)).to.equal(graph.value("nowhere"));
    expect(verifyGraph(graph)).to.deep.equal(["y reads nowhere, which nothing makes"]);
  });

  it("defines the values of sparse constants", () => {
    const values = message(1, varint(1, 1), varint(2, 1), bytes(8, "s"), bytes(9, "abcd"));
    const indices = message(2, varint(1, 1), varint(2, 7), bytes(9, "12345678"));
    const source = modelWith(message(15, values, indices, varint(3, 4)), node("A", ["s"], ["y"]));
    const { graph } = decodeModel(source);
    expect(graph.sparseInitializers[0]?.dims).to.deep.equal([4]);
    expect(verifyGraph(graph)).to.deep.equal([]);
    expect(reencoded(source)).to.deep.equal(source);
  });

  it("reads functions: a body, defaults, and what it imports", () => {
    const reference = message(5, bytes(1, "alpha"), varint(20, 1), bytes(21, "alpha"));
    const source = file(
      message(7, node("F", ["x"], ["y"], bytes(7, "my")), input("x"), output("y")),
      message(
        25,
        bytes(1, "F"),
        bytes(4, "a"),
        bytes(5, "b"),
        bytes(6, "alpha"),
        message(7, bytes(1, "a"), bytes(2, "b"), bytes(4, "Elu"), reference),
        message(9, bytes(1, ""), varint(2, 21)),
        bytes(10, "my"),
        message(11, bytes(1, "beta"), varint(3, 7), varint(20, 2)),
        message(12, bytes(1, "a"), bytes(3, "the input")),
        bytes(13, "overload"),
        message(14, bytes(1, "k"), bytes(2, "v")),
      ),
    );
    const [item] = decodeModel(source).functions;
    expect(item).to.include({ name: "F", domain: "my", overload: "overload" });
    expect(item?.attributeNames).to.deep.equal(["alpha"]);
    expect(item?.attributes.map(({ name, value }) => [name, value])).to.deep.equal([["beta", 7n]]);
    expect(item?.graph.nodes[0]?.attributes.get("alpha")).to.include({
      kind: "reference",
      value: "alpha",
      type: 1,
    });
    expect(item?.graph.value("a").info?.docString).to.equal("the input");
    expect(item && verifyGraph(item.graph)).to.deep.equal([]);
    expect(reencoded(source)).to.deep.equal(source);
  });

  const damaged: Readonly<Record<string, readonly [source: Uint8Array, message: string]>> = {
    "two nodes that make one value": [
      modelWith(node("A", [], ["y"]), node("B", [], ["y"])),
      'node B y makes "y"',
    ],
    "a node that makes a value twice": [modelWith(node("A", [], ["y", "y"])), 'node A y makes "y"'],
    "two inputs of one name": [modelWith(input("x"), input("x")), 'two inputs named "x"'],
    "two attributes of one name": [
      modelWith(node("A", [], ["y"], message(5, bytes(1, "a")), message(5, bytes(1, "a")))),
      'two attributes "a"',
    ],
    "an attribute without a name": [modelWith(node("A", [], ["y"], message(5, varint(20, 1)))), "no name"],
    "a sparse tensor without indices": [modelWith(message(15, message(1, bytes(8, "s")))), "no indices"],
  };
  for (const [what, [source, expected]] of Object.entries(damaged)) {
    it(`refuses ${what}`, async () => {
      expect(await userError("damaged-model", () => decodeModel(source))).to.include(expected);
    });
  }
});
