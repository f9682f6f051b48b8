import { expect } from "chai";
import fc from "fast-check";
import { IntegerEvaluator } from "../../src/analysis/integers.js";
import { specifiedShapes } from "../../src/analysis/specified-shapes.js";
import { ChannelAnalysis } from "../../src/channels/index.js";
import { type Attribute, attribute, type Model, type Node, type Value } from "../../src/ir/index.js";
import { model } from "../support/graph.js";
import { feedsFor, observe } from "../support/observe.js";
import { opFixtures } from "./fixtures/index.js";

type Sizes = Map<string, readonly number[] | undefined>;

/** What may be wrong with a node that no engine has checked. */
interface Damage {
  readonly at: number;
  readonly name: string;
  readonly value: number;
  readonly list: readonly number[];
}

const NAMES = ["axis", "axes", "perm", "pads", "starts", "ends", "split", "shape", "group", "num_groups"];
const MORE = [
  "num_heads",
  "batch_axis",
  "time_axis",
  "offset_group",
  "kv_num_heads",
  "blocksize",
  "keepdims",
  "start",
  "end",
  "num_outputs",
  "transA",
  "transB",
  "mode",
  "to",
  "q_num_heads",
];

const damage = fc.record({
  at: fc.nat(),
  name: fc.constantFrom(...NAMES, ...MORE),
  value: fc.constantFrom(-99, -1, 0, 1, 3, 7, 99, 1_000_000_000),
  list: fc.array(fc.constantFrom(-99, -1, 0, 1, 2, 5, 1_000_000), { maxLength: 6 }),
});

const pick = <T>(items: readonly T[], at: number): T => {
  const item = items[at % items.length];
  if (item === undefined) throw new Error("nothing to pick from");
  return item;
};

const edits: Record<string, (node: Node, sizes: Sizes, damage: Damage) => void> = {
  "an input gone": (node, _, { at }) =>
    node.inputs.length > 0 && node.setInput(at % node.inputs.length, null),
  "an attribute gone": (node, _, { at }) => node.attributes.delete([...node.attributes.keys()][at % 3] ?? ""),
  "a number": (node, _, { name, value }) => node.setAttribute(attribute.int(name, value)),
  "a list": (node, _, { name, list }) => node.setAttribute(attribute.ints(name, list)),
  "the wrong kind": (node, _, { at }) =>
    node.setAttribute(wrongKind(pick([...node.attributes.keys(), "axis"], at))),
  "sizes that do not fit": (node, sizes, { at, list }) => {
    const operands = [...node.inputs, ...node.outputs].filter((value) => value !== null);
    if (operands.length > 0)
      sizes.set(
        pick(operands, at).name,
        list.map(Math.abs).map((size) => Math.min(size, 64)),
      );
  },
  "sizes unknown": (node, sizes, { at }) => sizes.delete(pick([...node.outputs], at)?.name ?? ""),
};

const wrongKind = (name: string): Attribute => attribute.string(name, "neither number nor list");

describe("rules on nodes that no engine has checked", () => {
  const known = new Map<string, Sizes>();
  before(async () => {
    for (const { text } of opFixtures) {
      const fixture = model(text);
      const { dims } = await observe(fixture, feedsFor(fixture, 1));
      known.set(text, new Map([...fixture.graph.values].map((value) => [value.name, dims(value)])));
    }
  });

  for (const [what, edit] of Object.entries(edits)) {
    it(`${what}: an analysis all the same`, () => {
      fc.assert(
        fc.property(fc.constantFrom(...opFixtures), damage, fc.nat(), ({ text }, wrong, at) => {
          const damaged = model(text);
          const sizes = new Map(known.get(text));
          edit(pick(damaged.graph.nodes, at), sizes, wrong);
          expect(analysed(damaged, sizes)).to.be.at.least(0);
          expectShapesOrNone(damaged, sizes);
        }),
        { numRuns: 400 },
      );
    });
  }
});

function analysed(damaged: Model, sizes: Sizes): number {
  const dims = ({ name }: Value) => sizes.get(name);
  const evaluator = new IntegerEvaluator(dims);
  for (const value of damaged.graph.values) evaluator.evaluate(value);
  return new ChannelAnalysis(damaged, dims).unitCount;
}

/** By the rules' own account there are shapes of all values, each a list of sizes, or none at all. */
function expectShapesOrNone(damaged: Model, sizes: Sizes): void {
  const inputs = damaged.graph.inputs.map(({ name }) => [name, sizes.get(name) ?? []] as const);
  const table = specifiedShapes(damaged, new Map(inputs));
  if (!table) return;
  for (const value of damaged.graph.nodes.flatMap((node) => node.outputs)) {
    if (value) expect(table.of(value)?.every((size) => size >= 0 && Number.isInteger(size))).to.equal(true);
  }
}
