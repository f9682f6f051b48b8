import { expect } from "chai";
import { writeModel } from "../../../src/onnx/index.js";
import { document, textOf } from "../../support/command.js";
import { residualBlock } from "../../support/models.js";
import { TemporaryFolder } from "../../support/temporary.js";

interface Timed {
  readonly path: string;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly peakMb: number;
}

describe("topiary latency", () => {
  const folder = new TemporaryFolder();
  const path = () => folder.path("residual.onnx");

  before(() => writeModel(residualBlock(), path()));

  it("times models beside each other", async () => {
    const found = await document(["latency", path(), path(), "--seconds", "0.2"]);
    const [first, second, ...others] = found.models as Timed[];
    if (!first || !second) throw new Error("two models were given");
    expect(others).to.deep.equal([]);
    expect(found.ratio).to.equal(second.p50Ms / first.p50Ms);
    for (const timed of [first, second]) {
      expect(timed.path).to.equal(path());
      expect(timed.p50Ms).to.be.above(0);
      expect(timed.p90Ms).to.be.at.least(timed.p50Ms);
      expect(timed.peakMb).to.be.within(0, 500);
    }
  });

  it("has no ratio for one model, and prints a table", async () => {
    const args = ["latency", path(), "--seconds", "0.1", "--batch", "3", "--threads", "1"];
    expect(await document(args)).to.include({ ratio: null });
    const text = await textOf(args);
    expect(text).to.match(/^model +median +90 % +memory +runs +of the first\n/);
    expect(text).to.match(/residual\.onnx +\S+ ms +\S+ ms +\d+ MB +\d+ +100\.0 %$/m);
  });
});
