import { invariant } from "../../base/errors.js";
import { Random } from "../../base/random.js";
import { type Model, Tensor } from "../../ir/index.js";
import { type HostTensor, openStepper, type Stepper } from "../../runtime/index.js";
import type { Agent, Losses, Spaces, Transition } from "../agent.js";
import type { Action } from "../env.js";
import type { GraphObservation } from "../graph.js";
import { encodeDocument } from "../learn/document.js";
import {
  type Fields,
  fingerprint,
  restoreCounters,
  restoreTransitions,
  saveTransitions,
} from "../learn/saved.js";
import { saveNetworks } from "../learn/saved-networks.js";
import { lossesIn, outputOf, scalar, vector } from "../learn/tensors.js";
import { observationFeeds } from "../network/observation-feed.js";
import { streamOf } from "../stream.js";
import { batchFeeds, type Lesson, lessonFeeds } from "./batch.js";
import { mostLikely, sampleChoice } from "./choice.js";
import { actGraph, judgeGraph, type PpoDesign, type PpoSpecs, updateGraph } from "./graphs.js";
import { moments, returnsOf } from "./returns.js";
import type { PpoOptions } from "./settings.js";

/** Numbers that say how far an agent has come; with the seed they decide all randomness. */
interface Counters {
  /** Explored actions. */
  actions: number;
  updates: number;
  /** Moving moments of the returns, which the critic's values are measured in. */
  mean: number;
  deviation: number;
}

/** How much of the returns' moments the last batch decides. */
const MOMENT_STEP = 0.1;

export interface PpoParts {
  readonly spaces: Spaces;
  readonly design: PpoDesign;
  readonly specs: PpoSpecs;
  readonly options: PpoOptions;
}

interface Steppers {
  readonly act: Stepper;
  readonly judge: Stepper;
  readonly update: Stepper;
}

/** Proximal policy optimization (Schulman et al., 2017) on graphs: a Gaussian over a box, or one of several choices. */
export class PpoAgent implements Agent {
  counters: Counters = { actions: 0, updates: 0, mean: Number.NaN, deviation: 1 };
  /** What was observed since it last learnt; actions are as they were drawn. */
  #steps: Transition[] = [];
  /** Actions as they were drawn, before they were moved into the box. */
  readonly #drawn = new WeakMap<Action, Float32Array>();

  private constructor(
    readonly parts: PpoParts,
    private readonly steppers: Steppers,
    private weights: { readonly actor: Float32Array; readonly critic: Float32Array },
  ) {}

  static async open(parts: PpoParts, state: ReadonlyMap<string, Float32Array>): Promise<PpoAgent> {
    const { design, specs, options } = parts;
    const open = (graph: ReturnType<typeof actGraph>) => openStepper(graph.model, graph.state, options);
    const steppers = {
      act: await open(actGraph(design, specs)),
      judge: await open(judgeGraph(design, specs)),
      update: await open(updateGraph(design, specs)),
    };
    await steppers.update.write(new Map([...state].map(([name, values]) => [name, vector(values)])));
    const [actor, critic] = [state.get("actor"), state.get("critic")];
    invariant(actor && critic, "an agent has an actor and a critic");
    return new PpoAgent(parts, steppers, { actor, critic });
  }

