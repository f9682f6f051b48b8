import { UserError } from "../../base/errors.js";
import type { Spaces } from "../agent.js";
import {
  checkFingerprint,
  type Fields,
  restoreCounters,
  restoreTransitions,
  savedSettings,
} from "../learn/saved.js";
import { restoreVectors, transferWeights } from "../learn/saved-networks.js";
import { encoderOf, withDefaults } from "../learn/settings.js";
import { initialWeights } from "../network/weights.js";
import { streamOf } from "../stream.js";
import { DdpgAgent, type DdpgParts } from "./agent.js";
import { ddpgSpecs } from "./graphs.js";
import { type DdpgOptions, ddpgDefaults } from "./settings.js";

/** A DDPG agent for an environment whose actions are a box. Throws the UserError "action-space" for another. */
export async function createDdpg(spaces: Spaces, options: DdpgOptions = {}): Promise<DdpgAgent> {
  const parts = ddpgParts(spaces, options);
  return DdpgAgent.open(parts, freshState(parts));
}

/** The agent that `saved` holds, to go on exactly where it stopped. */
export async function restoreDdpg(saved: Fields, spaces: Spaces, options: DdpgOptions): Promise<DdpgAgent> {
  const parts = ddpgParts(spaces, { ...options, ...savedSettings(saved) });
  checkFingerprint(saved, spaces, parts.design.encoder.description);
  const agent = await DdpgAgent.open(parts, restoreVectors(saved, freshState(parts)));
  restoreCounters(agent.counters, saved);
  restoreTransitions(saved.replay ?? null, (each) => agent.replay.add(each));
  restoreTransitions(saved.episode ?? null, (each) => agent.episode.push(each));
  return agent;
}

/** A new agent that begins with the weights of a saved one. */
export async function transferDdpg(saved: Fields, spaces: Spaces, options: DdpgOptions): Promise<DdpgAgent> {
  const parts = ddpgParts(spaces, { ...savedSettings(saved), ...options });
  return DdpgAgent.open(parts, transferWeights(saved, { ...parts.specs }, freshState(parts)));
}

function ddpgParts(spaces: Spaces, options: DdpgOptions): DdpgParts {
  const { observation: space, action: box } = spaces;
  if (box.kind !== "box") {
    throw new UserError(
      "action-space",
      `DDPG needs actions that are a box of numbers, got ${box.kind}; use PPO`,
    );
  }
  const design = { space, box, encoder: encoderOf(options), settings: withDefaults(ddpgDefaults, options) };
  return { spaces, design, specs: ddpgSpecs(design), options };
}

/** Fresh networks; targets begin where these do. */
function freshState({ specs: { actor, critic }, design }: DdpgParts): Map<string, Float32Array> {
  const { seed, returns } = design.settings;
  const state = new Map<string, Float32Array>();
  for (const [name, specs] of [
    ["actor", actor],
    ["critic", critic],
  ] as const) {
    const weights = initialWeights(specs, streamOf(seed, name));
    state.set(name, weights);
    if (returns === "bootstrap") state.set(`${name}.target`, weights);
    for (const moment of ["mean", "square"]) state.set(`${name}.${moment}`, new Float32Array(weights.length));
  }
  return state;
}
