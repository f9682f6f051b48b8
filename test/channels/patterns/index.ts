import { attentionPatterns } from "./attention.js";
import { barrierPatterns } from "./barriers.js";
import { convolutionPatterns } from "./convolution.js";
import { headDimPatterns } from "./head-dims.js";
import { movementPatterns } from "./movement.js";
import { parameterPatterns } from "./parameters.js";
import type { Pattern } from "./pattern.js";
import { storagePatterns } from "./storage.js";
import { transformerPatterns } from "./transformers.js";

export type { Pattern } from "./pattern.js";

/** Couplings of real networks, each alone in a small graph. */
export const patterns: readonly Pattern[] = [
  ...convolutionPatterns,
  ...movementPatterns,
  ...parameterPatterns,
  ...attentionPatterns,
  ...headDimPatterns,
  ...barrierPatterns,
  ...storagePatterns,
  ...transformerPatterns,
];
