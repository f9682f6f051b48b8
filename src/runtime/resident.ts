import { invariant } from "../base/errors.js";
import type { CallLimits } from "./child.js";
import type { Feeds } from "./feeds.js";
import { HeldSession, heldSession } from "./held-session.js";
import type { HostTensor } from "./host-tensor.js";
import { openSession, type RunOutput, type Session, type SessionOptions } from "./session.js";
import type { ModelSource } from "./source.js";
import { task } from "./task.js";

/** State by input name: the output that replaces it after each step. */
export type StateNames = ReadonlyMap<string, string>;

/** A model whose state stays with the engine from step to step. */
export interface Stepper {
  /** One run on the state and `feeds`; returns the outputs that are no state. */
  step(feeds: Feeds): Promise<RunOutput[]>;
  /** The state by input name, as it is now. */
  read(): Promise<Map<string, HostTensor>>;
  /** Sets (some of) the state. Must have been called for all of it before the first step. */
  write(state: Feeds): Promise<void>;
  close(): Promise<void>;
}

/** In this process: for small graphs, where another process would cost more than the step. */
export class ResidentSession implements Stepper {
  readonly #state = new Map<string, HostTensor>();

  constructor(
    private readonly session: Session,
    private readonly names: StateNames,
  ) {}

  static async open(
    source: ModelSource,
    names: StateNames,
    options: SessionOptions = {},
  ): Promise<ResidentSession> {
    return new ResidentSession(await openSession(source, options), names);
  }

  async step(feeds: Feeds): Promise<RunOutput[]> {
    const outputs = await this.session.run(new Map([...feeds, ...this.#state]));
    const byName = new Map(outputs.map((output) => [output.name, output]));
    for (const [input, output] of this.names) {
      const next = byName.get(output);
      invariant(next, () => `the step has no output ${output}`);
      this.#state.set(input, next);
      byName.delete(output);
    }
    return [...byName.values()];
  }

  async read(): Promise<Map<string, HostTensor>> {
    return new Map(this.#state);
  }

  async write(state: Feeds): Promise<void> {
    for (const [name, tensor] of state) {
      invariant(this.names.has(name), () => `${name} is no state`);
      this.#state.set(name, tensor);
    }
  }

  close(): Promise<void> {
    return this.session.release();
  }
}

let resident: ResidentSession | undefined;

function residentHere(): ResidentSession {
  invariant(resident, "no state has been given to this child process");
  return resident;
}

/** In the child: state for the session that it holds. */
export function keepState({ names }: { names: StateNames }): void {
  resident = new ResidentSession(heldSession(), names);
}

export function stepOnce({ feeds }: { feeds: Feeds }): Promise<RunOutput[]> {
  return residentHere().step(feeds);
}

export function readState(): Promise<Map<string, HostTensor>> {
  return residentHere().read();
}

export function writeState({ state }: { state: Feeds }): Promise<void> {
  return residentHere().write(state);
}

const keepTask = task(import.meta.url, keepState);
const stepTask = task(import.meta.url, stepOnce);
const readTask = task(import.meta.url, readState);
const writeTask = task(import.meta.url, writeState);

/** In a child process: batches are prepared here while it computes, and a crash stays there. */
export class ResidentChild implements Stepper {
  private constructor(
    private readonly session: HeldSession,
    private readonly limits: CallLimits,
  ) {}

  static async open(
    source: ModelSource,
    names: StateNames,
    options: SessionOptions = {},
    limits: CallLimits = { timeoutMs: 600_000 },
  ): Promise<ResidentChild> {
    const session = await HeldSession.open(source, options, limits);
    await session.call(keepTask, { names }, limits);
    return new ResidentChild(session, limits);
  }

  step(feeds: Feeds): Promise<RunOutput[]> {
    return this.session.call(stepTask, { feeds }, this.limits);
  }

  read(): Promise<Map<string, HostTensor>> {
    return this.session.call(readTask, undefined, this.limits);
  }

  write(state: Feeds): Promise<void> {
    return this.session.call(writeTask, { state }, this.limits);
  }

  async close(): Promise<void> {
    this.session.close();
  }
}
