import type { CallLimits } from "./child.js";
import type { Feeds } from "./feeds.js";
import { inChild } from "./pool.js";
import { type RunOutput, type SessionOptions, withSession } from "./session.js";
import { handOver, type ModelSource, type PassedModel } from "./source.js";
import { task } from "./task.js";

export interface RunOptions extends SessionOptions, CallLimits {
  /** Outputs to compute; all by default. */
  readonly fetch?: readonly string[] | undefined;
}

interface RunArgs {
  readonly model: PassedModel;
  readonly feeds: Feeds;
  readonly session: SessionOptions;
  readonly fetch: readonly string[] | undefined;
}

/**
 * Runs a model once in a child process, which a hang or a crash cannot leave. Outputs come in the model's order.
 * Throws the UserErrors of `openSession` and `Session.run`, and those of the limits (ten minutes by default).
 */
export async function run(source: ModelSource, feeds: Feeds, options: RunOptions = {}): Promise<RunOutput[]> {
  const { fetch, timeoutMs = 600_000, memoryMb, ...session } = options;
  const handed = await handOver(source);
  try {
    return await inChild(runTask, { model: handed.model, feeds, session, fetch }, { timeoutMs, memoryMb });
  } finally {
    handed.dispose();
  }
}

/**
 * Makes sure that onnxruntime loads a model, in a child process. Throws the UserErrors of `openSession`, among them
 * "model-not-runnable" with the reason.
 */
export async function checkLoads(source: ModelSource, session: SessionOptions = {}): Promise<void> {
  const handed = await handOver(source);
  try {
    await inChild(loadTask, { model: handed.model, session }, { timeoutMs: 600_000 });
  } finally {
    handed.dispose();
  }
}

export function loadOnce({ model, session }: Pick<RunArgs, "model" | "session">): Promise<void> {
  return withSession(model, session, async () => {});
}

export function runOnce({ model, feeds, session, fetch }: RunArgs): Promise<RunOutput[]> {
  return withSession(model, session, (opened) => opened.run(feeds, fetch));
}

const runTask = task(import.meta.url, runOnce);
const loadTask = task(import.meta.url, loadOnce);
