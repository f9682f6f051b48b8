import type { Builder, SymTensor } from "../../ir/index.js";
import { meanSquaredError, type StateVector } from "../../train/index.js";
import type { BoxSpace } from "../env.js";
import type { GraphSpace } from "../graph.js";
import { type AgentGraph, agentGraph, learn, type OpenNetwork, openNetwork } from "../learn/network.js";
import type { Encoder } from "../network/encoder.js";
import { intoBox, perAction, perObservation } from "../network/heads.js";
import { observationInputs, type SymObservation } from "../network/observation-input.js";
import { declareWeights, type WeightSpec, type Weights } from "../network/weights.js";
import type { DdpgSettings } from "./settings.js";

/** What the graphs of a DDPG agent are built from. */
export interface DdpgDesign {
  readonly space: GraphSpace;
  readonly box: BoxSpace;
  readonly encoder: Encoder;
  readonly settings: DdpgSettings;
}

/** One number for each element of the action, not yet in the box. */
function actor(
  build: Builder,
  { box, encoder, settings }: DdpgDesign,
  observation: SymObservation,
  w: Weights,
) {
  const encoded = encoder.encode(build, observation, w);
  const head = { kind: settings.head, hidden: settings.hidden };
  return perAction(build, w, observation, encoded, box.size, head);
}

/** The encoder of observations is run once, however many actions are judged on them. */
function critic(
  build: Builder,
  { encoder, settings }: DdpgDesign,
  observation: SymObservation,
  w: Weights,
): (action: SymTensor) => SymTensor {
  const encoded = encoder.encode(build, observation, w);
  const head = { kind: settings.head, hidden: settings.hidden };
  return (action) => perObservation(build, w, observation, encoded, action, head);
}

/** The weights of actor and critic. */
export interface DdpgSpecs {
  readonly actor: readonly WeightSpec[];
  readonly critic: readonly WeightSpec[];
}

export function ddpgSpecs(design: DdpgDesign): DdpgSpecs {
  return {
    actor: declareWeights((build, w) => actor(build, design, observationInputs(build, design.space, 1), w)),
    critic: declareWeights((build, w) => {
      const action = build.input("action", [1, design.box.size]);
      return critic(build, design, observationInputs(build, design.space, 1), w)(action);
    }),
  };
}

/** One observation and the vector "actor" to "action". */
export function actGraph(design: DdpgDesign, specs: DdpgSpecs): AgentGraph {
  return agentGraph("act", (build) => {
    const { weights } = openNetwork(build, "actor", specs.actor);
    const said = actor(build, design, observationInputs(build, design.space, 1), weights);
    return { outputs: { action: intoBox(build, said, design.box) } };
  });
}

/**
 * One update on a batch (Lillicrap et al., 2016, algorithm 1): the critic towards r + γ (1 - terminated) Q'(s', μ'(s')), the
 * actor up Q(s, μ(s)), the targets a step of τ behind them. Inputs beside the observations ("next." for what came
 * after): action, reward [batch, 1], future [batch, 1] (γ, or 0 at the end), step, and the state. Where rewards are
 * returns of whole episodes, nothing comes after them: there are no targets then. Outputs: criticLoss, actorLoss.
 */
export function updateGraph(design: DdpgDesign, specs: DdpgSpecs): AgentGraph {
  const { space, box, settings } = design;
  const { batch } = settings;
  return agentGraph("update", (build) => {
    const nets = {
      actor: openNetwork(build, "actor", specs.actor),
      critic: openNetwork(build, "critic", specs.critic),
    };
    const now = observationInputs(build, space, batch);
    const action = build.input("action", [batch, box.size]);
    const reward = build.input("reward", [batch, 1]);
    const step = build.input("step", []);
    const targets = settings.returns === "bootstrap" ? openTargets(build, design, specs) : undefined;
    const judge = critic(build, design, now, nets.critic.weights);
    const wanted = targets ? build.add(reward, targets.future) : reward;
    const criticLoss = meanSquaredError(build, judge(action), wanted);
    const said = actor(build, design, now, nets.actor.weights);
    const wish = judge(intoBox(build, said, box));
    const squeezed = build.mul(build.mean(build.mul(said, said), [0, 1], false), settings.squeezePenalty);
    const actorLoss = build.sub(squeezed, build.mean(wish, [0, 1], false));
    const isFrozen = (name: string) => settings.freezeEncoder && name.startsWith("encoder.");
    const rate = (value: number) => build.scalar(value, step.type);
    const criticStates = learn(build, nets.critic, criticLoss, {
      rate: rate(settings.criticRate),
      step,
      isFrozen,
    });
    const actorStates = learn(build, nets.actor, actorLoss, {
      rate: rate(settings.actorRate),
      step,
      isFrozen,
    });
    const followers = targets
      ? [
          follow(build, targets.critic, criticStates, settings.tau),
          follow(build, targets.actor, actorStates, settings.tau),
        ]
      : [];
    return {
      outputs: { criticLoss, actorLoss },
      states: [...criticStates, ...actorStates, ...followers],
    };
  });
}

/** The target networks, and what they promise of the state that came after: γ (1 - terminated) Q'(s', μ'(s')). */
function openTargets(build: Builder, design: DdpgDesign, specs: DdpgSpecs) {
  const { batch } = design.settings;
  const targets = {
    actor: openNetwork(build, "actor.target", specs.actor),
    critic: openNetwork(build, "critic.target", specs.critic),
  };
  const next = observationInputs(build, design.space, batch, "next.");
  const discount = build.input("future", [batch, 1]);
  const then = actor(build, design, next, targets.actor.weights);
  const value = critic(build, design, next, targets.critic.weights)(intoBox(build, then, design.box));
  return { ...targets, future: build.mul(discount, value) };
}

/** θ' ← θ' + τ (θ - θ'). */
function follow(
  build: Builder,
  target: OpenNetwork,
  [leader]: readonly StateVector[],
  tau: number,
): StateVector {
  const { vector } = target;
  const distance = build.sub(leader?.output ?? vector, vector);
  return { input: vector, output: build.add(vector, build.mul(distance, tau)) };
}
