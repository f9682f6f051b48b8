import { UserError } from "../base/errors.js";
import { type CallLimits, Child, ChildDied, crashed } from "./child.js";
import type { Task } from "./task.js";

export interface PoolOptions {
  /** Child processes at most. */
  readonly size: number;
  /** A child is replaced after so many jobs, against memory that native code never gives back. */
  readonly recycleAfter?: number;
  /** How often a job is tried again when its child dies under it. */
  readonly retries?: number;
}

interface Job {
  /** Runs in `child`; true when the job has to be done again. */
  attempt(child: Child): Promise<boolean>;
  fail(error: Error): void;
}

/** Child processes that share a queue of jobs. Children start when they are needed and are killed by `close`. */
export class Pool {
  readonly #size: number;
  readonly #recycleAfter: number;
  readonly #retries: number;
  readonly #idle: Child[] = [];
  readonly #busy = new Set<Child>();
  readonly #queue: Job[] = [];
  #closed = false;

  constructor({ size, recycleAfter = 500, retries = 1 }: PoolOptions) {
    this.#size = size;
    this.#recycleAfter = recycleAfter;
    this.#retries = retries;
  }

  /**
   * Queues a job. Rejects with what the task threw, with "time-limit" or "memory-limit" when a limit is met (never
   * retried), or with "child-died" when the process crashed under it every time.
   */
  run<Args, Result>(task: Task<Args, Result>, args: Args, limits: CallLimits = {}): Promise<Result> {
    return new Promise((resolve, reject) => {
      let left = this.#retries;
      const attempt = async (child: Child): Promise<boolean> => {
        try {
          resolve(await child.call(task, args, limits));
        } catch (error) {
          if (!(error instanceof ChildDied)) reject(error);
          else if (this.#closed) reject(stopped());
          else if (left-- > 0) return true;
          else reject(crashed(task.name, error));
        }
        return false;
      };
      this.#queue.push({ attempt, fail: reject });
      this.#next();
    });
  }

  /** Kills the children; jobs that are queued or under way are rejected. */
  close(): void {
    this.#closed = true;
    for (const child of [...this.#idle.splice(0), ...this.#busy]) child.kill();
    for (const job of this.#queue.splice(0)) job.fail(stopped());
  }

  #next(): void {
    while (this.#queue.length > 0 && this.#busy.size < this.#size) {
      const job = this.#queue.shift();
      if (job) void this.#serve(job);
    }
  }

  async #serve(job: Job): Promise<void> {
    const child = this.#take();
    this.#busy.add(child);
    const again = await job.attempt(child);
    this.#busy.delete(child);
    if (child.alive && child.calls < this.#recycleAfter && !this.#closed) this.#idle.push(child);
    else child.kill();
    if (again) this.#queue.unshift(job);
    this.#next();
  }

  /** A child at rest, or a new one; those that died at rest are forgotten. */
  #take(): Child {
    for (let child = this.#idle.pop(); child; child = this.#idle.pop()) if (child.alive) return child;
    return new Child();
  }
}

function stopped(): UserError {
  return new UserError("stopped", "stopped before the job was done");
}

let shared: Pool | undefined;

/**
 * Runs a task that may hang or crash in a child process shared by the whole program, one task at a time. The process
 * stays warm for the next call and ends with this one.
 */
export function inChild<Args, Result>(
  task: Task<Args, Result>,
  args: Args,
  limits: CallLimits = {},
): Promise<Result> {
  shared ??= new Pool({ size: 1 });
  return shared.run(task, args, limits);
}