  async act(observation: GraphObservation, { explore = false } = {}): Promise<Action> {
    const { space, action, settings } = this.parts.design;
    const feeds = observationFeeds(space, [observation]).set("actor", vector(this.weights.actor));
    const numbers = outputOf(await this.steppers.act.step(feeds), "numbers").slice();
    if (action.kind === "discrete") {
      if (!explore) return Float32Array.of(mostLikely(numbers, observation.mask));
      return Float32Array.of(sampleChoice(this.#random(), numbers, observation.mask));
    }
    if (!explore) return numbers;
    const { low, high } = action;
    const random = this.#random();
    const drawn = numbers.map((mean) => mean + settings.deviation * (high - low) * random.normal());
    const inside = drawn.map((value) => Math.min(Math.max(value, low), high));
    this.#drawn.set(inside, drawn);
    return inside;
  }

  #random(): Random {
    return new Random(streamOf(this.parts.design.settings.seed, "act", this.counters.actions++));
  }

  observe(transition: Transition): void {
    this.#steps.push({ ...transition, action: this.#drawn.get(transition.action) ?? transition.action });
  }

  async update(): Promise<Losses> {
    const { settings } = this.parts.design;
    if (this.#steps.length < settings.steps) return new Map();
    const lessons = await this.#lessons();
    this.#steps = [];
    let losses: Losses = new Map();
    for (let epoch = 0; epoch < settings.epochs; epoch++) {
      const order = new Random(streamOf(settings.seed, "epoch", this.counters.updates)).shuffle([...lessons]);
      for (let at = 0; at < order.length; at += settings.batch)
        losses = await this.#learn(order.slice(at, at + settings.batch));
    }
    const state = await this.steppers.update.read();
    this.weights = { actor: floatsIn(state, "actor"), critic: floatsIn(state, "critic") };
    return losses;
  }

  /** Probabilities and values as they were when it acted: nothing of the networks has changed since. */
  async #lessons(): Promise<Lesson[]> {
    const { settings } = this.parts.design;
    const steps = this.#steps;
    const { log, value } = await this.#judge(steps);
    const isCut = ({ next }: Transition, i: number) =>
      !next.terminated && (next.truncated || i === steps.length - 1);
    const cut = steps.filter(isCut);
    const after = await this.#judge(cut.map((step) => ({ ...step, observation: step.next.observation })));
    const { counters } = this;
    const worth = (normal: number) =>
      Number.isNaN(counters.mean) ? 0 : counters.mean + counters.deviation * normal;
    const returns = returnsOf(
      steps.map((step, i) => ({
        reward: step.next.reward,
        terminated: step.next.terminated,
        isLast: isCut(step, i),
        nextValue: isCut(step, i) ? worth(after.value[cut.indexOf(step)] ?? 0) : 0,
      })),
      settings.discount,
    );
    this.#trackMoments(returns);
    const targets = Array.from(returns, (each) => (each - counters.mean) / counters.deviation);
    const advantages = targets.map((target, i) => target - (value[i] ?? 0));
    const { mean, deviation } = moments(advantages);
    return steps.map((transition, i) => ({
      transition,
      oldLog: log[i] ?? 0,
      advantage: ((advantages[i] ?? 0) - mean) / deviation,
      target: targets[i] ?? 0,
    }));
  }

  #trackMoments(returns: Float64Array): void {
    const { counters } = this;
    const now = moments(returns);
    const step = Number.isNaN(counters.mean) ? 1 : MOMENT_STEP;
    counters.mean = step === 1 ? now.mean : counters.mean + step * (now.mean - counters.mean);
    counters.deviation += step * (now.deviation - counters.deviation);
  }

  async #judge(steps: readonly Transition[]): Promise<{ log: number[]; value: number[] }> {
    const { batch } = this.parts.design.settings;
    const [log, value]: [number[], number[]] = [[], []];
    for (let at = 0; at < steps.length; at += batch) {
      const part = steps.slice(at, at + batch);
      const feeds = batchFeeds(this.parts.design, part);
      for (const [name, weights] of Object.entries(this.weights)) feeds.set(name, vector(weights));
      const outputs = await this.steppers.judge.step(feeds);
      log.push(...outputOf(outputs, "log").slice(0, part.length));
      value.push(...outputOf(outputs, "value").slice(0, part.length));
    }
    return { log, value };
  }

  async #learn(lessons: readonly Lesson[]): Promise<Losses> {
    const feeds = lessonFeeds(this.parts.design, lessons).set("step", scalar(++this.counters.updates));
    const outputs = await this.steppers.update.step(feeds);
    return lossesIn(outputs, this.counters.updates);
  }

  /** Every vector of weights and of the optimizers. */
  async vectors(): Promise<Map<string, Float32Array>> {
    const state = await this.steppers.update.read();
    return new Map([...state.keys()].map((name) => [name, floatsIn(state, name)]));
  }

  async save(): Promise<Uint8Array> {
    const { spaces, design, specs, options } = this.parts;
    return encodeDocument({
      kind: "ppo",
      fingerprint: fingerprint(spaces, design.encoder.description),
      settings: { ...design.settings },
      gnn: { ...options.gnn },
      counters: { ...this.counters },
      networks: saveNetworks({ ...specs }, await this.vectors()),
      replay: saveTransitions(this.#steps),
    });
  }

  /** Takes up counters and steps as they were saved. */
  restore(saved: Fields): void {
    restoreCounters(this.counters, saved);
    restoreTransitions(saved.replay ?? null, (step) => this.#steps.push(step));
  }

  /** The policy as an ONNX model: the inputs of one observation to "numbers": means of the box, or scores of the choices. */
  async policy(): Promise<Model> {
    const { design, specs } = this.parts;
    const { model } = actGraph(design, specs);
    const { actor } = this.weights;
    model.graph.setInitializer("actor", Tensor.float32("actor", [actor.length], actor));
    return model;
  }

  async close(): Promise<void> {
    for (const stepper of Object.values(this.steppers)) await stepper.close();
  }
}

function floatsIn(state: ReadonlyMap<string, HostTensor>, name: string): Float32Array {
  const data = state.get(name)?.data;
  invariant(data instanceof Float32Array, () => `the engine keeps ${name}`);
  return data;
}
