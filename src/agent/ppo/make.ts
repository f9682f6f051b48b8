import type { Spaces } from "../agent.js";
import { checkFingerprint, type Fields, savedSettings } from "../learn/saved.js";
import { restoreVectors, transferWeights } from "../learn/saved-networks.js";
import { encoderOf, withDefaults } from "../learn/settings.js";
import { initialWeights } from "../network/weights.js";
import { streamOf } from "../stream.js";
import { PpoAgent, type PpoParts } from "./agent.js";
import { ppoSpecs } from "./graphs.js";
import { type PpoOptions, ppoDefaults } from "./settings.js";

/** A PPO agent, for boxes and for discrete actions. */
export function createPpo(spaces: Spaces, options: PpoOptions = {}): Promise<PpoAgent> {
  const parts = ppoParts(spaces, options);
  return PpoAgent.open(parts, freshState(parts));
}

/** The agent that `saved` holds, to go on exactly where it stopped. */
export async function restorePpo(saved: Fields, spaces: Spaces, options: PpoOptions): Promise<PpoAgent> {
  const parts = ppoParts(spaces, { ...options, ...savedSettings(saved) });
  checkFingerprint(saved, spaces, parts.design.encoder.description);
  const agent = await PpoAgent.open(parts, restoreVectors(saved, freshState(parts)));
  agent.restore(saved);
  return agent;
}

/** A new agent that begins with the weights of a saved one. */
export function transferPpo(saved: Fields, spaces: Spaces, options: PpoOptions): Promise<PpoAgent> {
  const parts = ppoParts(spaces, { ...savedSettings(saved), ...options });
  return PpoAgent.open(parts, transferWeights(saved, { ...parts.specs }, freshState(parts)));
}

function ppoParts(spaces: Spaces, options: PpoOptions): PpoParts {
  const { observation: space, action } = spaces;
  const design = {
    space,
    action,
    encoder: encoderOf(options),
    settings: withDefaults(ppoDefaults, options),
  };
  return { spaces, design, specs: ppoSpecs(design), options };
}

function freshState({ specs: { actor, critic }, design }: PpoParts): Map<string, Float32Array> {
  const state = new Map<string, Float32Array>();
  for (const [name, specs] of [
    ["actor", actor],
    ["critic", critic],
  ] as const) {
    const weights = initialWeights(specs, streamOf(design.settings.seed, name));
    state.set(name, weights);
    for (const moment of ["mean", "square"]) state.set(`${name}.${moment}`, new Float32Array(weights.length));
  }
  return state;
}
