import { criterionNamed } from "../../src/importance/index.js";
import type { Model } from "../../src/ir/index.js";
import { PruningSpace, type SearchBudget } from "../../src/search/index.js";
import { networks } from "../motifs/networks.js";
import { measured } from "../support/oracle.js";

export const half: SearchBudget = { kind: "macs", keep: 0.5 };

/** All ways to prune one of the small networks of test/motifs. */
export async function spaceOf(network: string): Promise<PruningSpace> {
  const { model, dims } = await measured((networks[network] as (style: "kept") => Model)("kept"));
  return PruningSpace.open(model, dims, { criterion: criterionNamed("l2") });
}
