import { execFile } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { promisify } from "node:util";
import { expect } from "chai";
import { openDataset } from "../../src/data/index.js";
import { readModel } from "../../src/onnx/index.js";
import { evaluate } from "../../src/runtime/index.js";
import { TemporaryFolder } from "../support/temporary.js";

const fixture = "fixtures/digits/digits.onnx";

async function rightOf(path: string): Promise<number> {
  const images = await openDataset("digits", { split: "test" });
  const { top1, samples } = await evaluate(path, { shape: images.shape, batches: images.batches(250) });
  return Math.round(top1 * samples);
}

describe("tools/demo", function () {
  this.timeout(120_000);
  const folder = new TemporaryFolder();

  it("starts from a network that is as good as its README says, and under 1 MB", async () => {
    expect(readFileSync("fixtures/digits/README.md", "utf8")).to.include("| test | 1,973 | 2,000");
    expect(await rightOf(fixture)).to.be.within(1_972, 1_974);
    expect(statSync(fixture).size).to.be.below(1e6);
    const ops = readModel(fixture).graph.nodes.map(({ opType }) => opType);
    expect(ops.filter((type) => type === "BatchNormalization")).to.have.length(9);
  });

  it("leaves a network of half the cost that still works, its plan, and the table that it printed", async () => {
    const out = folder.path("demo");
    const args = ["--import", "tsx", "tools/demo.ts", out];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
    const rows = new Map(
      readFileSync(`${out}/summary.md`, "utf8")
        .split("\n")
        .filter((line) => line.startsWith("|"))
        .map((line) => line.split("|").map((cell) => cell.trim()))
        .map(([, name = "", before, after]) => [
          name,
          [before, after].map((cell) => Number.parseFloat((cell ?? "").replaceAll(",", ""))),
        ]),
    );
    const [before = 0, after = 0] = rows.get("multiply-accumulates") ?? [];
    expect(before).to.equal(9_345_920);
    expect(after / before).to.be.within(0.47, 0.5);
    expect(rows.get("file, bytes")).to.deep.equal([
      statSync(fixture).size,
      statSync(`${out}/digits-half.onnx`).size,
    ]);
    const right = await rightOf(`${out}/digits-half.onnx`);
    expect(right).to.be.above(1_960);
    expect(rows.get("right of 2000 digits")?.[1]).to.equal(right / 20);
    for (const value of rows.get("time for one image, ms") ?? []) expect(value).to.be.above(0);
    const difference = /difference of an output: (\S+)/.exec(stderr)?.[1];
    expect(Number(difference)).to.be.below(1e-5);
    expect(JSON.parse(readFileSync(`${out}/plan.json`, "utf8")).after.macs).to.equal(after);
    for (const file of ["digits-half.onnx", "plan.json", "summary.md"])
      expect(stdout).to.include(`${out}/${file}`);
    expect(stdout).to.include("| multiply-accumulates");
  });
});
