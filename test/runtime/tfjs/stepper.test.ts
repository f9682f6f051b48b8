import { expect } from "chai";
import { attribute, Builder, DataType, Graph, Model, type SymTensor } from "../../../src/ir/index.js";
import { type HostTensor, numbersIn, openStepper } from "../../../src/runtime/index.js";
import { userError } from "../../support/user-error.js";

const CASES: Readonly<
  Record<string, (b: Builder, x: SymTensor, y: SymTensor, rows: SymTensor) => SymTensor>
> = {
  arithmetic: (b, x, y) => b.div(b.sub(b.add(x, y), b.mul(x, 0.5)), b.add(b.square(y), 1)),
  "functions of one number": (b, x) =>
    ["Abs", "Exp", "Neg", "Relu", "Sigmoid", "Sign", "Softplus", "Tanh", "Elu", "Erf", "Identity"].reduce(
      (sum, op) => b.add(sum, b.unary(op, x)),
      x,
    ),
  "functions of positive numbers": (b, x) => {
    const positive = b.add(b.square(x), 0.5);
    return b.add(
      b.add(b.unary("Log", positive), b.unary("Sqrt", positive)),
      b.add(b.unary("Reciprocal", positive), b.binary("Pow", positive, 1.5)),
    );
  },
  comparisons: (b, x, y) =>
    (["Greater", "Less", "GreaterOrEqual", "LessOrEqual", "Equal"] as const).reduce(
      (sum, op, i) => b.add(b.mul(sum, 2), b.mul(b.mask(op, x, y), i + 1)),
      x,
    ),
  choices: (b, x, y) =>
    b.add(
      b.where(b.binary("Greater", x, y, DataType.BOOL), x, b.mul(y, 3)),
      b.binary("Min", b.binary("Max", x, 0), y),
    ),
  limits: (b, x) =>
    b.add(
      b.node("Clip", [x, b.scalar(-0.5, x.type), b.scalar(0.25, x.type)], x.dims),
      b.unary("HardSigmoid", x, [attribute.float("alpha", 0.3), attribute.float("beta", 0.4)]),
    ),
  products: (b, x, y) => b.matMul(x, b.transpose(y, [1, 0])),
  "stacks of products": (b, x, y) => b.matMul(b.reshape(x, [2, 2, 3]), b.reshape(y, [2, 3, 2])),
  softmaxes: (b, x) =>
    b.add(
      b.unary("Softmax", x, [attribute.int("axis", -1)]),
      b.unary("LogSoftmax", x, [attribute.int("axis", 1)]),
    ),
  reductions: (b, x) =>
    b.add(
      b.add(b.sum(x, [0]), b.mean(x, [1])),
      b.add(b.reduce("ReduceMax", x, [0, 1]), b.reduce("ReduceMin", x, [1], true)),
    ),
  "pieces put together": (b, x, y) => {
    const [head = x, tail = y] = b.split(x, [1, 2], 1);
    return b.concat([tail, b.expand(head, [4, 2]), b.slice(y, [0, 1], [0, 1], [4, 3])], 1);
  },
  padding: (b, x) => b.pad(x, [1, 0], [0, 2]),
  "rows picked": (b, x, _, rows) =>
    b.node("Gather", [x, rows], [5, 3], { attributes: [attribute.int("axis", 0)] }),
  "rows added up": (b, x, _, rows) => {
    const places = b.expand(b.cast(b.reshape(rows, [5, 1]), DataType.INT64), [5, 3]);
    const updates = b.node("Gather", [b.mul(x, 2), rows], [5, 3], { attributes: [attribute.int("axis", 0)] });
    return b.node("ScatterElements", [x, places, updates], [4, 3], {
      attributes: [attribute.int("axis", 0), attribute.string("reduction", "add")],
    });
  },
};

const floats = (dims: number[], values: number[]): HostTensor => ({
  dataType: DataType.FLOAT,
  dims,
  data: Float32Array.from(values),
});
const feeds = new Map<string, HostTensor>([
  ["x", floats([4, 3], [0.5, -1.25, 2, 0, 0.75, -0.1, 1.5, -2, 0.3, 0.2, -0.4, 1])],
  ["y", floats([4, 3], [0.5, 1, -1, 0.25, 0.75, 2, -1.5, 0.1, 0.6, 3, -0.4, 0.2])],
  ["rows", { dataType: DataType.INT32, dims: [5], data: Int32Array.of(3, 0, 3, 1, 3) }],
]);

function modelOf(make: (b: Builder, x: SymTensor, y: SymTensor, rows: SymTensor) => SymTensor): Model {
  const build = new Builder(new Graph({ name: "case" }));
  const [x, y] = [build.input("x", [4, 3]), build.input("y", [4, 3])];
  build.output("z", make(build, x, y, build.input("rows", [5], DataType.INT32)));
  return new Model({ irVersion: 10, opsetImports: [{ domain: "", version: 18 }], graph: build.graph });
}

async function result(model: Model, engine: "onnxruntime" | "tfjs", backend: string) {
  const stepper = await openStepper(model, new Map(), { engine, backend });
  const [output] = await stepper.step(feeds);
  await stepper.close();
  if (!output) throw new Error("there is no output");
  return { dims: output.dims, values: Array.from(numbersIn(output)) };
}

describe("the engine tfjs", function () {
  this.timeout(60_000);

  for (const backend of ["cpu", "wasm"]) {
    for (const [name, make] of Object.entries(CASES)) {
      it(`computes ${name} as onnxruntime does (${backend})`, async () => {
        const expected = await result(modelOf(make), "onnxruntime", "cpu");
        const found = await result(modelOf(make), "tfjs", backend);
        expect(found.dims).to.deep.equal(expected.dims);
        found.values.forEach((value, i) => {
          const wanted = expected.values[i] ?? Number.NaN;
          expect(Math.abs(value - wanted), `number ${i}: ${value}, ${wanted}`).to.be.at.most(
            2e-6 * Math.max(1, Math.abs(wanted)),
          );
        });
      });
    }
  }

  it("leaves no tensors behind", async () => {
    const tf = (await import("@tensorflow/tfjs-core")).default;
    const model = modelOf((b, x, y) => b.split(b.add(x, y), [1, 2], 1)[0] as SymTensor);
    const before = tf.memory().numTensors;
    for (let i = 0; i < 3; i++) await result(model, "tfjs", "cpu");
    expect(tf.memory().numTensors).to.equal(before);
  });

  it("says what it does not have", async () => {
    const unknown = modelOf((b, x) => b.node("CumSum", [x, b.scalar(0, DataType.INT64)], x.dims));
    const message = await userError("tfjs-op", () =>
      openStepper(unknown, new Map(), { engine: "tfjs", backend: "cpu" }),
    );
    expect(message).to.include("CumSum").and.include("onnxruntime");
    const fine = modelOf((_, x) => x);
    const absent = await userError("backend-unavailable", () =>
      openStepper(fine, new Map(), { engine: "tfjs", backend: "node-gpu" }),
    );
    expect(absent).to.include("npm install @tensorflow/tfjs-node-gpu");
    await userError("backend-unknown", () =>
      openStepper(fine, new Map(), { engine: "tfjs", backend: "gpu" }),
    );
  });
});
