import { activationGradients } from "./activation.js";
import { convGradients } from "./conv.js";
import { elementwiseGradients } from "./elementwise.js";
import { linearGradients } from "./linear.js";
import { movementGradients } from "./movement.js";
import { normalizationGradients } from "./normalization.js";
import { poolingGradients } from "./pooling.js";
import { reductionGradients } from "./reduction.js";
import { resizeGradients } from "./resize.js";
import type { Gradient } from "./rule.js";

/** The gradients of all operators that have one, by operator type. */
export const gradients: ReadonlyMap<string, Gradient> = new Map([
  ...activationGradients,
  ...convGradients,
  ...elementwiseGradients,
  ...linearGradients,
  ...movementGradients,
  ...normalizationGradients,
  ...poolingGradients,
  ...reductionGradients,
  ...resizeGradients,
]);
