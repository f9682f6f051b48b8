import { UserError } from "../../base/errors.js";
import type { Sight } from "../env/sight.js";
import type { Policy } from "../policy.js";
import type { PruningSpace, SearchBudget } from "../space.js";
import { agmcPolicy } from "./agmc.js";
import { amcPolicy } from "./amc.js";
import { evolutionPolicy } from "./evolution.js";
import { deep, fixedPolicy, globalRanking, shallow, uniform } from "./fixed.js";
import { gnnRlPolicy, gnnRlPpoPolicy } from "./gnn-rl.js";
import { lessSighted } from "./less-sighted.js";
import { randomPolicy } from "./random.js";
import { SensitivityPolicy } from "./sensitivity.js";

/** What a policy is made for. */
export interface PolicyContext {
  readonly space: PruningSpace;
  readonly budget: SearchBudget;
  readonly seed: number;
  /** How many proposals will be measured at most. */
  readonly trials: number;
  /** What another search has learnt, to begin with; policies without a graph ignore it. */
  readonly start?: AgentStart | undefined;
  /** How much of the network's graph is in sight; all of it by default. Policies without a graph ignore it. */
  readonly sight?: Sight | undefined;
}

/** A saved agent: its bytes, and whether its encoder stays as it is. */
export interface AgentStart {
  readonly agent: Uint8Array;
  readonly freezeEncoder: boolean;
}

export interface PolicyEntry {
  /** For people, in a line. */
  readonly about: string;
  /** The graph that it acts on, where it does: it may see less of it, and begin with another's agent. */
  readonly graph?: "hierarchical" | "flat";
  open(context: PolicyContext): Promise<Policy> | Policy;
}

/** All policies by name. To add one: a file beside this one, and a line here. */
export const policies: ReadonlyMap<string, PolicyEntry> = new Map<string, PolicyEntry>([
  [
    "uniform",
    {
      about: "the same share of every group",
      open: ({ space, budget }) => fixedPolicy(uniform, space, budget),
    },
  ],
  [
    "shallow",
    {
      about: "more of the first groups than of the last",
      open: ({ space, budget }) => fixedPolicy(shallow, space, budget),
    },
  ],
  [
    "deep",
    {
      about: "more of the last groups than of the first",
      open: ({ space, budget }) => fixedPolicy(deep, space, budget),
    },
  ],
  [
    "global",
    {
      about: "the least important channels of all groups together",
      open: ({ space, budget }) => fixedPolicy(globalRanking, space, budget),
    },
  ],
  [
    "sensitivity",
    {
      about: "every group as far as costs the same accuracy, measured group by group",
      open: ({ space, budget }) => new SensitivityPolicy(space, budget),
    },
  ],
  [
    "random",
    {
      about: "random shares, scaled to the budget",
      open: ({ space, budget, seed }) => randomPolicy(space, budget, seed),
    },
  ],
  [
    "evolution",
    {
      about: "mixes and mutates the best so far",
      open: ({ space, budget, seed }) => evolutionPolicy(space, budget, seed),
    },
  ],
  [
    "amc",
    {
      about: "DDPG on hand-made features, layer by layer, without a graph",
      open: (context) => amcPolicy(context),
    },
  ],
  [
    "agmc",
    {
      about: "the same on what a graph neural network makes of the flat graph",
      graph: "flat",
      open: (context) => agmcPolicy(context),
    },
  ],
  [
    "gnn-rl",
    {
      about: "a graph neural network sees the hierarchical graph, DDPG decides for all groups at once",
      graph: "hierarchical",
      open: (context) => gnnRlPolicy(context),
    },
  ],
  [
    "gnn-rl-ppo",
    {
      about: "the same with PPO, as in the paper's published code",
      graph: "hierarchical",
      open: (context) => gnnRlPpoPolicy(context),
    },
  ],
]);

const ablations = new Map([...policies].flatMap(([name, entry]) => lessSighted(name, entry)));

/**
 * The policy of that name; one that acts on a graph also with less of it in sight: NAME+flat (no hierarchy), NAME+constant,
 * NAME+random (features), NAME+flat+constant, NAME+flat+random. Throws a UserError that lists the names where there is none.
 */
export function policyNamed(name: string): PolicyEntry {
  const policy = policies.get(name) ?? ablations.get(name);
  if (policy) return policy;
  const names = [...policies.keys(), ...ablations.keys()].join(", ");
  throw new UserError("policy", `no policy ${name}: expected one of ${names}`);
}
