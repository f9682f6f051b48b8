import { expect } from "chai";
import { DataType } from "../../src/ir/index.js";
import { candidateInputs, inputPorts, type Port, parseInputShape } from "../../src/runtime/index.js";
import { model } from "../support/graph.js";
import { userError } from "../support/user-error.js";

const port = (name: string, dims: Port["dims"]): Port => ({ name, dataType: DataType.FLOAT, dims });
const plain = (choices: readonly ReadonlyMap<string, readonly number[]>[]) =>
  choices.map((pinned) => Object.fromEntries(pinned));

describe("runtime/inputs", () => {
  it("reads a shape behind a name that may hold colons", () => {
    expect(parseInputShape("input:0:1,3,224,224")).to.deep.equal(["input:0", [1, 3, 224, 224]]);
    expect(parseInputShape("rate:")).to.deep.equal(["rate", []]);
  });

  for (const text of ["1,3,224,224", "x:1,-3", "x:1,3.5", "x:1,,3", "x:a", ":1,3", "x:1,0"]) {
    it(`refuses ${text}`, async () => {
      const message = await userError("input-shape", () => parseInputShape(text));
      expect(message).to.include(`"${text}"`).and.include("input:1,3,224,224");
    });
  }

  it("has one choice where nothing is open, and several usual ones by position where something is", () => {
    expect(plain(candidateInputs([port("x", [1, 3])]))).to.deep.equal([{ x: [1, 3] }]);
    expect(plain(candidateInputs([port("x", ["N", 3])]))).to.deep.equal([{ x: [2, 3] }, { x: [1, 3] }]);
    expect(plain(candidateInputs([port("x", ["N", "", 16, "w"])]))).to.deep.equal([
      { x: [2, 8, 16, 64] },
      { x: [1, 8, 16, 64] },
      { x: [1, 512, 16, 64] },
      { x: [1, 64, 16, 320] },
      { x: [1, 576, 16, 640] },
    ]);
  });

  it("gives dimensions of one name one size, after trying positions alone", () => {
    const choices = plain(candidateInputs([port("x", ["n", "t"]), port("state", [4, "n", ""])]));
    expect(choices.slice(0, 5).map(({ state }) => state)).to.deep.equal([
      [4, 8, 64],
      [4, 8, 64],
      [4, 512, 64],
      [4, 64, 320],
      [4, 576, 640],
    ]);
    expect(choices.slice(5)).to.deep.equal([
      { x: [2, 8], state: [4, 2, 64] },
      { x: [1, 8], state: [4, 1, 64] },
      { x: [1, 512], state: [4, 1, 64] },
      { x: [1, 64], state: [4, 1, 320] },
      { x: [1, 576], state: [4, 1, 640] },
    ]);
  });

  it("takes what the user says, shape by shape or as a batch", () => {
    const inputs = [port("x", ["N", 3, "h"]), port("rate", [])];
    const inputShapes = new Map([["x", [5, 3, 7]]]);
    expect(plain(candidateInputs(inputs, { inputShapes }))).to.deep.equal([{ x: [5, 3, 7], rate: [] }]);
    expect(plain(candidateInputs([port("x", ["N", 3])], { batch: 9 }))).to.deep.equal([{ x: [9, 3] }]);
  });

  it("refuses a name or a shape that the model does not have", async () => {
    const inputs = [port("x", ["N", 3, ""])];
    const choose = (name: string, dims: number[]) =>
      userError("input-shape", () => candidateInputs(inputs, { inputShapes: new Map([[name, dims]]) }));
    expect(await choose("y", [1])).to.equal("input shape for y: the model's inputs are x");
    expect(await choose("x", [1, 4, 5])).to.equal("input shape for x: got 1,4,5, the model wants N,3,?");
    expect(await choose("x", [1, 3])).to.equal("input shape for x: got 1,3, the model wants N,3,?");
  });

  it("does not ask for inputs that a constant stands behind", () => {
    const graph = model(
      "g (float[N,3] x, float[3] w) => (float[N,3] y) <float[3] w = {1, 2, 3}> { y = Add(x, w) }",
    ).graph;
    expect(inputPorts(graph)).to.deep.equal([{ name: "x", dataType: DataType.FLOAT, dims: ["N", 3] }]);
  });
});
