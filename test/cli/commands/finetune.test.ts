import { existsSync } from "node:fs";
import { expect } from "chai";
import { readModel, writeModel } from "../../../src/onnx/index.js";
import { npy, zip } from "../../data/numpy-files.js";
import { document, textOf, topiary } from "../../support/command.js";
import { model } from "../../support/graph.js";
import { TemporaryFolder } from "../../support/temporary.js";
import { quarterNet, quarterPixels } from "../../train/samples.js";

describe("topiary finetune and recover", () => {
  const folder = new TemporaryFolder();
  const common = () => [
    "--data",
    `npz:${folder.path("data.npz")}`,
    "--mean",
    "0.4",
    "--std",
    "0.3",
    "--threads",
    "1",
  ];

  before(() => {
    writeModel(model(quarterNet), folder.path("net.onnx"));
    const labels = Uint8Array.from({ length: 320 }, (_, i) => i % 4);
    const [x, y] = [npy("|u1", [320, 3, 8, 8], quarterPixels(320, 1, labels)), npy("|u1", [320], labels)];
    folder.write("data.npz", zip({ "x_train.npy": x, "y_train.npy": y, "x_test.npy": x, "y_test.npy": y }));
  });

  it("trains, says how each epoch went, and leaves no checkpoint", async () => {
    const [net, out] = [folder.path("net.onnx"), folder.path("tuned.onnx")];
    const args = ["finetune", net, ...common(), "-o", out, "--epochs", "3", "--batch", "32"];
    const found = await document([...args, "--freeze", "first"]);
    expect(found).to.have.all.keys("epochs", "best", "finished");
    expect(found.epochs).to.have.length(3);
    const test = await document([
      "evaluate",
      out,
      "--data",
      `npz:${folder.path("data.npz")}`,
      "--mean",
      "0.4",
      "--std",
      "0.3",
    ]);
    expect(test.top1).to.be.above(0.9);
    // The node named "first" keeps its weight.
    const bytes = (path: string) => String(readModel(path).graph.find("w1")?.initializer?.content);
    expect(bytes(out)).to.equal(bytes(net));
    expect(existsSync(`${out}.checkpoint`)).to.equal(false);
  });

  it("learns from a teacher's outputs", async () => {
    const [net, out, teacher] = ["net.onnx", "student.onnx", "tuned.onnx"].map((name) => folder.path(name));
    const args = ["finetune", `${net}`, ...common(), "-o", `${out}`, "--epochs", "1", "--batch", "32"];
    const alone = (await document(args)).epochs as { loss: number }[];
    const taught = (await document([...args, "--teacher", `${teacher}`])).epochs as { loss: number }[];
    // The same data in the same order: only the loss is another.
    expect(taught[0]?.loss).not.to.be.closeTo(alone[0]?.loss ?? 0, 0.01);
  });

  it("measures batch normalization anew", async () => {
    const out = folder.path("recovered.onnx");
    const text = await textOf(["recover", folder.path("net.onnx"), ...common(), "-o", out, "--batch", "32"]);
    expect(text).to.match(/^batch normalization measured on train of npz:/);
    const found = readModel(out).graph.find("m1")?.initializer;
    expect(found).not.to.deep.equal(readModel(folder.path("net.onnx")).graph.find("m1")?.initializer);
  });

  it("refits a pruned model to its original by least squares", async () => {
    const [original, pruned, plan, out] = ["tuned.onnx", "pruned.onnx", "plan.json", "refitted.onnx"].map(
      (name) => folder.path(name),
    );
    await textOf(["prune", `${original}`, "--ratio", "0.5", "-o", `${pruned}`, "--plan", `${plan}`]);
    const args = ["recover", `${pruned}`, ...common(), "--batch", "32", "-o", `${out}`];
    const found = await document([...args, "--original", `${original}`, "--plan", `${plan}`]);
    expect(found).to.deep.include({ layers: ["c2", "y"], recalibrated: false });
    const { code, err } = await topiary([...args, "--plan", `${plan}`]);
    expect(code).to.equal(2);
    expect(err).to.contain("--original and --plan go together");
  });

  it("says in one line what does not fit", async () => {
    const small = model(
      "g (float[N,3,8,8] x) => (float[N,2] y) <float[192,2] w> { f = Flatten(x) y = MatMul(f, w) }",
    );
    writeModel(small, folder.path("two.onnx"));
    const { code, err } = await topiary([
      "finetune",
      folder.path("two.onnx"),
      ...common(),
      "-o",
      folder.path("no.onnx"),
    ]);
    expect(code).to.equal(2);
    expect(err).to.match(/train of npz:.* has label 3, the model's output has 2 classes, 0 to 1/);
    expect(existsSync(folder.path("no.onnx"))).to.equal(false);
  });
});
