import { invariant } from "../../base/errors.js";
import { Random } from "../../base/random.js";
import { type Model, Tensor } from "../../ir/index.js";
import { openStepper, type Stepper } from "../../runtime/index.js";
import type { Agent, Losses, Spaces, Transition } from "../agent.js";
import type { Action } from "../env.js";
import type { GraphObservation } from "../graph.js";
import { encodeDocument } from "../learn/document.js";
import { Replay } from "../learn/replay.js";
import { fingerprint, saveTransitions } from "../learn/saved.js";
import { saveNetworks } from "../learn/saved-networks.js";
import { lossesIn, matrix, outputOf, scalar, vector } from "../learn/tensors.js";
import { observationFeeds } from "../network/observation-feed.js";
import { streamOf } from "../stream.js";
import { actGraph, type DdpgDesign, type DdpgSpecs, updateGraph } from "./graphs.js";
import { truncatedNormal } from "./noise.js";
import type { DdpgOptions } from "./settings.js";

/** Numbers that say how far an agent has come; with the seed they decide all randomness. */
interface Counters {
  episodes: number;
  /** Explored actions. */
  actions: number;
  updates: number;
  /** Updates that are due. */
  due: number;
  /** Moving average of episodes' rewards, and the sum of the running episode's. */
  baseline: number;
  running: number;
}

/** What a DDPG agent is made of. */
export interface DdpgParts {
  readonly spaces: Spaces;
  readonly design: DdpgDesign;
  readonly specs: DdpgSpecs;
  readonly options: DdpgOptions;
}

/** Deep deterministic policy gradient (Lillicrap et al., 2016) on graphs. */
export class DdpgAgent implements Agent {
  readonly replay: Replay<Transition>;
  counters: Counters = { episodes: 0, actions: 0, updates: 0, due: 0, baseline: Number.NaN, running: 0 };
  #actor: Float32Array;
  /** The steps of the running episode, where they wait for its end. */
  readonly episode: Transition[] = [];
  /** Mean and deviation of the returns that are remembered. */
  #standard = { mean: 0, deviation: 1 };

  private constructor(
    readonly parts: DdpgParts,
    private readonly acting: Stepper,
    private readonly learning: Stepper,
    actor: Float32Array,
  ) {
    this.replay = new Replay(parts.design.settings.replay);
    this.#actor = actor;
  }

  static async open(parts: DdpgParts, state: ReadonlyMap<string, Float32Array>): Promise<DdpgAgent> {
    const { design, specs, options } = parts;
    const act = actGraph(design, specs);
    const learn = updateGraph(design, specs);
    const acting = await openStepper(act.model, act.state, options);
    const learning = await openStepper(learn.model, learn.state, options);
    await learning.write(new Map([...state].map(([name, values]) => [name, vector(values)])));
    const actor = state.get("actor");
    invariant(actor, "an agent has an actor");
    return new DdpgAgent(parts, acting, learning, actor);
  }

  async act(observation: GraphObservation, { explore = false } = {}): Promise<Action> {
    const { box, settings } = this.parts.design;
    if (!explore) return this.#policy(observation);
    const random = new Random(streamOf(settings.seed, "act", this.counters.actions++));
    const after = this.counters.episodes - settings.warmUp;
    if (after < 0)
      return Float32Array.from({ length: box.size }, () => box.low + (box.high - box.low) * random.uniform());
    const noise = Math.max(settings.leastNoise, settings.noise * settings.noiseDecay ** after);
    const deviation = (box.high - box.low) * noise;
    const mean = await this.#policy(observation);
    return mean.map((value) => truncatedNormal(random, value, deviation, box.low, box.high));
  }

