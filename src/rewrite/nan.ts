import { storedConstants } from "../analysis/cost.js";
import { countNaN } from "../analysis/weights.js";
import { UserError } from "../base/errors.js";
import type { Model } from "../ir/index.js";

/** Throws a UserError where a weight is NaN: nothing can be ranked. */
export function refuseNaN(model: Model): void {
  for (const { value, tensor } of storedConstants(model.graph)) {
    const nan = countNaN(tensor);
    if (!nan) continue;
    throw new UserError(
      "nan-weights",
      `tensor ${value.name} holds NaN (first at element ${nan.first} of ${tensor.elements}): no channel can be ranked; repair the model or train it again`,
    );
  }
}
