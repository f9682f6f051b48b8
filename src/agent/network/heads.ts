import { invariant, UserError } from "../../base/errors.js";
import type { Builder, SymTensor } from "../../ir/index.js";
import type { BoxSpace } from "../env.js";
import type { Encoded } from "./encoder.js";
import { linear, mlp } from "./mlp.js";
import type { SymObservation, SymSites } from "./observation-input.js";
import type { Weights } from "./weights.js";

/**
 * What makes numbers of an encoded observation. "graph" is the paper's: one network from the graph's embedding to all
 * numbers. "site" is one small network that every site shares, from its node, its features and the graph's embedding to its
 * number: it has fewer weights and fits graphs with other numbers of sites.
 */
export type HeadKind = "graph" | "site";

export interface HeadOptions {
  readonly kind: HeadKind;
  /** Sizes of hidden layers. */
  readonly hidden: readonly number[];
}

/** One number for each element of the action: [batch, size]. */
export function perAction(
  build: Builder,
  weights: Weights,
  observation: SymObservation,
  encoded: Encoded,
  size: number,
  { kind, hidden }: HeadOptions,
): SymTensor {
  const { batch } = observation;
  const context = contextOf(build, observation, encoded);
  if (kind === "graph") return mlp(build, weights, "head", context, hidden, size);
  const rows = siteRows(build, observation, encoded, context, size);
  return build.reshape(mlp(build, weights, "head", rows, hidden, 1), [batch, size]);
}

/** One number for each observation, and action where there is one: [batch, 1]. */
export function perObservation(
  build: Builder,
  weights: Weights,
  observation: SymObservation,
  encoded: Encoded,
  action: SymTensor | undefined,
  { kind, hidden }: HeadOptions,
): SymTensor {
  const { batch } = observation;
  const context = contextOf(build, observation, encoded);
  if (kind === "graph" || !action) {
    const x = action ? build.concat([context, action], 1) : context;
    return mlp(build, weights, "head", x, hidden, 1);
  }
  const size = action.dims[1] ?? 1;
  const sites = siteRows(build, observation, encoded, context, size);
  const rows = build.concat([sites, build.reshape(action, [batch * size, 1])], 1);
  const [first = 1] = hidden;
  const each = ["site.0", "site.1"].reduce(
    (x, name) => build.unary("Relu", linear(build, weights, name, x, first)),
    rows,
  );
  const together = build.mean(build.reshape(each, [batch, size, first]), [1], false);
  return mlp(build, weights, "head", build.concat([context, together], 1), hidden, 1);
}

/** The graph's embedding and what else is known of the whole. */
function contextOf(build: Builder, { globals }: SymObservation, { graph }: Encoded): SymTensor {
  return globals ? build.concat([graph, globals], 1) : graph;
}

/** What is known of each site: [batch · sites, width]. */
function siteRows(
  build: Builder,
  { batch, sites }: SymObservation,
  encoded: Encoded,
  context: SymTensor,
  size: number,
): SymTensor {
  checkSites(sites, size);
  invariant(encoded.sites, "an encoder gives a row for each site");
  const width = context.dims[1] ?? 1;
  const shared = build.expand(build.reshape(context, [batch, 1, width]), [batch, size, width]);
  const parts = [encoded.sites, build.reshape(shared, [batch * size, width])];
  if (sites?.features) parts.push(sites.features);
  return build.concat(parts, 1);
}

function checkSites(sites: SymSites | undefined, size: number): void {
  if (sites?.count === size) return;
  throw new UserError(
    "head",
    `head "site" needs a site for each of the ${size} numbers of an action, the observations have ${sites?.count ?? "none"}; use head "graph"`,
  );
}

/** Any numbers to numbers inside a box. */
export function intoBox(build: Builder, x: SymTensor, { low, high }: BoxSpace): SymTensor {
  return build.add(build.mul(build.unary("Sigmoid", x), high - low), low);
}
