import { expect } from "chai";
import { type Backend, listBackends } from "../../src/runtime/index.js";

describe("runtime/backends", () => {
  let backends: Backend[];

  before(async function () {
    this.timeout(120_000);
    backends = await listBackends();
  });

  it("knows every provider of onnxruntime and every tfjs package", () => {
    const names = (engine: string) =>
      backends.filter((each) => each.engine === engine).map(({ name }) => name);
    expect(names("onnxruntime")).to.include.members(["cpu", "cuda", "tensorrt", "webgpu", "dml", "coreml"]);
    expect(names("tfjs")).to.deep.equal(["tensorflow", "tensorflow", "webgpu", "wasm", "cpu"]);
  });

  it("finds that the CPU works", () => {
    expect(backends.find(({ name }) => name === "cpu")).to.deep.equal({
      engine: "onnxruntime",
      name: "cpu",
      package: "onnxruntime-node",
      works: true,
      reason: undefined,
    });
  });

  it("gives a reason of one line for each that does not work", () => {
    for (const { works, reason, package: name } of backends) {
      if (works) expect(reason, name).to.equal(undefined);
      else expect(reason, name).to.match(/^\S.*$/);
    }
  });

  it("says how to install a tfjs package that is absent", () => {
    const absent = backends.find((each) => each.package === "@tensorflow/tfjs-node-gpu");
    if (!absent?.works) expect(absent?.reason).to.include("npm install @tensorflow/tfjs-node-gpu");
  });
});