  async #policy(observation: GraphObservation): Promise<Float32Array> {
    const feeds = observationFeeds(this.parts.design.space, [observation]);
    const outputs = await this.acting.step(feeds.set("actor", vector(this.#actor)));
    return outputOf(outputs, "action").slice();
  }

  observe(transition: Transition): void {
    const { counters } = this;
    const { warmUp, updatesPerStep, baseline } = this.parts.design.settings;
    const { reward, terminated, truncated } = transition.next;
    this.#remember(transition);
    counters.running += reward;
    if (counters.episodes >= warmUp) counters.due += updatesPerStep;
    if (!terminated && !truncated) return;
    counters.episodes++;
    counters.baseline = Number.isNaN(counters.baseline)
      ? counters.running
      : baseline * counters.baseline + (1 - baseline) * counters.running;
    counters.running = 0;
  }

  #remember(transition: Transition): void {
    const { returns, discount } = this.parts.design.settings;
    if (returns === "bootstrap") return this.replay.add(transition);
    this.episode.push(transition);
    const { terminated, truncated } = transition.next;
    if (!terminated && !truncated) return;
    let reward = 0;
    for (const step of this.episode.splice(0).reverse()) {
      reward = step.next.reward + discount * reward;
      this.replay.add({ ...step, next: { ...transition.next, reward } });
    }
  }

  async update(): Promise<Losses> {
    const { counters } = this;
    let losses: Losses = new Map();
    for (; counters.due >= 1 && this.replay.length > 0; counters.due--) {
      losses = await this.#learn();
      counters.updates++;
    }
    if (losses.size > 0) this.#actor = await this.#read("actor");
    return losses;
  }

  async #learn(): Promise<Losses> {
    const { space, box, settings } = this.parts.design;
    const { batch, discount, returns, seed } = settings;
    if (returns === "episode") this.#standard = standardOf(this.replay.all());
    const picked = this.replay.sample(batch, new Random(streamOf(seed, "batch", this.counters.updates)));
    const actions = new Float32Array(batch * box.size);
    picked.forEach(({ action }, i) => {
      actions.set(action, i * box.size);
    });
    const column = (of: (transition: Transition) => number) =>
      matrix([batch, 1], Float32Array.from(picked, of));
    const feeds = new Map([
      ...observationFeeds(
        space,
        picked.map(({ observation }) => observation),
      ),
      ["action", matrix([batch, box.size], actions)],
      ["reward", column((transition) => this.#reward(transition))],
      ["step", scalar(this.counters.updates + 1)],
    ]);
    if (returns === "bootstrap") {
      const after = picked.map(({ next }) => next.observation);
      for (const [name, feed] of observationFeeds(space, after, "next.")) feeds.set(name, feed);
      feeds.set(
        "future",
        column(({ next }) => (next.terminated ? 0 : discount)),
      );
    }
    const outputs = await this.learning.step(feeds);
    return lossesIn(outputs, this.counters.updates + 1);
  }

  /** The moving average comes off where an episode ends: the same for all of its steps, as no discount is between them. */
  #reward({ next: { reward, terminated, truncated } }: Transition): number {
    const { baseline, returns } = this.parts.design.settings;
    if (returns === "episode") return (reward - this.#standard.mean) / this.#standard.deviation;
    const isLast = terminated || truncated;
    return isLast && baseline > 0 && !Number.isNaN(this.counters.baseline)
      ? reward - this.counters.baseline
      : reward;
  }

  async #read(name: string): Promise<Float32Array> {
    const values = (await this.learning.read()).get(name)?.data;
    invariant(values instanceof Float32Array, () => `the engine keeps ${name}`);
    return values;
  }

  /** Every vector of weights and of the optimizers. */
  async vectors(): Promise<Map<string, Float32Array>> {
    const names = [...(await this.learning.read()).keys()];
    const entries = await Promise.all(names.map(async (name) => [name, await this.#read(name)] as const));
    return new Map(entries);
  }

  async save(): Promise<Uint8Array> {
    const { spaces, design, specs, options } = this.parts;
    return encodeDocument({
      kind: "ddpg",
      fingerprint: fingerprint(spaces, design.encoder.description),
      settings: { ...design.settings },
      gnn: { ...options.gnn },
      counters: { ...this.counters },
      networks: saveNetworks({ ...specs }, await this.vectors()),
      replay: saveTransitions(this.replay.all()),
      episode: saveTransitions(this.episode),
    });
  }

  /** The policy as an ONNX model: the inputs of one observation to "action". */
  async policy(): Promise<Model> {
    const { design, specs } = this.parts;
    const { model } = actGraph(design, specs);
    model.graph.setInitializer("actor", Tensor.float32("actor", [this.#actor.length], this.#actor));
    return model;
  }

  async close(): Promise<void> {
    await this.acting.close();
    await this.learning.close();
  }
}

/** Mean and deviation of the rewards of these. */
function standardOf(transitions: readonly Transition[]): { mean: number; deviation: number } {
  const mean = transitions.reduce((sum, { next }) => sum + next.reward, 0) / transitions.length;
  const squares = transitions.reduce((sum, { next }) => sum + (next.reward - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / transitions.length) || 1 };
}
