import type { Agent, Spaces } from "./agent.js";
import { restoreDdpg, transferDdpg } from "./ddpg/agent.js";
import type { DdpgOptions } from "./ddpg/settings.js";
import { decodeDocument, refuse } from "./learn/document.js";
import { type Fields, record } from "./learn/saved.js";

/**
 * The agent that `save` wrote, to go on exactly where it stopped; `options` say where it runs, and give its own encoder
 * where it has one. Throws the UserErrors "agent-file" (damaged) and "agent-spaces" (made for something else).
 */
export function loadAgent(bytes: Uint8Array, spaces: Spaces, options: DdpgOptions = {}): Promise<Agent> {
  const saved = read(bytes);
  return restoreDdpg(saved, spaces, options);
}

/**
 * A new agent for another task that begins with what a saved one has learnt: every weight of the same name and size.
 * The m-GNN fits any graphs with the same features; heads fit where they are "site". With `freezeEncoder` only the heads learn.
 */
export function transferAgent(bytes: Uint8Array, spaces: Spaces, options: DdpgOptions = {}): Promise<Agent> {
  return transferDdpg(read(bytes), spaces, options);
}

function read(bytes: Uint8Array): Fields {
  const saved = record(decodeDocument(bytes));
  if (saved.kind !== "ddpg") throw refuse("it is of a kind that is not known");
  return saved;
}
