import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect } from "chai";
import { costTable, fastMultiple } from "../../../src/analysis/index.js";
import { Random } from "../../../src/base/random.js";
import type { MeasuredWidths } from "../../../src/cli/output/widths.js";
import { numbersOf } from "../../../src/ir/index.js";
import { modelToBytes, readModel, writeModel } from "../../../src/onnx/index.js";
import { constantTensor } from "../../../src/ops/index.js";
import { inferShapes } from "../../../src/runtime/index.js";
import { bytesOf, npy, zip } from "../../data/numpy-files.js";
import { document, textOf, topiary } from "../../support/command.js";
import { model } from "../../support/graph.js";
import { residualBlock, residualCost } from "../../support/models.js";
import { TemporaryFolder } from "../../support/temporary.js";

interface Pruned {
  readonly macs: { readonly before: number; readonly after: number; readonly ratio: number };
  readonly params: { readonly before: number; readonly after: number; readonly ratio: number };
  readonly units: { readonly total: number; readonly removed: number };
  readonly widths?: MeasuredWidths;
}

const schema: object = JSON.parse(readFileSync("schemas/prune.schema.json", "utf8"));

describe("topiary prune", () => {
  /** Whether a document is what the schema promises, down to the fields that are in it. */
  const follows = new Ajv2020({ allowUnionTypes: true }).compile({ ...schema, additionalProperties: false });
  const folder = new TemporaryFolder();
  const path = () => folder.path("residual.onnx");
  let count = 0;
  /** Prunes the block; the last of the results is where it went. */
  const prune = async (...flags: string[]): Promise<Pruned & { readonly out: string }> => {
    const out = folder.path(`pruned-${++count}.onnx`);
    const found = await document(["prune", path(), "-o", out, ...flags]);
    expect(follows(found), JSON.stringify(follows.errors)).to.equal(true);
    return { ...(found as typeof found & Pruned), out };
  };
  const widths = (file: string) => {
    const { graph } = readModel(file);
    return ["stem.weight", "up.weight"].map((name) => graph.find(name)?.initializer?.dims[0]);
  };

  before(() => writeModel(residualBlock(), path()));

  it("answers with the agreed fields", async () => {
    const plan = folder.path("plan.json");
    const { out, ...found } = await prune("--macs", "0.5", "--plan", plan);
    expect(found).to.have.all.keys(
      ...[
        "macs",
        "params",
        "bytes",
        "units",
        "budget",
        "target",
        "met",
        "recomputed",
        "removable",
        "barriers",
        "seconds",
      ],
    );
    expect(found).to.deep.include({ budget: "macs", target: 0.5, met: true });
    expect(found).to.have.nested.property("macs.before", residualCost.macs);
    expect(found).to.have.nested.property("params.before", residualCost.params);
    expect(found).to.have.nested.property("bytes.before", residualCost.bytes);
    expect(found.macs.ratio).to.equal(found.macs.after / found.macs.before);
    expect(found.macs.ratio).to.be.within(0.45, 0.5);
    expect(found.units.total).to.equal(24);
    expect(found).to.deep.include({ barriers: [{ code: "graph-output", count: 1 }] });
    expect(found)
      .to.have.property("seconds")
      .with.keys("read", "shapes", "analyse", "choose", "slice", "write");
    const written = JSON.parse(readFileSync(plan, "utf8"));
    const gone = written.groups.reduce(
      (sum: number, group: { removed: number[] }) => sum + group.removed.length,
      0,
    );
    expect(gone).to.equal(found.units.removed);
    const small = readModel(out);
    const { of: dims } = await inferShapes(small);
    expect(costTable(small.graph, dims).macs).to.equal(found.macs.after);
  });

  it("leaves the plan's hash in the metadata, and the file's in the plan", async () => {
    const plan = folder.path("hashed.json");
    const { out } = await prune("--macs", "0.5", "--plan", plan);
    const sha256 = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");
    const { metadata, producerName } = readModel(out);
    expect(JSON.parse(metadata.get("topiary") ?? "")).to.deep.equal({ version: "1.2.3", plan: sha256(plan) });
    expect([metadata.size, producerName]).to.deep.equal([1, "the tests"]);
    expect(JSON.parse(readFileSync(plan, "utf8")).model).to.deep.equal({
      name: "residual.onnx",
      sha256: sha256(path()),
    });
  });

  it("keeps shares of parameters and bytes, and removes a share of every group", async () => {
    expect((await prune("--params", "0.4")).params.ratio).to.be.within(0.35, 0.4);
    expect((await prune("--bytes", "0.4")).params.ratio).to.be.within(0.35, 0.4);
    expect(widths((await prune("--ratio", "0.25")).out)).to.deep.equal([6, 12]);
  });

  it("lets the flags shape the result", async () => {
    expect(widths((await prune("--ratio", "0.3", "--round-to", "4")).out)).to.deep.equal([8, 12]);
    expect(widths((await prune("--ratio", "0.9", "--min-channels", "3")).out)).to.deep.equal([3, 3]);
    expect(widths((await prune("--ratio", "0.9", "--max-ratio", "0.5")).out)).to.deep.equal([4, 8]);
    expect(widths((await prune("--ratio", "0.5", "--freeze", "st?m")).out)).to.deep.equal([8, 8]);
    expect(widths((await prune("--ratio", "0.5", "--freeze", "up.*", "--freeze", "stem")).out)).to.deep.equal(
      [8, 16],
    );
    const [stem, up] = widths((await prune("--macs", "0.3", "--ranking", "global")).out);
    expect([stem, up]).not.to.deep.equal(widths((await prune("--macs", "0.3")).out));
  });

  it("rounds to what it measures to be fast here, and shows the table", async function () {
    this.timeout(60_000);
    const { out, widths: measured = expect.fail("no widths") } = await prune(
      ...["--ratio", "0.4", "--round-to", "auto"],
    );
    expect(measured.costs.map(({ multiple }) => multiple)).to.deep.equal([1, 2, 4]);
    expect(Math.min(...measured.costs.map(({ slowdown }) => slowdown))).to.be.at.least(1);
    for (const { ms } of measured.layers) expect(Math.min(...ms)).to.be.greaterThan(0);
    expect(measured.multiple).to.equal(fastMultiple(measured.layers).multiple);
    for (const width of widths(out)) expect((width ?? 0) % measured.multiple).to.equal(0);
    const { err } = await topiary([
      ...["prune", path(), "--ratio", "0.4", "--round-to", "auto", "-o", folder.path("auto.onnx")],
    ]);
    expect(err).to.match(/^ *multiple +slower by/m);
    expect(err).to.match(/^widths are multiples of (1|2|4)$/m);
  });

  it("removes the shares that a file gives to single layers, --ratio from the rest", async () => {
    const file = folder.write("shares.json", '{"stem*": 0.25, "up": 0.75}');
    expect(widths((await prune("--ratios", file)).out)).to.deep.equal([6, 4]);
    const yaml = folder.write("shares.yaml", "up.weight: 0.5\n");
    expect(widths((await prune("--ratios", yaml)).out)).to.deep.equal([8, 8]);
    const found = await prune("--ratios", yaml, "--ratio", "0.75");
    expect(widths(found.out)).to.deep.equal([2, 8]);
    expect(found).to.deep.include({ budget: "ratios", target: 0.75, met: true });
  });

  it("sets small weights to zero, and says what that does not save", async () => {
    const { out, ...found } = await prune("--unstructured", "0.5");
    expect(found).to.deep.include({ budget: "unstructured", target: 0.5, met: true });
    expect(found.macs.after).to.equal(residualCost.macs);
    const zeros = (name: string) => {
      const values = numbersOf(readModel(out).graph.find(name)?.initializer ?? expect.fail(name));
      return Array.from(values).filter((value) => value === 0).length;
    };
    expect([zeros("up.weight"), zeros("head.weight"), zeros("head.bias")]).to.deep.equal([576, 40, 0]);
    expect(found).to.have.nested.property("sparsity.layers").with.lengthOf(4);
    expect(found).to.have.nested.property("sparsity.sparsity", 0.5);
    const text = await textOf(["prune", path(), "--unstructured", "2:4", "-o", out]);
    expect(text).to.match(/^up +1\.15 k +576 +50\.0 %$/m);
    expect(text).to.match(/^stem stays as it is: it sums over 3 channels, no multiple of 4$/m);
    expect(text).to.match(/the file and the time of a run do not shrink$/m);
  });

  it("cuts channels of convolutions and sets weights of linear layers to zero, both at once", async () => {
    const two = folder.path("linear.onnx");
    writeModel(
      model(`<ir_version: 8, opset_import: ["" : 17]> f (float[N,3,4,4] x) => (float[N,4] y)
        <float[8,3,1,1] "c.weight", float[8,16] "h.weight", float[16,4] "o.weight">
        { [c] a = Conv(x, "c.weight") r = Relu(a) g = GlobalAveragePool(r) f = Flatten(g)
          [h] h = MatMul(f, "h.weight") s = Relu(h) [o] y = MatMul(s, "o.weight") }`),
      two,
    );
    const out = folder.path("mixed.onnx");
    const plan = folder.path("mixed.json");
    const found = await document([
      ...["prune", two, "--ratio", "0.5", "--unstructured", "0.75", "-o", out, "--plan", plan],
    ]);
    expect(follows(found), JSON.stringify(follows.errors)).to.equal(true);
    const { graph } = readModel(out);
    const dims = ["c", "h", "o"].map((name) => graph.find(`${name}.weight`)?.initializer?.dims);
    expect(dims).to.deep.equal([
      [4, 3, 1, 1],
      [4, 16],
      [16, 4],
    ]);
    expect(found.sparsity).to.deep.include({ weights: 128, zeros: 96, sparsity: 0.75 });
    expect(Array.from(numbersOf(graph.find("c.weight")?.initializer ?? expect.fail("c")))).not.to.include(0);
    const { problems, ...judged } = await document(["verify", two, out, "--plan", plan], 1);
    expect(judged).to.include({ ok: false, valid: true, honest: false, counted: true });
    const zeros = (name: string, weights: number) =>
      `${name}: ${0.75 * weights} of its ${weights} elements are zero where the original's are not, as prune --unstructured leaves them; all others are the original's`;
    expect(problems).to.include.members([zeros("h.weight", 64), zeros("o.weight", 64)]);
  });

  it("ranks like with like: each kind of layer loses its share", async () => {
    const [global, alike] = [
      await prune("--macs", "0.5", "--ranking", "global"),
      await prune("--macs", "0.5", "--ranking", "isomorphic"),
    ];
    expect(alike.macs.ratio).to.be.within(0.45, 0.5);
    expect(widths(alike.out)).not.to.deep.equal(widths(global.out));
  });

  it("chooses by the criterion that is asked for; the same seed gives the same bytes", async () => {
    const bytes = async (...flags: string[]) =>
      readFileSync((await prune("--ratio", "0.5", ...flags)).out, "hex");
    const random = await bytes("--importance", "random", "--seed", "7");
    expect(await bytes("--importance", "random", "--seed", "7")).to.equal(random);
    expect(await bytes("--importance", "random", "--seed", "8")).not.to.equal(random);
    expect(await bytes("--importance", "l1")).not.to.equal(random);
    expect(await bytes()).to.equal(await bytes("--importance", "l2"));
    expect(await bytes("--aggregate", "max")).not.to.equal(await bytes("--aggregate", "mean"));
  });

  it("measures activations and gradients on training samples", async () => {
    const random = new Random(3);
    const x = Float32Array.from({ length: 64 * 192 }, () => random.normal());
    const y = Uint8Array.from({ length: 64 }, (_, i) => i % 10);
    const data = folder.write(
      "samples.npz",
      zip({ "x.npy": npy("<f4", [64, 3, 8, 8], bytesOf(x)), "y.npy": npy("|u1", [64], y) }),
    );
    const outs = new Set<string>();
    for (const importance of ["mean-activation", "apoz", "wanda", "taylor"]) {
      const flags = ["--importance", importance, "--data", `npz:${data}`, "--samples", "32", "--batch", "8"];
      const found = await prune("--macs", "0.5", "--ranking", "global", ...flags);
      expect(found.macs.ratio).to.be.within(0.4, 0.5);
      expect(found).to.have.nested.property("seconds.measure");
      outs.add(readFileSync(found.out, "hex"));
    }
    expect(outs.size).to.equal(4);
    const { code, err } = await topiary([
      "prune",
      path(),
      "--macs",
      "0.5",
      "-o",
      "x",
      "--importance",
      "apoz",
    ]);
    expect([code, err]).to.deep.equal([
      2,
      "topiary: --importance apoz measures on training samples: give --data\n",
    ]);
  });

  it("takes what can be reached with --best-effort, and says so", async () => {
    const out = folder.path("nearest.onnx");
    const found = await document(["prune", path(), "--macs", "0.001", "-o", out, "--best-effort"], 1);
    expect(found).to.deep.include({ target: 0.001, met: false });
    expect((found as typeof found & Pruned).macs.ratio).to.be.closeTo(1 - Number(found.removable), 1e-12);
    expect(widths(out)).to.deep.equal([1, 1]);
    const text = await textOf(["prune", path(), "--macs", "0.001", "-o", out, "--best-effort"], 1);
    expect(text).to.match(/^--macs 0\.001 is out of reach: this is the nearest$/m);
  });

  it("prints a table of before and after", async () => {
    const text = await textOf(["prune", path(), "--ratio", "0.5", "-o", folder.path("half.onnx")]);
    expect(text).to.match(/^ +before +after +kept$/m);
    expect(text).to.match(/^MACs +161\.4 k +\S+ k +\S+ %$/m);
    expect(text).to.match(/^12 of 24 units removed\nexact pruning could remove \S+ % of the MACs$/m);
    expect(text).to.match(/^what keeps channels: graph-output \(1\); topiary groups shows where$/m);
    expect(text).to.match(/^written: .*half\.onnx$/m);
  });

  it("goes from standard input to standard output; the table then stands on standard error", async () => {
    const bytes = modelToBytes(residualBlock());
    const { code, out, err } = await topiary(["prune", "-", "--ratio", "0.5", "-o", "-"], bytes);
    expect(code, err).to.equal(0);
    expect(err).to.match(/^MACs/m);
    const onDisk = await prune("--ratio", "0.5");
    const weights = (file: Buffer | string) => {
      const { graph } = readModel(typeof file === "string" ? file : folder.write("piped.onnx", file));
      return [...graph.values].flatMap((value) => constantTensor(value)?.content ?? []);
    };
    expect(weights(out)).to.deep.equal(weights(onDisk.out));
  });

  it("measures what a share of the time asks for", async () => {
    const out = folder.path("fast.onnx");
    const found = await document(["prune", path(), "--latency", "0.0001", "-o", out, "--best-effort"], 1);
    const { before, after, ratio } = found.latency as { before: number; after: number; ratio: number };
    expect(before).to.be.above(0);
    expect(ratio).to.equal(after / before);
    expect(found).to.include({ budget: "latency", target: 0.0001, met: false });
    expect(widths(out)).to.deep.equal([1, 1]);
  });

  it("prunes around an operator that nobody knows, and says what it cannot count", async () => {
    const custom = folder.path("custom.onnx");
    writeModel(
      model(`<ir_version: 8, opset_import: ["" : 17, "elsewhere" : 1]> f (float[1,3,8,8] x) => (float[1,2,8,8] y)
        <float[8,3,1,1] w1, float[4,8,1,1] w2, float[2,4,1,1] w3>
        { a = Conv(x, w1) b = Conv(a, w2) c = elsewhere.Blur(b) [late] y = Conv(c, w3) }`),
      custom,
    );
    const out = folder.path("custom-pruned.onnx");
    const found = await document(["prune", custom, "--ratio", "0.5", "-o", out]);
    expect(found).to.deep.include({
      macs: { before: null, after: null, ratio: null },
      params: { before: 24 + 32 + 8, after: 12 + 16 + 8, ratio: 36 / 64 },
      removable: null,
    });
    const text = await textOf(["prune", custom, "--params", "0.7", "-o", out]);
    expect(text).to.match(/^MACs +\? +\?$/m);
    expect(text).to.match(/^sizes are not known everywhere: .*Blur of the custom domain elsewhere/m);
    const { code, err } = await topiary(["prune", custom, "--macs", "0.5", "-o", out]);
    expect(code).to.equal(2);
    expect(err).to.match(/^topiary: --macs: nobody knows the sizes at late, so no share [^\n]*\n$/);
  });

  it("overwrites its own input when asked to, whole or not at all", async () => {
    const own = folder.path("own/model.onnx");
    folder.write("own/model.onnx", modelToBytes(residualBlock()));
    await document(["prune", own, "--ratio", "0.5", "-o", own]);
    expect(widths(own)).to.deep.equal([4, 8]);
    expect(readdirSync(folder.path("own"))).to.deep.equal(["model.onnx"]);
  });
});
