/** A session that a child process keeps between calls. Both sides: `HeldSession` in the parent, the tasks in the child. */
import { invariant } from "../base/errors.js";
import { type CallLimits, Child, ChildDied, crashed } from "./child.js";
import { loadEngine } from "./engine.js";
import { peakMb, resetPeak, residentMb } from "./memory.js";
import type { Port } from "./port.js";
import { openSession, type Session, type SessionOptions } from "./session.js";
import { handOver, type ModelSource, type PassedModel } from "./source.js";
import { type Task, task } from "./task.js";

interface HoldArgs {
  readonly model: PassedModel;
  readonly options: SessionOptions;
}

/** What the parent knows about the session. */
export interface HeldPorts {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

let held: Session | undefined;
let idleMb = 0;

/** In the child: opens the session that later tasks find by `heldSession`. */
export async function hold({ model, options }: HoldArgs): Promise<HeldPorts> {
  await loadEngine();
  resetPeak();
  idleMb = residentMb();
  held = await openSession(model, options);
  return { inputs: held.inputs, outputs: held.outputs };
}

/** In the child: the session that the parent opened. */
export function heldSession(): Session {
  invariant(held, "no session is held in this child process");
  return held;
}

/** In the child: memory that the session took at most, beyond what the process had before, in MB. */
export function heldPeakMb(): number {
  return Math.max(0, peakMb() - idleMb);
}

const holdTask = task(import.meta.url, hold);
export const peakTask = task(import.meta.url, heldPeakMb);

/** In the parent: a child process of its own with one session. `close` ends both. */
export class HeldSession {
  readonly #child: Child;
  readonly ports: HeldPorts;

  private constructor(child: Child, ports: HeldPorts) {
    this.#child = child;
    this.ports = ports;
  }

  /** Starts the child and opens the session. Throws what `openSession` throws. */
  static async open(source: ModelSource, options: SessionOptions, limits: CallLimits): Promise<HeldSession> {
    const { model, dispose } = await handOver(source);
    const child = new Child();
    try {
      return new HeldSession(child, await child.call(holdTask, { model, options }, limits));
    } catch (error) {
      child.kill();
      throw error instanceof ChildDied ? crashed(model.label, error) : error;
    } finally {
      dispose();
    }
  }

  /** Runs a task that uses `heldSession`. */
  async call<Args, Result>(work: Task<Args, Result>, args: Args, limits: CallLimits): Promise<Result> {
    try {
      return await this.#child.call(work, args, limits);
    } catch (error) {
      throw error instanceof ChildDied ? crashed(work.name, error) : error;
    }
  }

  close(): void {
    this.#child.kill();
  }
}
