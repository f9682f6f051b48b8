import { expect } from "chai";
import { frozenNames } from "../../../src/cli/input/freeze.js";
import { model } from "../../support/graph.js";
import { userError } from "../../support/user-error.js";

describe("--freeze", () => {
  const net =
    model(`<ir_version: 8, opset_import: ["" : 17]> f (float[3] "x:0") => (float[3] "/layer1/.act/Relu_out[0]")
    <float[3] "layer1.0.bias"> { ["/layer1/add"] "/layer1/Add_out" = Add("x:0", "layer1.0.bias")
    ["/layer1/.act/Relu"] "/layer1/.act/Relu_out[0]" = Relu("/layer1/Add_out") }`);
  const names = [
    "x:0",
    "layer1.0.bias",
    "/layer1/add",
    "/layer1/Add_out",
    "/layer1/.act/Relu",
    "/layer1/.act/Relu_out[0]",
  ];
  const frozenBy = (...globs: string[]) => names.filter(frozenNames(globs, net));

  const cases: [globs: string[], frozen: string[]][] = [
    [[], []],
    [["/layer1/add"], ["/layer1/add"]],
    [["/layer1/*"], ["/layer1/add", "/layer1/Add_out", "/layer1/.act/Relu", "/layer1/.act/Relu_out[0]"]],
    [["layer1.*"], ["layer1.0.bias"]],
    [["*Relu"], ["/layer1/.act/Relu"]],
    [["x:?"], ["x:0"]],
    [["/layer1/.act/Relu_out[0]"], ["/layer1/.act/Relu_out[0]"]],
    [
      ["x*", "*{bias,add}"],
      ["x:0", "layer1.0.bias", "/layer1/add"],
    ],
    [["*"], names],
  ];
  for (const [globs, frozen] of cases) {
    it(`${globs.join(" and ") || "nothing"} freezes ${frozen.length} names`, () => {
      expect(frozenBy(...globs)).to.deep.equal(frozen);
    });
  }

  it("must match something", async () => {
    expect(await userError("freeze-no-match", () => frozenBy("x:0", "layer2.*"))).to.match(
      /^--freeze layer2\.\*: no node/,
    );
    await userError("freeze-no-match", () => frozenBy("!x:0"));
    await userError("usage", () => frozenBy("*".repeat(100_000)));
  });
});
