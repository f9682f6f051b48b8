/** An operator that cannot express the cut; its channels must stay and the analysis is run again without them. */
export class RewriteRefused extends Error {
  override readonly name = "RewriteRefused";

  constructor(
    /** First output of the node. */
    readonly output: string,
    readonly opType: string,
    readonly reason: string,
  ) {
    super(`${opType} ${output}: ${reason}`);
  }
}
