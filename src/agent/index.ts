/** Learning on graphs: environments, multi-stage graph neural networks, DDPG and PPO. Knows nothing of pruning. */
export * from "./agent.js";
export * from "./env.js";
export * from "./graph.js";
