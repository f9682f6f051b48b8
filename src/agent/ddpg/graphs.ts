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

function actor(
  build: Builder,
  { box, encoder, settings }: DdpgDesign,
  observation: SymObservation,
  w: Weights,
) {
  const encoded = encoder.encode(build, observation, w);
  const head = { kind: settings.head, hidden: settings.hidden };
  return intoBox(build, perAction(build, w, observation, encoded, box.size, head), box);
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
    return { outputs: { action: actor(build, design, observationInputs(build, design.space, 1), weights) } };
  });
}

/**
 * One update on a batch (Lillicrap et al., 2016, algorithm 1): the critic towards r + γ (1 - terminated) Q'(s', μ'(s')), the
 * actor up Q(s, μ(s)), the targets a step of τ behind them. Inputs beside the observations ("next." for what came
 * after): action, reward [batch, 1], future [batch, 1] (γ, or 0 at the end), step, and the state. Outputs:
 * criticLoss, actorLoss.
 */
export function updateGraph(design: DdpgDesign, specs: DdpgSpecs): AgentGraph {
  const { space, box, settings } = design;
  const { batch, tau } = settings;
  return agentGraph("update", (build) => {
    const nets = {
      actor: openNetwork(build, "actor", specs.actor),
      critic: openNetwork(build, "critic", specs.critic),
      actorTarget: openNetwork(build, "actor.target", specs.actor),
      criticTarget: openNetwork(build, "critic.target", specs.critic),
    };
    const [now, next] = ["", "next."].map((prefix) => observationInputs(build, space, batch, prefix));
    const column = (name: string) => build.input(name, [batch, 1]);
    const [action, reward, future, step] = [
      build.input("action", [batch, box.size]),
      column("reward"),
      column("future"),
      build.input("step", []),
    ];
    const then = actor(build, design, next as SymObservation, nets.actorTarget.weights);
    const value = critic(build, design, next as SymObservation, nets.criticTarget.weights)(then);
    const target = build.add(reward, build.mul(future, value));
    const judge = critic(build, design, now as SymObservation, nets.critic.weights);
    const criticLoss = meanSquaredError(build, judge(action), target);
    const wish = actor(build, design, now as SymObservation, nets.actor.weights);
    const actorLoss = build.unary("Neg", build.mean(judge(wish), [0, 1], false));
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
    return {
      outputs: { criticLoss, actorLoss },
      states: [
        ...criticStates,
        ...actorStates,
        follow(build, nets.criticTarget, criticStates, tau),
        follow(build, nets.actorTarget, actorStates, tau),
      ],
    };
  });
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
