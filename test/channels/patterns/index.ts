import { attentionPatterns } from "./attention.js";
import { barrierPatterns } from "./barriers.js";
import { convolutionPatterns } from "./convolution.js";
import { headDimPatterns } from "./head-dims.js";
import { indexPatterns } from "./indices.js";
import { movementPatterns } from "./movement.js";
import { parameterPatterns } from "./parameters.js";
import type { Pattern } from "./pattern.js";
import { sharedWeightPatterns } from "./shared-weights.js";
import { storagePatterns } from "./storage.js";
import { transformerPatterns } from "./transformers.js";

export type { Pattern } from "./pattern.js";

/** Couplings of real networks, each alone in a small graph. */
export const patterns: readonly Pattern[] = [
  ...convolutionPatterns,
  ...movementPatterns,
  ...indexPatterns,
  ...parameterPatterns,
  ...attentionPatterns,
  ...headDimPatterns,
  ...barrierPatterns,
  ...sharedWeightPatterns,
  ...storagePatterns,
  ...transformerPatterns,
];
