import { expect } from "chai";
import { allOps, kindOf, kindsOnly, lookupOp } from "../../src/ops/index.js";

describe("kinds of operators", () => {
  it("are those of the op table", () => {
    for (const { type, domain, kind } of allOps) expect(kindOf({ opType: type, domain })).to.equal(kind);
  });

  it("are known of some operators that have no entry there, and of those alone", () => {
    for (const [name, kind] of kindsOnly) {
      const [domain = "", opType = ""] = name.split(" ");
      expect(kindOf({ opType, domain })).to.equal(kind);
      expect(lookupOp({ opType, domain }), `${name} has an entry, so its line in kind.ts can go`).to.equal(
        undefined,
      );
    }
  });

  it("are other where nobody told", () => {
    expect(kindOf({ opType: "Conv", domain: "my.ops" })).to.equal("other");
    expect(kindOf({ opType: "SequenceConstruct", domain: "ai.onnx" })).to.equal("movement");
  });
});
