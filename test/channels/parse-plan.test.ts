import { expect } from "chai";
import { type PrunePlan, parsePlan } from "../../src/channels/index.js";
import { userError } from "../support/user-error.js";

const cost = { macs: 4, params: 3, bytes: 12 };
const plan: PrunePlan = {
  format: "topiary-plan/1",
  model: { name: "m.onnx", sha256: "" },
  groups: [{ id: "g0", size: 4, removed: [1, 3], ratio: 0.5 }],
  slices: [
    { tensor: "w", axis: 0, removed: [1, 3], role: "producer" },
    { tensor: "v", axis: 1, removed: [1], role: "consumer", within: { axis: 0, start: 0, end: 2 }, fill: 3 },
    {
      tensor: "b_pruned",
      axis: 0,
      removed: [1, 3],
      role: "channelwise",
      source: "b",
      reader: "y",
      silence: true,
    },
    { value: "x", reader: "y", axis: 1, rank: 4, size: 8, removed: [0], role: "consumer" },
  ],
  before: cost,
  after: cost,
};

describe("plans from JSON", () => {
  it("are what they were", async () => {
    expect(await parsePlan(JSON.stringify(plan), "p.json")).to.deep.equal(plan);
  });

  /** The plan with one of its fields replaced. */
  const changed = (
    change: (copy: { slices: Record<string, unknown>[] } & Record<string, unknown>) => void,
  ) => {
    const copy = JSON.parse(JSON.stringify(plan));
    change(copy);
    return JSON.stringify(copy);
  };
  const slice = (index: number, field: string, value: unknown) =>
    changed(({ slices }) => {
      const entry = slices[index];
      if (entry) entry[field] = value;
    });
  const cases: [what: string, text: string, message: RegExp][] = [
    ["no JSON", "plan", /^p\.json is no pruning plan: Unexpected token.*; prune --plan FILE writes one$/],
    ["half a file", JSON.stringify(plan).slice(0, 100), /^p\.json is no pruning plan: .*JSON/],
    ["a list", "[]", /its format is missing, this version of topiary reads "topiary-plan\/1"/],
    ["another version", '{"format":"topiary-plan/2"}', /its format is "topiary-plan\/2"/],
    [
      "no slices",
      changed((copy) => Reflect.deleteProperty(copy, "slices")),
      /it must have required property 'slices'/,
    ],
    ["a negative axis", slice(0, "axis", -1), /\/slices\/0\/axis is -1, must be >= 0/],
    ["half a position", slice(1, "removed", [0.5]), /\/slices\/1\/removed\/0 is 0\.5, must be integer/],
    ["positions out of order", slice(0, "removed", [3, 1]), /positions removed from w axis 0 do not ascend/],
    ["a position twice", slice(3, "removed", [1, 1]), /positions removed from x axis 1 do not ascend/],
    ["an unknown role", slice(0, "role", "boss"), /\/slices\/0\/role is "boss", must be equal to one of/],
    ["a slice of nothing", slice(3, "rank", undefined), /\/slices\/3 must have required property/],
    ["a huge text", slice(0, "tensor", "x".repeat(1 << 28)), /its \d+ characters are too many for one/],
  ];
  for (const [what, text, message] of cases) {
    it(`refuses ${what}`, async () => {
      expect(await userError("plan-format", () => parsePlan(text, "p.json"))).to.match(message);
    });
  }
});
