import { existsSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { expect } from "chai";
import { DataType, rawBytes, toFloat32 } from "../../../src/ir/index.js";
import { readModel, writeModel } from "../../../src/onnx/index.js";
import { zeros } from "../../../src/runtime/host-tensor.js";
import { run } from "../../../src/runtime/index.js";
import { npy, zip } from "../../data/numpy-files.js";
import { document, topiary } from "../../support/command.js";
import { model } from "../../support/graph.js";
import { residualBlock } from "../../support/models.js";
import { TemporaryFolder } from "../../support/temporary.js";
import { quarterNet, quarterPixels } from "../../train/samples.js";

/** Where each initializer's elements are: the name of a data file, or undefined for the model file. */
function places(path: string): Record<string, string | undefined> {
  return Object.fromEntries(
    readModel(path).graph.initializers.map(({ name, initializer }) => {
      const content = initializer?.content;
      return [name, content?.kind === "external" ? content.entries.get("location") : undefined];
    }),
  );
}

/** Expects that of the tensors in both files just those are beside the second that were beside the first. */
function expectSamePlaces(before: string, after: string): void {
  const [was, is] = [places(before), places(after)];
  const data = `${after.slice(after.lastIndexOf("/") + 1)}.data`;
  expect(
    Object.values(was).filter((place) => place),
    "nothing to see",
  ).to.not.have.lengthOf(0);
  for (const [name, place] of Object.entries(is))
    expect(place, name).to.equal(was[name] === undefined ? undefined : data);
}

describe("models with external data", () => {
  const folder = new TemporaryFolder();
  const block = () => folder.path("in/block.onnx");
  const plan = () => folder.path("plan.json");

  before(() => {
    folder.write("in/.here", "");
    folder.write("elsewhere/.here", "");
    // The weights of three convolutions are as large as that, the rest is not.
    writeModel(residualBlock(), block(), { externalData: "always", threshold: 864 });
    writeModel(residualBlock(), folder.path("inline.onnx"));
  });

  it("stay that when they are pruned, wherever the result goes", async () => {
    const inline = folder.path("small.onnx");
    await document(["prune", folder.path("inline.onnx"), "--macs", "0.5", "-o", inline]);
    expect(existsSync(`${inline}.data`)).to.equal(false);
    for (const out of ["in/small.onnx", "elsewhere/small.onnx"].map((name) => folder.path(name))) {
      await document(["prune", block(), "--macs", "0.5", "-o", out, "--plan", plan()]);
      expectSamePlaces(block(), out);
      const { graph } = readModel(out);
      for (const { name, initializer } of readModel(inline).graph.initializers) {
        const twin = graph.find(name)?.initializer ?? expect.fail(name);
        expect(twin.dims, name).to.deep.equal(initializer?.dims);
        expect(Buffer.compare(rawBytes(twin), rawBytes(initializer ?? twin)), name).to.equal(0);
      }
      expect(await document(["verify", block(), out, "--plan", plan()])).to.include({ ok: true });
    }
  });

  it("stay that when the pruned one takes their place, its data file theirs", async () => {
    const own = folder.path("own/block.onnx");
    folder.write("own/block.onnx", readFileSync(block()));
    const before = readFileSync(`${block()}.data`);
    folder.write("own/block.onnx.data", before);
    await document(["prune", own, "--macs", "0.5", "-o", own, "--plan", plan()]);
    expectSamePlaces(block(), own);
    expect(readFileSync(`${own}.data`).length).to.be.below(before.length);
    expect(readdirSync(folder.path("own"))).to.have.members(["block.onnx", "block.onnx.data"]);
    expect(await document(["verify", block(), own, "--plan", plan()])).to.include({ ok: true });
  });

  for (const [what, flags] of [
    ["apply", () => ["apply", block(), "--plan", plan()]],
    ["prune --unstructured", () => ["prune", block(), "--unstructured", "0.5"]],
  ] as const) {
    it(`stay that through topiary ${what}`, async () => {
      const out = folder.path("elsewhere/out.onnx");
      await document([...flags(), "-o", out]);
      expectSamePlaces(block(), out);
    });
  }

  it("stay that when constants are folded", async () => {
    const path = folder.path("in/folded.onnx");
    const subject = model(`<ir_version: 8, opset_import: ["" : 17]> f (float[2,4] x) => (float[2,4] y)
      <float[4,6] a, float[6] e = {0, 2, 3, 4, 5, 6}, float[6,4] c>
      { m = MatMul(x, a) k = Add(m, e) h = Tanh(k) [end] y = MatMul(h, c) }`);
    const weight = subject.graph.find("a")?.initializer ?? expect.fail("a");
    const values = toFloat32(weight).map((value, i) => (i % 6 === 1 ? 0 : value));
    subject.graph.setInitializer("a", weight.withFloats(values));
    writeModel(subject, path, { externalData: "always", threshold: 90 });
    const out = folder.path("elsewhere/folded.onnx");
    expect(await document(["compact", path, "-o", out])).to.deep.include({ folded: ["end"], removed: 1 });
    expectSamePlaces(path, out);
  });

  it("stay that when they are repaired and trained", async () => {
    const net = folder.path("in/net.onnx");
    writeModel(model(quarterNet), net, { externalData: "always", threshold: 1 });
    const labels = Uint8Array.from({ length: 64 }, (_, i) => i % 4);
    const [x, y] = [npy("|u1", [64, 3, 8, 8], quarterPixels(64, 1, labels)), npy("|u1", [64], labels)];
    folder.write("data.npz", zip({ "x_train.npy": x, "y_train.npy": y, "x_test.npy": x, "y_test.npy": y }));
    const data = ["--data", `npz:${folder.path("data.npz")}`, "--threads", "1", "--batch", "32"];
    const pruned = folder.path("elsewhere/net.onnx");
    await document(["prune", net, "--macs", "0.5", "-o", pruned, "--plan", plan()]);
    for (const flags of [
      ["recover", pruned],
      ["recover", pruned, "--original", net, "--plan", plan()],
      ["finetune", pruned, "--epochs", "1"],
    ]) {
      const out = folder.path("elsewhere/better.onnx");
      await document([...flags, ...data, "-o", out]);
      expectSamePlaces(pruned, out);
    }
  });

  it("are loaded by onnxruntime once they are pruned", async () => {
    const out = folder.path("elsewhere/loaded.onnx");
    await document(["prune", block(), "--ratio", "0.5", "-o", out]);
    const [scores] = await run(out, new Map([["image", zeros(DataType.FLOAT, [2, 3, 8, 8])]]));
    expect(scores?.dims).to.deep.equal([2, 10]);
  });

  it("are not made unreadable by a result whose data file has the name of theirs", async () => {
    const out = folder.path("moved/block.onnx");
    folder.write("moved/block.onnx", readFileSync(block()));
    const data = readFileSync(`${block()}.data`);
    folder.write("moved/block.onnx.data", data);
    const moved = folder.path("moved/renamed.onnx");
    renameSync(out, moved);
    for (const command of [
      ["prune", moved, "--ratio", "0.5"],
      ["prune", moved, "--unstructured", "0.5"],
      ["apply", moved, "--plan", plan()],
      ["compact", moved],
    ]) {
      const { code, err } = await topiary([...command, "-o", out]);
      expect(code).to.equal(2);
      expect(err).to.match(
        /^topiary: cannot write .*block\.onnx: its weights would replace .*block\.onnx\.data, which .*renamed\.onnx has its own in; choose another name\n$/,
      );
    }
    expect(Buffer.compare(readFileSync(`${out}.data`), data)).to.equal(0);
    expect(readdirSync(folder.path("moved"))).to.have.members(["renamed.onnx", "block.onnx.data"]);
  });

  it("go to standard output in one file", async () => {
    const { out, code } = await topiary(["prune", block(), "--ratio", "0.5", "-o", "-"]);
    expect(code).to.equal(0);
    const path = folder.write("whole.onnx", out);
    expect(Object.values(places(path)).every((place) => place === undefined)).to.equal(true);
  });
});
