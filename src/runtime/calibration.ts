import { UserError } from "../base/errors.js";
import { elementsOf, type Model, nameOfType } from "../ir/index.js";
import { checkFits, type LabelledSamples, onlyInput } from "./evaluate.js";
import type { Feeds } from "./feeds.js";
import { floatTensor } from "./host-tensor.js";
import { inputPorts } from "./port.js";

/** The batch size of the model's one input where it is fixed, else the one wanted. */
export function calibrationBatch(model: Model, wanted: number): number {
  const fixed = inputPorts(model.graph)[0]?.dims[0];
  return typeof fixed === "number" && fixed > 0 ? fixed : wanted;
}

/** Samples as feeds of the model's one input, a batch each. Throws a UserError where they do not fit the model. */
export async function* calibrationFeeds(
  model: Model,
  { shape, batches }: LabelledSamples,
): AsyncGenerator<Feeds> {
  const input = onlyInput(inputPorts(model.graph), "calibration");
  checkFits(input, shape, "calibration");
  for await (const { x } of batches) {
    const tensor = floatTensor(input.dataType, [x.length / elementsOf(shape), ...shape], x);
    if (!tensor)
      throw new UserError(
        "input-type",
        `input ${input.name} takes ${nameOfType(input.dataType)}, not floats`,
      );
    yield new Map([[input.name, tensor]]);
  }
}
