import type { ValueShape } from "../analysis/shapes.js";
import { UserError } from "../base/errors.js";
import { DataType, elementTypeOf, type Model, type Node, type Value } from "../ir/index.js";
import { modelToBytes } from "../onnx/index.js";
import type { CallLimits } from "./child.js";
import { inChild } from "./pool.js";
import { buildProbe, type Probe } from "./probe.js";
import { failureOf, meansNode, type NodePattern } from "./probe-failure.js";
import type { ProbeArgs, ProbeReply } from "./probe-task.js";
import { reasonOf } from "./refusal.js";
import { retypeModel, standIn } from "./retype.js";
import type { Task } from "./task.js";

/** Weights up to this size are kept as constants where operators insist on it. */
const MOST_KEPT_BYTES = 256e6;

/** Why nothing came of a probe; `stopped` where it met a limit or crashed instead of being refused. */
export interface Refusal {
  readonly message: string;
  readonly stopped?: boolean;
}

export type Answer<T> = { readonly ok: true; readonly found: T } | ({ readonly ok: false } & Refusal);

/**
 * Builds probes of one model and hands them to onnxruntime in a child process. Learns from its refusals what later
 * probes have to do without.
 */
export class Prober {
  /** What had to be left out and why. */
  readonly gaps = new Set<string>();
  /** Set once a node's inputs did not fit each other at the sizes given. */
  misfit = false;
  readonly #model: Model;
  readonly #leftOut = new Set<Node>();
  #retyped = false;
  #keepWeights = false;
  #fold = true;

  constructor(model: Model) {
    this.#model = model;
  }

  build(nodes: readonly Node[], known: ReadonlyMap<Value, ValueShape>): Probe {
    const model = this.#model;
    return buildProbe({
      model,
      nodes: nodes.filter((node) => !this.#leftOut.has(node)),
      known,
      keepWeights: this.#keepWeights,
    });
  }

  async ask<T>(
    task: Task<ProbeArgs, ProbeReply<T>>,
    { model }: Probe,
    limits: CallLimits,
  ): Promise<Answer<T>> {
    if (this.#retyped) retypeModel(model);
    try {
      return await inChild(task, { bytes: modelToBytes(model), fold: this.#fold }, limits);
    } catch (error) {
      // A model that hangs or kills its child has no shapes, which is no reason to stop.
      if (error instanceof UserError) return { ok: false, message: error.message, stopped: true };
      throw error;
    }
  }

  /** Makes the next probe avoid what this one failed by; false where that is not possible. */
  adjust({ message, stopped = false }: Refusal, leaveOutMisfits: boolean): boolean {
    const failure = failureOf(message);
    const reason = reasonOf(message);
    if (failure.kind === "unknown-operator") return this.#leaveOut(failure.node, reason);
    if (failure.kind === "unnamed-type") return this.#retype();
    if (failure.kind === "no-kernel") return this.#retype() || this.#leaveOut(failure.node, reason);
    if (failure.kind === "misfit") {
      this.misfit = true;
      return leaveOutMisfits && this.#leaveOut(failure.node, reason);
    }
    if (!stopped && this.#loosen()) return true;
    this.gaps.add(reason);
    return false;
  }

  /** The type that a value has in the model, where a probe had a stand-in for it. */
  trueType(value: Value, reported: DataType, shapes: ReadonlyMap<Value, ValueShape>): DataType {
    if (!this.#retyped || reported === DataType.UNDEFINED) return reported;
    const node = value.producer;
    const guesses = [
      elementTypeOf(value),
      node?.int("to"),
      ...(node?.inputs ?? []).map(
        (input) => input && (input.initializer?.dataType ?? shapes.get(input)?.elementType),
      ),
    ];
    return guesses.find((type) => typeof type === "number" && standIn(type) === reported) ?? reported;
  }

  #leaveOut(pattern: NodePattern, reason: string): boolean {
    const before = this.#leftOut.size;
    for (const node of this.#model.graph.nodes) if (meansNode(node, pattern)) this.#leftOut.add(node);
    this.gaps.add(reason);
    return this.#leftOut.size > before;
  }

  #retype(): boolean {
    const first = !this.#retyped;
    this.#retyped = true;
    return first;
  }

  /** Gives up one of the things that make probes fast or thorough. */
  #loosen(): boolean {
    if (!this.#keepWeights && weightBytes(this.#model) <= MOST_KEPT_BYTES) this.#keepWeights = true;
    else if (this.#fold) this.#fold = false;
    else return false;
    return true;
  }
}

function weightBytes({ graph }: Model): number {
  return graph.initializers.reduce((sum, { initializer }) => sum + (initializer?.byteLength ?? 0), 0);
}
