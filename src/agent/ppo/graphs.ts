import { attribute, type Builder, type SymTensor } from "../../ir/index.js";
import type { ActionSpace } from "../env.js";
import type { GraphSpace } from "../graph.js";
import { type AgentGraph, agentGraph, learn, type OpenNetwork, openNetwork } from "../learn/network.js";
import type { Encoder } from "../network/encoder.js";
import { intoBox, perAction, perObservation } from "../network/heads.js";
import { observationInputs, type SymObservation } from "../network/observation-input.js";
import { declareWeights, type WeightSpec, type Weights } from "../network/weights.js";
import type { PpoSettings } from "./settings.js";

/** What the graphs of a PPO agent are built from. */
export interface PpoDesign {
  readonly space: GraphSpace;
  readonly action: ActionSpace;
  readonly encoder: Encoder;
  readonly settings: PpoSettings;
}

/** The weights of actor and critic. */
export interface PpoSpecs {
  readonly actor: readonly WeightSpec[];
  readonly critic: readonly WeightSpec[];
}

/** Means of a box's numbers, or scores of the choices: [batch, size]. */
function actor(build: Builder, design: PpoDesign, observation: SymObservation, w: Weights): SymTensor {
  const { action, encoder, settings } = design;
  const encoded = encoder.encode(build, observation, w);
  const head = { kind: settings.head, hidden: settings.hidden };
  const numbers = perAction(build, w, observation, encoded, action.size, head);
  return action.kind === "box" ? intoBox(build, numbers, action) : numbers;
}

/** What an observation is worth, in deviations from the mean return: [batch]. */
function critic(
  build: Builder,
  { encoder, settings }: PpoDesign,
  observation: SymObservation,
  w: Weights,
): SymTensor {
  const encoded = encoder.encode(build, observation, w);
  const head = { kind: "graph", hidden: settings.hidden } as const;
  const value = perObservation(build, w, observation, encoded, undefined, head);
  return build.reshape(value, [observation.batch]);
}

export function ppoSpecs(design: PpoDesign): PpoSpecs {
  const declare = (network: typeof actor) =>
    declareWeights((build, w) => network(build, design, observationInputs(build, design.space, 1), w));
  return { actor: declare(actor), critic: declare(critic) };
}

/** One observation and the vector "actor" to "numbers": means or scores. */
export function actGraph(design: PpoDesign, specs: PpoSpecs): AgentGraph {
  return agentGraph("act", (build) => {
    const { weights } = openNetwork(build, "actor", specs.actor);
    return { outputs: { numbers: actor(build, design, observationInputs(build, design.space, 1), weights) } };
  });
}

/** The inputs that say what was done, and the logarithm of its probability [batch] with the entropy [batch]. */
function probability(build: Builder, { action, settings }: PpoDesign, numbers: SymTensor) {
  const dims = numbers.dims;
  const sample = build.input("sample", dims);
  if (action.kind === "box") {
    const deviation = settings.deviation * (action.high - action.low);
    const distance = build.div(build.sub(sample, numbers), deviation);
    const constant = dims[1] ?? 1;
    const offset = constant * Math.log(deviation * Math.sqrt(2 * Math.PI));
    const log = build.sub(build.mul(build.sum(build.square(distance), [1], false), -0.5), offset);
    return { log, entropy: undefined };
  }
  // The sample is one-hot; choices that were not allowed have e^-1e9 = 0.
  const allowed = build.add(numbers, build.input("absent", dims));
  const logs = build.unary("LogSoftmax", allowed, [attribute.int("axis", -1)]);
  const entropy = build.unary("Neg", build.sum(build.mul(build.unary("Exp", logs), logs), [1], false));
  return { log: build.sum(build.mul(sample, logs), [1], false), entropy };
}

/** A batch, what was done in it, and the vectors "actor" and "critic" to "log" and "value" [batch]. */
export function judgeGraph(design: PpoDesign, specs: PpoSpecs): AgentGraph {
  return agentGraph("judge", (build) => {
    const observation = observationInputs(build, design.space, design.settings.batch);
    const nets = networks(build, specs);
    const { log } = probability(build, design, actor(build, design, observation, nets.actor.weights));
    return { outputs: { log, value: critic(build, design, observation, nets.critic.weights) } };
  });
}

function networks(build: Builder, specs: PpoSpecs): { actor: OpenNetwork; critic: OpenNetwork } {
  return {
    actor: openNetwork(build, "actor", specs.actor),
    critic: openNetwork(build, "critic", specs.critic),
  };
}

/**
 * One update on a batch: the clipped objective (Schulman et al., 2017, eq. 7) for the actor, squared error for the critic.
 * Inputs beside the observations and what was done, all [batch]: oldLog, advantage, target, share (which sums to one;
 * 0 for rows that only fill the batch); step. Outputs: actorLoss, criticLoss, entropy, ratio (their mean).
 */
export function updateGraph(design: PpoDesign, specs: PpoSpecs): AgentGraph {
  const { batch, clip, entropy: wish, rate, longestGradient, freezeEncoder } = design.settings;
  return agentGraph("update", (build) => {
    const observation = observationInputs(build, design.space, batch);
    const nets = networks(build, specs);
    const { log, entropy } = probability(
      build,
      design,
      actor(build, design, observation, nets.actor.weights),
    );
    const row = (name: string) => build.input(name, [batch]);
    const [oldLog, advantage, target, share] = [row("oldLog"), row("advantage"), row("target"), row("share")];
    const mean = (x: SymTensor) => build.sum(build.mul(x, share), [0], false);
    const ratio = build.unary("Exp", build.sub(log, oldLog));
    const near = build.binary("Min", build.binary("Max", ratio, 1 - clip), 1 + clip);
    const gain = build.binary("Min", build.mul(ratio, advantage), build.mul(near, advantage));
    const policyLoss = build.unary("Neg", mean(gain));
    const actorLoss = entropy ? build.sub(policyLoss, build.mul(mean(entropy), wish)) : policyLoss;
    const value = critic(build, design, observation, nets.critic.weights);
    const criticLoss = mean(build.square(build.sub(value, target)));
    const step = build.input("step", []);
    const options = {
      rate: build.scalar(rate, step.type),
      step,
      clip: longestGradient,
      isFrozen: (name: string) => freezeEncoder && name.startsWith("encoder."),
    };
    const outputs = {
      actorLoss,
      criticLoss,
      ratio: mean(ratio),
      ...(entropy ? { entropy: mean(entropy) } : {}),
    };
    const states = [
      ...learn(build, nets.actor, actorLoss, options),
      ...learn(build, nets.critic, criticLoss, options),
    ];
    return { outputs, states };
  });
}
