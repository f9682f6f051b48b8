/** Why one node cannot express a cut: its channels must stay. */
export interface Refusal {
  /** First output of the node. */
  readonly output: string;
  readonly opType: string;
  readonly reason: string;
}

/** Operators that cannot express a cut; the analysis is run again without their channels. */
export class RewriteRefused extends Error {
  override readonly name = "RewriteRefused";

  constructor(readonly refusals: readonly Refusal[]) {
    super(refusals.map(({ output, opType, reason }) => `${opType} ${output}: ${reason}`).join("; "));
  }
}
