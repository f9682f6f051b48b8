import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { expect } from "chai";
import { verifyGraph } from "../../src/ir/index.js";
import { readModel, writeModel } from "../../src/onnx/index.js";
import { understood } from "../support/onnx-files.js";
import { python, shared } from "../support/shared.js";
import { TemporaryFolder } from "../support/temporary.js";

type Pair = readonly [original: string, written: string];

/** The written files whose messages are not equal to the originals', according to Python's onnx. */
function different(interpreter: string, pairs: readonly Pair[]): string[] {
  const output = execFileSync(interpreter, ["test/onnx/compare.py"], { input: JSON.stringify(pairs) });
  return JSON.parse(output.toString("utf8"));
}

describe("models of others", () => {
  const folder = new TemporaryFolder();

  function rewritten(path: string): Pair {
    const written = folder.path("written", basename(path));
    mkdirSync(folder.path("written"), { recursive: true });
    writeModel(readModel(path), written);
    return [path, written];
  }

  it("made by Python's onnx with all that the format has come back equal", function () {
    const interpreter = python(this);
    const made = folder.path("made");
    mkdirSync(made);
    execFileSync(interpreter, ["test/onnx/make_models.py", made], { stdio: ["ignore", "inherit", "pipe"] });
    const files = readdirSync(made);
    expect(files).to.have.length(5);
    const pairs = files.map((file) => rewritten(`${made}/${file}`));
    expect(different(interpreter, pairs)).to.deep.equal([]);
    for (const [original, written] of pairs) {
      expect(readFileSync(written).equals(readFileSync(original)), original).to.equal(true);
    }
  });

  for (const set of ["cifar10", "real", "odd"]) {
    it(`of ../shared/models/${set} are sound and come back byte by byte`, function () {
      this.timeout(60_000);
      for (const path of modelsOf(shared(this, `models/${set}`))) {
        expect(verifyGraph(readModel(path).graph), path).to.deep.equal([]);
        const [original, written] = rewritten(path).map((file) => readFileSync(file));
        expect(original && written?.equals(original), path).to.equal(true);
      }
    });

    it(`of ../shared/models/${set} come back equal for onnx-proto and Python's onnx`, function () {
      this.timeout(120_000);
      const pairs = modelsOf(shared(this, `models/${set}`)).map(rewritten);
      for (const [original, written] of pairs) {
        const same = Buffer.from(understood(readFileSync(written))).equals(
          understood(readFileSync(original)),
        );
        expect(same, written).to.equal(true);
      }
      expect(different(python(this), pairs)).to.deep.equal([]);
    });
  }
});

/** The files of a folder but those that lack their external data, which cannot be written. */
function modelsOf(folder: string): string[] {
  const files = readdirSync(folder).filter(
    (file) => file.endsWith(".onnx") && !file.startsWith("extdata_missing"),
  );
  expect(files).to.not.have.length(0);
  return files.map((file) => `${folder}/${file}`);
}
