import type { Builder, SymTensor } from "../../ir/index.js";
import type { SymObservation } from "./observation-input.js";
import type { Weights } from "./weights.js";

/** What an encoder makes of a batch of observations. */
export interface Encoded {
  /** One row for each observation: [batch, width]. */
  readonly graph: SymTensor;
  /** One row for each site of each observation: [batch · sites, width]; absent where the space has none. */
  readonly sites: SymTensor | undefined;
}

/**
 * A network that reads observations. Its weights are those that it asks for by name; everything that it does must be
 * made of operators that have gradients. Each observation's rows must not depend on the others of the batch.
 */
export interface Encoder {
  /** Says what it is; agents saved with another description are refused. */
  readonly description: string;
  encode(build: Builder, observation: SymObservation, weights: Weights): Encoded;
}
