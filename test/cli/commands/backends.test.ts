import { expect } from "chai";
import { document, textOf } from "../../support/command.js";

describe("topiary backends", () => {
  it("says what works here and why the rest does not", async () => {
    const { backends } = await document(["backends"]);
    expect(backends).to.deep.include({
      engine: "onnxruntime",
      name: "cpu",
      package: "onnxruntime-node",
      works: true,
      reason: null,
    });
    for (const { works, reason } of backends as { works: boolean; reason: string | null }[]) {
      expect(reason === null).to.equal(works);
    }
    expect(await textOf(["backends"])).to.match(/^onnxruntime +cpu +yes +onnxruntime-node$/m);
  }).timeout(120_000);
});
