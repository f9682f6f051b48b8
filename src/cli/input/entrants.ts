import { UserError } from "../../base/errors.js";
import { type AgentStart, type PolicyEntry, policies, policyNamed } from "../../search/index.js";

/** One that takes part in a comparison. */
export interface Entrant {
  readonly name: string;
  readonly policy: PolicyEntry;
  readonly start: AgentStart | undefined;
}

/** The policies of these names, all where none is named; with an agent those on a graph also begin with it, as NAME+agent. */
export function entrantsOf(names: readonly string[], start: AgentStart | undefined): Entrant[] {
  const wanted = names.length > 0 ? [...new Set(names)] : [...policies.keys()];
  const plain = wanted.map((name) => ({ name, policy: policyNamed(name), start: undefined }));
  if (!start) return plain;
  const heirs = plain
    .filter(({ policy }) => policy.graph)
    .map((entrant) => ({ ...entrant, name: `${entrant.name}+agent`, start }));
  if (heirs.length > 0) return [...plain, ...heirs];
  const able = [...policies].flatMap(([name, { graph }]) => (graph ? [name] : [])).join(", ");
  throw new UserError("usage", `--agent: none of the policies begins with an agent; name one of ${able}`);
}
