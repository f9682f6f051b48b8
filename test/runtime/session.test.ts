import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { DataType, Model, Tensor } from "../../src/ir/index.js";
import { modelToBytes, readModel, writeModel } from "../../src/onnx/index.js";
import {
  engineSeconds,
  type HostTensor,
  type ModelSource,
  run,
  withSession,
} from "../../src/runtime/index.js";
import { model } from "../support/graph.js";
import { TemporaryFolder } from "../support/temporary.js";
import { userError } from "../support/user-error.js";

const floats = (dims: readonly number[], ...values: number[]): HostTensor => ({
  dataType: DataType.FLOAT,
  dims,
  data: Float32Array.from(values),
});
const one = (tensor: HostTensor) => new Map([["x", tensor]]);
const DOUBLE = "g (float[N] x) => (float[N] y) <float two = {2}> { y = Mul(x, two) }";

describe("runtime/session", () => {
  const folder = new TemporaryFolder();

  it("opens a model in memory, its bytes, or a file", async () => {
    const path = folder.path("double.onnx");
    writeModel(model(DOUBLE), path);
    const sources: ModelSource[] = [model(DOUBLE), modelToBytes(model(DOUBLE)), path];
    for (const source of sources) {
      const [y] = await withSession(source, {}, (session) => session.run(one(floats([2], 1.5, -3))));
      expect(y).to.deep.equal({ name: "y", ...floats([2], 3, -6) });
    }
  });

  it("counts the seconds inside onnxruntime, and no others", async () => {
    const [start, before] = [performance.now(), engineSeconds()];
    const wait = () => new Promise((resolve) => setTimeout(resolve, 50));
    const inside = await withSession(model(DOUBLE), {}, async (session) => {
      const opened = engineSeconds();
      await session.run(one(floats([2], 1, 2)));
      await wait();
      return [opened - before, engineSeconds() - opened];
    });
    for (const seconds of inside) expect(seconds).to.be.above(0);
    const all = (performance.now() - start) / 1000;
    expect(engineSeconds() - before).to.be.within((inside[0] ?? 0) + (inside[1] ?? 0), all - 0.045);
  });

  it("says what goes in and comes out", async () => {
    const text =
      "g (float[N,3] x, int64[2] shape) => (float[a,b] y, bool[N,3] z) { y = Reshape(x, shape) z = Not(z0) z0 = IsNaN(x) }";
    await withSession(model(text), {}, async ({ inputs, outputs }) => {
      expect(inputs).to.deep.equal([
        { name: "x", dataType: DataType.FLOAT, dims: ["N", 3] },
        { name: "shape", dataType: DataType.INT64, dims: [2] },
      ]);
      expect(outputs[1]).to.deep.equal({ name: "z", dataType: DataType.BOOL, dims: ["N", 3] });
    });
  });

  it("passes float16, int64 and bool unchanged", async () => {
    const text =
      "g (float16[2] a, int64[2] b, bool[2] c) => (float16[2] d, int64[2] e, bool[2] f) { d = Neg(a) e = Neg(b) f = Not(c) }";
    const feeds = new Map<string, HostTensor>([
      ["a", { dataType: DataType.FLOAT16, dims: [2], data: Uint16Array.of(0x3c01, 0x0001) }],
      ["b", { dataType: DataType.INT64, dims: [2], data: BigInt64Array.of(2n ** 60n + 3n, -5n) }],
      ["c", { dataType: DataType.BOOL, dims: [2], data: Uint8Array.of(1, 0) }],
    ]);
    const outputs = await withSession(model(text), {}, (session) => session.run(feeds));
    expect(outputs.map(({ data }) => data)).to.deep.equal([
      Uint16Array.of(0xbc01, 0x8001),
      BigInt64Array.of(-(2n ** 60n) - 3n, 5n),
      Uint8Array.of(0, 1),
    ]);
  });

  it("keeps names that JavaScript objects treat in their own way", async () => {
    const hostile = model("g (float[1] constructor) => (float[1] toString) { toString = Neg(constructor) }");
    const [y] = await withSession(hostile, {}, (session) =>
      session.run(new Map([["constructor", floats([1], 2)]])),
    );
    expect(y?.data).to.deep.equal(Float32Array.of(-2));
  });

  it("reads external data from the model's own folder, and leaves no temporary file", async () => {
    const text = "g (float[1,64] x) => (float[1,64] y) <float[64,64] w> { y = MatMul(x, w) }";
    const path = folder.path("external.onnx");
    writeModel(model(text), path, { externalData: "always" });
    expect(existsSync(`${path}.data`)).to.equal(true);
    const feeds = one(floats([1, 64], ...new Array<number>(64).fill(1)));
    const results = [];
    for (const source of [model(text), path, readModel(path)]) {
      results.push((await withSession(source, {}, (session) => session.run(feeds)))[0]);
    }
    expect(results[1]).to.deep.equal(results[0]);
    expect(results[2]).to.deep.equal(results[0]);
  });

  it("hands a large model over in a file that is gone afterwards", async () => {
    const large = model("g (float[1,1] x) => (float[1,9000000] y) <float[1,1] w> { y = MatMul(x, w) }");
    const weights = new Float32Array(9_000_000).fill(0.5);
    large.graph.setInitializer("w", Tensor.float32("w", [1, 9_000_000], weights));
    // The child that all runs share leaves files of its own where it starts.
    await run(model(DOUBLE), one(floats([1], 1)));
    const place = mkdtempSync(folder.path("temporary-"));
    const before = process.env.TMPDIR;
    process.env.TMPDIR = place;
    try {
      const [y] = await run(large, one(floats([1, 1], 4)));
      expect(y?.data[8_999_999]).to.equal(2);
    } finally {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
    }
    expect(readdirSync(place)).to.deep.equal([]);
  });

  it("leaves out what is not fetched", async () => {
    const text = "g (float[1] x) => (float[1] y, float[1] z) { y = Neg(x) z = Abs(x) }";
    const outputs = await run(model(text), one(floats([1], -2)), { fetch: ["z"] });
    expect(outputs).to.deep.equal([{ name: "z", ...floats([1], 2) }]);
  });

  it("stops a model that never ends", async () => {
    const text = `g (float[1] x) => (float[1] y) <int64 forever = {9000000000000000000}, bool yes = {1}> {
      y = Loop (forever, yes, x) <
        body = b (int64 i, bool go, float[1] v) => (bool on, float[1] w) { on = Identity(go) w = Neg(v) }
      >
    }`;
    const message = await userError("time-limit", () =>
      run(model(text), one(floats([1], 1)), { timeoutMs: 1500 }),
    );
    expect(message).to.include("longer than 1.5 s");
  });

  it("says what is wrong with feeds", async () => {
    const feed = (tensor: HostTensor) =>
      userError("run-failed", () => withSession(model(DOUBLE), {}, (session) => session.run(one(tensor))));
    expect(await feed(floats([1, 2], 1, 2))).to.match(/^model g: onnxruntime stopped: .*[Ii]nvalid rank/);
    await userError("feed", () =>
      withSession(model(DOUBLE), {}, (session) => session.run(one(floats([3], 1)))),
    );
  });

  describe("refuses with the reason", () => {
    const refusal = (source: ModelSource) =>
      userError("model-not-runnable", () => withSession(source, {}, async () => {}));
    const newer = (fields: Partial<Model>) => new Model({ ...model(DOUBLE), ...fields });

    it("a newer IR version", async () => {
      expect(await refusal(newer({ irVersion: 14 }))).to.equal(
        "model g: onnxruntime cannot load this model: its IR version is 14, onnxruntime reads up to 13; export it with an older onnx",
      );
    });

    it("a newer opset", async () => {
      const message = await refusal(newer({ opsetImports: [{ domain: "", version: 27 }] }));
      expect(message).to.include("it needs opset 27 of ai.onnx, onnxruntime knows up to 26");
    });

    it("a custom domain", async () => {
      const text = `<ir_version: 8, opset_import: ["" : 17, "my.domain" : 1]> g (float[N] x) => (float[N] y) { y = my.domain.Foo(x) }`;
      expect(await refusal(model(text))).to.include(
        "operator Foo of the custom domain my.domain is not known",
      );
    });

    it("an operator that does not exist", async () => {
      expect(await refusal(model("g (float[N] x) => (float[N] y) { y = Foo(x) }"))).to.include(
        "there is no operator Foo in opset 17",
      );
    });

    it("an operator without a kernel", async () => {
      expect(await refusal(model("g (double[2] x) => (double[2] y) { y = Erf(x) }"))).to.include(
        "operator Erf is not implemented for its types",
      );
    });

    it("a type that does not pass", async () => {
      expect(await refusal(model("g (float[2] x) => (bfloat16[2] y) { y = Cast <to = 16> (x) }"))).to.include(
        "an input or output has type bfloat16, which onnxruntime-node cannot pass",
      );
    });

    it("files that are missing, empty, damaged or no models", async () => {
      const file = (name: string, content: Uint8Array | string) => {
        writeFileSync(folder.path(name), content);
        return folder.path(name);
      };
      expect(await refusal(folder.path("absent.onnx"))).to.include("there is no such file");
      expect(await refusal(file("empty.onnx", ""))).to.include("it is empty");
      expect(await refusal(file("text.onnx", "hello world\n"))).to.include("it is no ONNX file, or damaged");
      expect(await refusal(file("half.onnx", modelToBytes(model(DOUBLE)).subarray(0, 40)))).to.include(
        "damaged",
      );
    });

    it("external data that is missing", async () => {
      const path = folder.path("lonely.onnx");
      writeModel(model("g (float[1,64] x) => (float[1,64] y) <float[64,64] w> { y = MatMul(x, w) }"), path, {
        externalData: "always",
      });
      mkdirSync(folder.path("elsewhere"));
      copyFileSync(path, folder.path("elsewhere", "lonely.onnx"));
      expect(await refusal(folder.path("elsewhere", "lonely.onnx"))).to.include(
        "lonely.onnx.data is missing",
      );
    });
  });

  it("tells a provider that is absent from one that does not exist and from a bad model", async () => {
    const open = (provider: string, source = model(DOUBLE)) =>
      withSession(source, { provider }, async () => {});
    expect(await userError("provider-unknown", () => open("abacus"))).to.match(
      /^provider abacus: onnxruntime has cpu/,
    );
    const broken = model("g (float[N] x) => (float[N] y) { y = Foo(x) }");
    if (process.platform === "linux" && process.arch === "x64" && !existsSync("/dev/nvidia0")) {
      expect(await userError("provider-unavailable", () => open("cuda"))).to.include(
        "npm rebuild onnxruntime-node",
      );
      await userError("model-not-runnable", () => open("cuda", broken));
    }
  });
});
