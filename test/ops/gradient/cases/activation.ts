import type { Random } from "../../../../src/base/random.js";
import { attribute, DataType } from "../../../../src/ir/index.js";
import type { GradientCase } from "../check.js";

const { float, int, string } = attribute;

function shape(random: Random): number[] {
  return Array.from({ length: 1 + random.below(3) }, () => 1 + random.below(4));
}

export function activationCases(random: Random): GradientCase[] {
  const dims = shape(random);
  const normal = [{ dims }];
  const kinked = [{ dims, draw: "distinct" as const }];
  const positive = [{ dims, draw: "positive" as const }];
  const rank = dims.length;
  const axis = int("axis", random.below(2 * rank) - rank);
  const limit = { dims: [], ints: [0], type: DataType.DOUBLE };
  const scalar = (ints: number[]) => ({ dims: [], ints });
  return [
    { op: "Abs", inputs: kinked },
    { op: "Cos", inputs: normal },
    { op: "Sin", inputs: normal },
    { op: "Tan", inputs: kinked },
    { op: "Celu", inputs: kinked, attributes: [float("alpha", 0.5 + random.uniform())] },
    { op: "Elu", inputs: kinked, attributes: [float("alpha", 0.5 + random.uniform())] },
    { op: "Elu", inputs: kinked },
    { op: "Selu", inputs: kinked },
    { op: "Clip", inputs: [...kinked, limit] },
    { op: "Clip", inputs: [...kinked, null, limit] },
    { op: "Clip", inputs: kinked },
    { op: "Dropout", inputs: normal },
    { op: "Erf", inputs: normal },
    { op: "Exp", inputs: normal },
    { op: "Gelu", inputs: normal, opset: 20 },
    { op: "Gelu", inputs: normal, attributes: [string("approximate", "tanh")], opset: 20 },
    { op: "HardSigmoid", inputs: [{ dims: [40], draw: "distinct" }], attributes: [float("alpha", 1)] },
    { op: "HardSwish", inputs: [{ dims: [4, 20], draw: "distinct" }] },
    { op: "LeakyRelu", inputs: kinked, attributes: [float("alpha", random.uniform())] },
    { op: "LeakyRelu", inputs: kinked },
    { op: "Log", inputs: positive },
    { op: "Mish", inputs: normal },
    { op: "Neg", inputs: normal },
    { op: "Reciprocal", inputs: positive },
    { op: "Relu", inputs: kinked },
    { op: "Sigmoid", inputs: normal },
    { op: "Softplus", inputs: normal },
    { op: "Softsign", inputs: kinked },
    { op: "Sqrt", inputs: positive },
    { op: "Tanh", inputs: normal },
    { op: "ThresholdedRelu", inputs: kinked, attributes: [float("alpha", 0.1)] },
    { op: "Softmax", inputs: normal, attributes: [axis] },
    { op: "Softmax", inputs: normal },
    { op: "LogSoftmax", inputs: normal, attributes: [axis] },
    { op: "PRelu", inputs: [...kinked, { dims: dims.map((size, i) => (i === 0 ? size : 1)) }] },
    { op: "PRelu", inputs: [...kinked, { dims: [1] }] },
    { op: "CumSum", inputs: [...normal, scalar([random.below(rank)])], linear: true },
    {
      op: "CumSum",
      inputs: [...normal, scalar([random.below(rank)])],
      attributes: [int("reverse", 1), int("exclusive", 1)],
      linear: true,
    },
  ];
}
