import { expect } from "chai";
import fc from "fast-check";
import { LearningAtoms } from "../../src/channels/atoms.js";
import { barrier } from "../../src/channels/barriers.js";
import { model } from "../support/graph.js";

const { graph } = model("f (float[2] x) => (float[2] y) { y = Relu(x) }");
const [relu] = graph.nodes;
if (!relu) throw new Error("no node");

const cause = (tensor: string) => ({ ...barrier("graph-output", undefined, undefined, 0), tensor });

describe("atoms", () => {
  it("are in one class exactly where a chain of unions leads from one to the other", () => {
    const pair = fc.tuple(fc.nat(19), fc.nat(19));
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 30 }), (pairs) => {
        const atoms = new LearningAtoms();
        atoms.fresh(20);
        // The slow way: everybody knows the smallest atom that it is tied to.
        const smallest = Array.from({ length: 20 }, (_, i) => i);
        for (const [a, b] of pairs) {
          atoms.unite(Int32Array.of(a), Int32Array.of(b), relu);
          const [x, y] = [smallest[a] as number, smallest[b] as number];
          smallest.forEach((each, i) => {
            if (each === x || each === y) smallest[i] = Math.min(x, y);
          });
        }
        expect(Array.from(smallest.keys(), (i) => atoms.find(i))).to.deep.equal(smallest);
      }),
    );
  });

  it("count a change for every union and freeze that is news", () => {
    const atoms = new LearningAtoms();
    atoms.fresh(4);
    atoms.unite(Int32Array.of(0, 1), Int32Array.of(2, 3), relu);
    expect(atoms.changes).to.equal(2);
    atoms.unite(Int32Array.of(2), Int32Array.of(0), relu);
    expect(atoms.changes).to.equal(2);
    atoms.freeze(Int32Array.of(0), cause("a"));
    atoms.freeze(Int32Array.of(2), cause("b"));
    expect(atoms.changes).to.equal(3);
  });

  it("are frozen with their whole class, also by a later union; the first barrier is told", () => {
    const atoms = new LearningAtoms();
    atoms.fresh(4);
    atoms.freeze(Int32Array.of(3), cause("a"));
    expect(atoms.barrierOf(1)).to.equal(undefined);
    atoms.unite(Int32Array.of(0, 1), Int32Array.of(1, 3), relu);
    atoms.freeze(Int32Array.of(0), cause("b"));
    for (const atom of [0, 1, 3]) expect(atoms.barrierOf(atom)?.tensor).to.equal("a");
    expect(atoms.barrierOf(2)).to.equal(undefined);
    expect(atoms.directBarrierOf(3)?.tensor).to.equal("a");
    expect(atoms.directBarrierOf(0)).to.equal(undefined);
  });

  it("remember which node joined which labels", () => {
    const atoms = new LearningAtoms();
    atoms.fresh(4);
    const [a, b] = [Int32Array.of(0, 1), Int32Array.of(2, 3)];
    atoms.unite(a, b, relu);
    atoms.unite(a, b, relu);
    expect(atoms.joints).to.deep.equal([{ node: relu, a, b }]);
  });

  it("are as many as were asked for, whatever the number", () => {
    const atoms = new LearningAtoms();
    expect(atoms.fresh(1000)).to.equal(0);
    expect(atoms.fresh(5000)).to.equal(1000);
    expect(atoms.fresh(1)).to.equal(6000);
    expect(atoms.size).to.equal(6001);
    expect(atoms.find(5999)).to.equal(5999);
  });
});
