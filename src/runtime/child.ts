import { type ChildProcess, fork } from "node:child_process";
import { invariant, UserError } from "../base/errors.js";
import { residentMbOf } from "./memory.js";
import type { Task, TaskReply, TaskRequest } from "./task.js";

/** Bounds of one call in a child process. */
export interface CallLimits {
  /** Wall-clock time after which the child is killed and the call fails with the UserError "time-limit". */
  readonly timeoutMs?: number | undefined;
  /** Resident memory above which the same happens with "memory-limit". Watched on Linux only. */
  readonly memoryMb?: number | undefined;
}

/** The child process ended, by a signal or by itself, while it still owed an answer. */
export class ChildDied extends Error {
  override readonly name = "ChildDied";
}

/** The error for the user when a task brought its child process down. */
export function crashed(what: string, cause: ChildDied): UserError {
  return new UserError("child-died", `${what} crashed: ${cause.message}; is the model damaged?`, { cause });
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

const MEMORY_POLL_MS = 50;
const STDERR_KEPT = 2000;

/** A child process that runs tasks, one at a time. It never keeps the program alive unless a call is under way. */
export class Child {
  /** Calls made so far. */
  calls = 0;
  readonly #process: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  #alive = true;
  #stderr = "";

  constructor() {
    // From TypeScript sources (tests, development) the child needs the same loader as this process.
    const sources = import.meta.url.endsWith(".ts");
    this.#process = fork(new URL(sources ? "./child-main.ts" : "./child-main.js", import.meta.url), {
      execArgv: sources ? ["--import", import.meta.resolve("tsx/esm")] : [],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    living.add(this);
    watchSignals();
    this.#process.on("message", (reply: TaskReply) => this.#settle(reply));
    this.#process.on("error", (error) => this.#ended(error.message));
    this.#process.on("exit", (code, signal) => this.#ended(signal ?? `exit code ${code}`));
    this.#process.stderr?.on("data", (text: Buffer) => {
      this.#stderr = (this.#stderr + text.toString()).slice(-STDERR_KEPT);
    });
    this.#rest();
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Id of the process. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /**
   * Runs `task` in the child. Rejects with what the task threw (a UserError stays one), with `ChildDied`, or with a
   * UserError when a limit is met.
   */
  async call<Args, Result>(task: Task<Args, Result>, args: Args, limits: CallLimits = {}): Promise<Result> {
    invariant(this.#alive, "the child process has ended already");
    this.calls++;
    const request: TaskRequest = { id: this.calls, module: task.module, name: task.name, args };
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#pending.set(request.id, { resolve, reject });
    });
    this.#process.ref();
    this.#process.channel?.ref();
    const stopWatching = this.#watch(task.name, limits);
    try {
      this.#process.send(request, (error) => error && this.#ended(error.message));
      return (await answer) as Result;
    } finally {
      stopWatching();
      this.#pending.delete(request.id);
      if (this.#pending.size === 0) this.#rest();
    }
  }

  /** Kills the process at once; calls under way reject with `ChildDied`. */
  kill(): void {
    this.#process.kill("SIGKILL");
  }

  #watch(name: string, { timeoutMs, memoryMb }: CallLimits): () => void {
    const timeout =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            this.#abort(
              new UserError("time-limit", `${name} was stopped: it took longer than ${timeoutMs / 1000} s`),
            );
          }, timeoutMs);
    const memory =
      memoryMb === undefined
        ? undefined
        : setInterval(() => {
            if (residentMbOf(this.pid) <= memoryMb) return;
            this.#abort(
              new UserError(
                "memory-limit",
                `${name} was stopped: it took more than ${memoryMb} MB of memory`,
              ),
            );
          }, MEMORY_POLL_MS);
    return () => {
      clearTimeout(timeout);
      clearInterval(memory);
    };
  }

  #abort(error: Error): void {
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
    this.#alive = false;
    this.kill();
  }

  #settle(reply: TaskReply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (!pending) return;
    if (reply.ok) pending.resolve(reply.value);
    else pending.reject(errorOf(reply));
  }

  #ended(how: string): void {
    this.#alive = false;
    living.delete(this);
    const said = this.#stderr.trim().split("\n").at(-1);
    for (const { reject } of this.#pending.values()) {
      reject(new ChildDied(`the child process ended (${how})${said ? `: ${said}` : ""}`));
    }
    this.#pending.clear();
  }

  /** Without a call under way nothing of the child keeps this process from ending. */
  #rest(): void {
    this.#process.unref();
    this.#process.channel?.unref();
    const { stderr } = this.#process;
    if (stderr && "unref" in stderr && typeof stderr.unref === "function") stderr.unref();
  }
}

function errorOf(reply: TaskReply & { readonly ok: false }): Error {
  if (reply.code !== undefined) return new UserError(reply.code, reply.message);
  const error = new Error(reply.message);
  if (reply.stack !== undefined) error.stack = reply.stack;
  return error;
}

const living = new Set<Child>();
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
let watching = false;

/** No way out of this process leaves a child behind. */
function watchSignals(): void {
  if (watching) return;
  watching = true;
  process.on("exit", killAll);
  for (const signal of SIGNALS) {
    const onSignal = () => {
      // Another listener means that the program wants to end in its own way.
      if (process.listenerCount(signal) > 1) return;
      killAll();
      process.off(signal, onSignal);
      process.kill(process.pid, signal);
    };
    process.on(signal, onSignal);
  }
}

function killAll(): void {
  for (const child of living) child.kill();
}
