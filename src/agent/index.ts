/** Learning on graphs: environments, multi-stage graph neural networks, DDPG and PPO. Knows nothing of pruning. */
export * from "./agent.js";
export { createDdpg, DdpgAgent } from "./ddpg/agent.js";
export { type DdpgOptions, ddpgDefaults } from "./ddpg/settings.js";
export * from "./env.js";
export * from "./graph.js";
export { type LoadOptions, loadAgent, transferAgent } from "./load.js";
export type { Encoded, Encoder } from "./network/encoder.js";
export { type MultiStageGnnOptions, multiStageGnn } from "./network/m-gnn.js";
export { linear, mlp } from "./network/mlp.js";
export type { SymObservation, SymSites, SymStructure } from "./network/observation-input.js";
export type { Start, Weights } from "./network/weights.js";
export { createPpo, PpoAgent } from "./ppo/agent.js";
export { type PpoOptions, ppoDefaults } from "./ppo/settings.js";
export { type EpisodeOptions, runEpisode, type TrainOptions, train } from "./run.js";
