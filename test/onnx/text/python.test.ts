import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { decodeModel, readModel } from "../../../src/onnx/index.js";
import { parseModel, printModel } from "../../../src/onnx/text/index.js";
import { python, shared } from "../../support/shared.js";
import { TemporaryFolder } from "../../support/temporary.js";
import { everything } from "./everything.js";

const script = fileURLToPath(new URL("onnx_text.py", import.meta.url));

/** Files up to this size are cross-checked; the onnx package is fast, the texts are long. */
const LARGEST = 400_000;

/** Exact text without notes and without line breaks, and with nothing for braces without elements. */
function essence(text: string): string {
  return text
    .replaceAll(/^\s*#@ .*$/gm, "")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/ ?([<>(){}=,]) ?/g, "$1")
    .replaceAll("={}", "=");
}

describe("ONNX text and the onnx package", () => {
  const folder = new TemporaryFolder();

  /** Runs the onnx package on a folder of files and returns what it could not do. */
  const onnx = (context: Mocha.Context, action: "print" | "parse", path: string) =>
    execFileSync(python(context), [script, action, path], { encoding: "utf8", maxBuffer: 1 << 30 });

  const folderOf = (name: string, files: ReadonlyMap<string, Uint8Array | string>) => {
    const path = folder.path(name);
    mkdirSync(path);
    for (const [file, content] of files) writeFileSync(join(path, file), content);
    return path;
  };

  it("reads every standard construct as it is meant here", function () {
    const model = parseModel(everything);
    const path = folderOf("ours", new Map([["all.txt", printModel(model, { full: true })]]));
    expect(onnx(this, "parse", path)).to.equal("");
    const read = decodeModel(readFileSync(join(path, "all.txt.onnx")));
    expect(essence(printModel(read, { full: true }))).to.equal(essence(printModel(model, { full: true })));
  });

  it("prints what is read here", function () {
    const path = folderOf("theirs", new Map([["all.txt", everything]]));
    expect(onnx(this, "parse", path)).to.equal("");
    expect(onnx(this, "print", path)).to.equal("");
    const read = parseModel(readFileSync(join(path, "all.txt.onnx.txt")));
    const model = parseModel(everything);
    expect(essence(printModel(read, { full: true }))).to.equal(essence(printModel(model, { full: true })));
  });

  it("reads the exact text of real models", function () {
    const models = shared(this, "models/real");
    python(this);
    const files = readdirSync(models).filter((file) => statSync(join(models, file)).size <= LARGEST);
    expect(files).to.have.lengthOf.above(10);
    const texts = files.map(
      (file) => [file, printModel(readModel(join(models, file)), { full: true })] as const,
    );
    const path = folderOf("real", new Map(texts.map(([file, text]) => [`${file}.txt`, text])));
    expect(onnx(this, "parse", path)).to.equal("");
    for (const [file, text] of texts) {
      const read = decodeModel(readFileSync(join(path, `${file}.txt.onnx`)));
      expect(essence(printModel(read, { full: true })) === essence(text), file).to.equal(true);
    }
  }).timeout(120_000);
});
