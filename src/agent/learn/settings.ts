import type { Encoder } from "../network/encoder.js";
import { type MultiStageGnnOptions, multiStageGnn } from "../network/m-gnn.js";

/** The defaults with what `options` say instead; what is no setting is left out. */
export function withDefaults<T extends object>(defaults: T, options: object): T {
  const given = Object.entries(options).filter(([key, value]) => key in defaults && value !== undefined);
  return { ...defaults, ...Object.fromEntries(given) };
}

export function encoderOf(options: {
  readonly encoder?: Encoder;
  readonly gnn?: MultiStageGnnOptions;
}): Encoder {
  return options.encoder ?? multiStageGnn(options.gnn);
}
