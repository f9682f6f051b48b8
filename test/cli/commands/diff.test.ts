import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect } from "chai";
import { modelToBytes, writeModel } from "../../../src/onnx/index.js";
import { document, textOf, topiary } from "../../support/command.js";
import { model } from "../../support/graph.js";
import { residualBlock, residualCost } from "../../support/models.js";
import { TemporaryFolder } from "../../support/temporary.js";

const schema: object = createRequire(import.meta.url)("../../../schemas/diff.schema.json");

describe("topiary diff", () => {
  const folder = new TemporaryFolder();
  const [original, pruned, plan] = ["a.onnx", "b.onnx", "plan.json"];

  before(async () => {
    writeModel(residualBlock(), folder.path(original));
    const args = ["prune", folder.path(original), "-o", folder.path(pruned), "--plan", folder.path(plan)];
    await document([...args, "--ratio", "0.5"]);
  });

  it("ends with 0 for the same model, 1 for others, 2 for what is none", async () => {
    const [a, b] = [folder.path(original), folder.path(pruned)];
    expect((await document(["diff", a, a])).same).to.equal(true);
    expect((await document(["diff", a, b], 1)).same).to.equal(false);
    const { code, err } = await topiary(["diff", a, folder.path("absent.onnx")]);
    expect(code).to.equal(2);
    expect(err).to.match(/absent\.onnx/);
    const copy = await topiary(["diff", a, "-", "--json"], modelToBytes(residualBlock()));
    expect(copy.code, copy.err).to.equal(0);
  });

  it("prints a document that follows its schema, with the agreed fields", async () => {
    const validate = new Ajv2020({ allowUnionTypes: true }).compile(schema);
    const [a, b] = [folder.path(original), folder.path(pruned)];
    for (const flags of [[], ["--plan", folder.path(plan)], ["--run"], ["--ignore-names"]]) {
      const found = await document(["diff", a, b, ...flags], 1);
      expect(validate(found), JSON.stringify(validate.errors)).to.equal(true);
      expect(found.nodes).to.deep.equal({ added: 0, removed: 0, changed: 4, unchanged: 5, renamed: 0 });
      expect(found.params).to.have.property("before", residualCost.params);
      expect(found.channels).to.have.lengthOf(7);
    }
    const [output] = (await document(["diff", a, b, "--run"], 1)).run as { name: string; largest: number }[];
    expect(output?.name).to.equal("scores");
    expect(output?.largest).to.be.above(0);
    const same = await document(["diff", a, a, "--run"]);
    expect(same.run).to.deep.equal([{ name: "scores", largest: 0, mean: 0 }]);
  });

  it("gives the largest and the mean difference of each output, and what each layer costs", async () => {
    const text = (inside: number, biases: string) => `<ir_version: 8, opset_import: ["" : 17]>
g (float[1,4] x) => (float[1,4] y, float[1,${inside}] z) <float[4] b = {${biases}}, float[4,${inside}] w> { y = Add (x, b) z = MatMul (x, w) }`;
    const [a, b] = [["wide.onnx", 3, "0, 0, 0, 0"] as const, ["narrow.onnx", 2, "4, 0, -2, 0"] as const].map(
      ([name, inside, biases]) => {
        const path = folder.path(name);
        writeModel(model(text(inside, biases)), path);
        return path;
      },
    ) as [string, string];
    const found = await document(["diff", a, b, "--run"], 1);
    expect(new Ajv2020({ allowUnionTypes: true }).validate(schema, found)).to.equal(true);
    const [y, z] = found.run as { largest: number; mean: number }[];
    expect(y?.largest).to.be.closeTo(4, 1e-6);
    expect(y?.mean).to.be.closeTo(1.5, 1e-6);
    expect(z).to.deep.equal({ name: "z", largest: null, mean: null });
    const macs = { before: 12, after: 8, ratio: 8 / 12 };
    expect(found.layers).to.deep.equal([{ name: "z", opType: "MatMul", macs }]);
    expect(found.macs).to.deep.equal(macs);
    expect(found.shapes).to.deep.equal([{ name: "z", before: "1×3", after: "1×2" }]);
    expect(found.outputs).to.deep.equal([{ name: "z", before: "z: float[1, 3]", after: "z: float[1, 2]" }]);
  });

  it("prints tables for people and for pull requests", async () => {
    const [a, b] = [folder.path(original), folder.path(pruned)];
    const text = await textOf(["diff", a, b], 1);
    expect(text).to.match(/a\.onnx and \S+b\.onnx differ/);
    expect(text).to.match(/^nodes +0 +0 +4 +5 +0$/m);
    expect(text).to.match(/^up +up\.weight +1 +4\/8 +[\d–, ]+ found again$/m);
    const summary = await textOf(["diff", a, b, "--summary"], 1);
    expect(summary).to.match(/^MACs +161\.4 k/m);
    expect(summary).not.to.match(/up\.weight/);
    const markdown = await textOf(["diff", a, b, "--markdown"], 1);
    expect(markdown).to.match(/^\| `up` \| `up\.weight` \| `1` \| `4\/8` \|/m);
  });

  it("refuses another model's plan", async () => {
    const other = folder.path("other.json");
    const args = [
      "prune",
      folder.path(original),
      "-o",
      folder.path("c.onnx"),
      "--plan",
      other,
      "--ratio",
      "0.25",
    ];
    await document(args);
    const { code, err } = await topiary([
      "diff",
      folder.path(original),
      folder.path(pruned),
      "--plan",
      other,
    ]);
    expect(code).to.equal(2);
    expect(err).to.match(/was pruned by the plan/);
  });

  it("compares models that onnxruntime cannot load, unless it has to run them", async () => {
    const text = (alpha: number) => `<ir_version: 8, opset_import: ["" : 17, "their.own" : 1]>
g (float[2,3] x) => (y) { y = their.own.Fancy <alpha = ${alpha}> (x) }`;
    const [a, b] = [1, 2].map((alpha) => {
      const path = folder.path(`fancy-${alpha}.onnx`);
      writeModel(model(text(alpha)), path);
      return path;
    }) as [string, string];
    const { changedNodes } = await document(["diff", a, b], 1);
    expect(changedNodes)
      .to.have.nested.property("[0].attributes")
      .that.deep.equals([{ name: "alpha", before: "1", after: "2" }]);
    expect((await topiary(["diff", a, b, "--run"])).code).to.equal(2);
  });

  it("hostile names stay text, in Markdown too", async () => {
    const name = "</script><img src=x onerror=alert(1)>`|\u001b[31m";
    const [a, b] = ["Relu", "Tanh"].map((op) => {
      const path = folder.path(`${op}.onnx`);
      const graph = model(
        `<ir_version: 8, opset_import: ["" : 17]> g (float[2] x) => (float[2] y) { t = ${op} (x) y = Exp (t) }`,
      );
      graph.graph.addNode({
        opType: op,
        name,
        inputs: [graph.graph.value("x")],
        outputs: [graph.graph.value(name)],
      });
      writeModel(graph, path);
      return path;
    }) as [string, string];
    const markdown = await textOf(["diff", a, b, "--markdown"], 1);
    const shown = markdown.split("\n").filter((line) => line.includes("onerror"));
    expect(shown).to.have.lengthOf(2);
    expect(markdown).not.to.include("\u001b");
    for (const line of shown)
      expect(line).to.match(/^\| `[^`]*onerror=alert\(1\)>'\\\|[^`]*` \| `(Relu|Tanh)` \|$/);
  });

  it("git shows models as text with the setting of the README", function () {
    this.timeout(60_000);
    const git = (...args: string[]) => execFileSync("git", args, { cwd: folder.path("."), encoding: "utf8" });
    git("init", "-q");
    folder.write(".gitattributes", "*.onnx diff=onnx\n");
    const main = new URL("../../../src/cli/main.ts", import.meta.url).pathname;
    const tsx = new URL("../../../node_modules/tsx/dist/loader.mjs", import.meta.url).href;
    git("config", "diff.onnx.textconv", `'${process.execPath}' --import '${tsx}' '${main}' text`);
    git("config", "core.autocrlf", "false");
    folder.write(
      "m.onnx",
      modelToBytes(
        model(`<ir_version: 8, opset_import: ["" : 17]> g (float[2] x) => (float[2] y) { y = Relu (x) }`),
      ),
    );
    git("add", "m.onnx");
    folder.write(
      "m.onnx",
      modelToBytes(
        model(`<ir_version: 8, opset_import: ["" : 17]> g (float[2] x) => (float[2] y) { y = Tanh (x) }`),
      ),
    );
    const shown = git("diff", "m.onnx");
    expect(shown).to.match(/^-\s+y = Relu ?\(x\)/m);
    expect(shown).to.match(/^\+\s+y = Tanh ?\(x\)/m);
  });
});
