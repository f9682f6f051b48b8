import { UserError } from "../base/errors.js";
import type { Agent, Spaces } from "./agent.js";
import { restoreDdpg, transferDdpg } from "./ddpg/make.js";
import type { DdpgOptions } from "./ddpg/settings.js";
import { decodeDocument, refuse } from "./learn/document.js";
import { type Fields, record } from "./learn/saved.js";
import { restorePpo, transferPpo } from "./ppo/make.js";
import type { PpoOptions } from "./ppo/settings.js";

/** Settings of either kind of agent; those of the other kind are not read. */
export type LoadOptions = DdpgOptions & PpoOptions;

export type TransferOptions = LoadOptions & {
  /** What the saved agent must be; either by default. */
  readonly kind?: "ddpg" | "ppo";
};

/**
 * The agent that `save` wrote, to go on exactly where it stopped; `options` say where it runs, and give its own encoder
 * where it has one. Throws the UserErrors "agent-file" (damaged) and "agent-spaces" (made for something else).
 */
export function loadAgent(bytes: Uint8Array, spaces: Spaces, options: LoadOptions = {}): Promise<Agent> {
  const saved = record(decodeDocument(bytes));
  return kindOf(saved).restore(saved, spaces, options);
}

/**
 * A new agent for another task that begins with what a saved one has learnt: every weight of the same name and size.
 * The m-GNN fits any graphs with the same features; heads fit where they are "site". With `freezeEncoder` only the heads learn.
 * Rejects with the UserError "agent-transfer" where nothing fits, or the agent is of another kind than asked for.
 */
export async function transferAgent(
  bytes: Uint8Array,
  spaces: Spaces,
  options: TransferOptions = {},
): Promise<Agent> {
  const saved = record(decodeDocument(bytes));
  const { kind } = options;
  if (kind && kind !== saved.kind)
    throw new UserError("agent-transfer", `the saved agent learns by ${saved.kind}, and not by ${kind}`);
  return kindOf(saved).transfer(saved, spaces, options);
}

type Make = (saved: Fields, spaces: Spaces, options: LoadOptions) => Promise<Agent>;

const kinds = new Map<unknown, { readonly restore: Make; readonly transfer: Make }>([
  ["ddpg", { restore: restoreDdpg, transfer: transferDdpg }],
  ["ppo", { restore: restorePpo, transfer: transferPpo }],
]);

function kindOf({ kind }: Fields) {
  return kinds.get(kind) ?? fail();
}

function fail(): never {
  throw refuse("it is of a kind that is not known");
}
