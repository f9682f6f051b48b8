import { DataType, Tensor } from "../../src/ir/index.js";
import {
  correctCount,
  crossEntropy,
  differentiate,
  distillation,
  meanSquaredError,
  scheduleFactor,
} from "../../src/train/index.js";
import { compute, expectClose, get } from "./compute.js";

const logits = [
  [1, 2, 0.5],
  [-1, 0.25, 3],
];
const labels = [1, 0];
const softmax = (row: number[], temperature = 1) => {
  const powers = row.map((value) => Math.exp(value / temperature));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
};

describe("losses", () => {
  it("cross-entropy with smoothing, and its gradient, as their formulas", async () => {
    const smoothing = 0.1;
    const found = await compute({ z: { dims: [2, 3], values: logits.flat() } }, (build, inputs) => {
      const z = get(inputs, "z");
      const y = build.constant(Tensor.int64("labels", [2], labels));
      const loss = crossEntropy(build, z, y, { smoothing });
      return { loss, dz: differentiate(build, loss, [z])[0], correct: correctCount(build, z, y) };
    });
    const target = labels.map((label) =>
      [0, 1, 2].map((i) => smoothing / 3 + (i === label ? 1 - smoothing : 0)),
    );
    const p = logits.map((row) => softmax(row));
    const loss = target.flat().reduce((sum, t, i) => sum - (t * Math.log(p.flat()[i] ?? 0)) / 2, 0);
    expectClose(found.get("loss"), [loss]);
    expectClose(
      found.get("dz"),
      p.flat().map((value, i) => (value - (target.flat()[i] ?? 0)) / 2),
    );
    expectClose(found.get("correct"), [1]);
  });

  it("cross-entropy of mixed labels is the mixture of both", async () => {
    const found = await compute({ z: { dims: [2, 3], values: logits.flat() } }, (build, inputs) => {
      const z = get(inputs, "z");
      const [y, other] = [labels, [2, 2]].map((list) => build.constant(Tensor.int64("labels", [2], list)));
      if (!y || !other) throw new Error("two labels");
      const share = build.floats([0.3], [], DataType.FLOAT);
      return {
        mixed: crossEntropy(build, z, y, { mixed: { labels: other, share } }),
        first: crossEntropy(build, z, y),
        second: crossEntropy(build, z, other),
      };
    });
    const [first, second] = ["first", "second"].map((name) => found.get(name)?.[0] ?? Number.NaN);
    expectClose(found.get("mixed"), [0.3 * (first ?? 0) + 0.7 * (second ?? 0)]);
  });

  it("distillation is the divergence at a temperature, times its square", async () => {
    const teacher = [2, 0, 1, 0, 1, 2];
    const T = 4;
    const found = await compute(
      { z: { dims: [2, 3], values: logits.flat() }, t: { dims: [2, 3], values: teacher } },
      (build, inputs) => {
        const z = get(inputs, "z");
        const loss = distillation(build, z, get(inputs, "t"), T);
        return { loss, dz: differentiate(build, loss, [z])[0] };
      },
    );
    const q = [softmax(teacher.slice(0, 3), T), softmax(teacher.slice(3), T)].flat();
    const p = logits.flatMap((row) => softmax(row, T));
    const loss = q.reduce((sum, value, i) => sum + (value * Math.log(value / (p[i] ?? 1)) * T * T) / 2, 0);
    expectClose(found.get("loss"), [loss], 1e-5);
    expectClose(
      found.get("dz"),
      p.map((value, i) => ((value - (q[i] ?? 0)) * T) / 2),
      1e-5,
    );
  });

  it("mean squared error", async () => {
    const found = await compute({ a: { dims: [2], values: [1, 4] } }, (build, inputs) => ({
      loss: meanSquaredError(build, get(inputs, "a"), build.floats([0, 1], [2], DataType.FLOAT)),
    }));
    expectClose(found.get("loss"), [5]);
  });
});

describe("schedules", () => {
  it("rise during the warm-up and fall to zero as a cosine", () => {
    const cosine = { kind: "cosine", warmup: 2 } as const;
    expectClose(
      [0, 1, 2, 6, 10].map((step) => scheduleFactor(cosine, step, 10)),
      [0.5, 1, 1, 0.5, 0],
    );
  });

  it("fall by ten at each milestone", () => {
    const step = { kind: "step", milestones: [0.5, 0.8] } as const;
    expectClose(
      [0, 4, 5, 8].map((at) => scheduleFactor(step, at, 10)),
      [1, 1, 0.1, 0.01],
    );
  });
});
