import type { Random } from "../../../../src/base/random.js";
import { attribute, DataType } from "../../../../src/ir/index.js";
import type { GradientCase } from "../check.js";

/** Two shapes that broadcast against each other. */
function broadcastable(random: Random): [number[], number[]] {
  const whole = Array.from({ length: 1 + random.below(3) }, () => 2 + random.below(3));
  const narrowed = () => {
    const dims = whole.slice(random.below(whole.length));
    return dims.map((size) => (random.below(3) === 0 ? 1 : size));
  };
  return [random.below(2) === 0 ? whole : narrowed(), narrowed()];
}

export function elementwiseCases(random: Random): GradientCase[] {
  const [a, b] = broadcastable(random);
  const both = [{ dims: a }, { dims: b }];
  const positive = [
    { dims: a, draw: "positive" as const },
    { dims: b, draw: "positive" as const },
  ];
  // Two grids of distinct numbers never meet: the second is shifted by the first's size.
  const distinct = [{ dims: [3, 4], draw: "distinct" as const }];
  return [
    { op: "Add", inputs: both, linear: true },
    { op: "Sub", inputs: both, linear: true },
    { op: "Mul", inputs: both, linear: true },
    { op: "Mul", inputs: [{ dims: a }, { dims: [] }], linear: true },
    { op: "Div", inputs: positive },
    { op: "Pow", inputs: positive },
    { op: "Pow", inputs: [{ dims: a }, { dims: [], ints: [3], type: DataType.INT64 }] },
    { op: "Pow", inputs: [{ dims: a }, { dims: [], ints: [2], type: DataType.FLOAT }] },
    { op: "Max", inputs: [...distinct, { dims: [], ints: [0], type: DataType.FLOAT }].slice(0, 1) },
    { op: "Max", inputs: [{ dims: [2, 3] }, { dims: [3] }] },
    { op: "Min", inputs: [{ dims: [2, 1] }, { dims: [3] }] },
    { op: "Sum", inputs: [...both, { dims: [1] }], linear: true },
    { op: "Mean", inputs: [...both, { dims: [1] }], linear: true },
    {
      op: "Where",
      inputs: [{ dims: [3], ints: [1, 0, 1], type: DataType.BOOL }, { dims: [2, 1] }, { dims: [2, 3] }],
      linear: true,
    },
    { op: "Cast", inputs: [{ dims: a }], attributes: [attribute.int("to", DataType.DOUBLE)], linear: true },
    { op: "CastLike", inputs: [{ dims: a }, { dims: [], fixed: true }], opset: 19, linear: true },
    { op: "Identity", inputs: [{ dims: a }], linear: true },
  ];
}
