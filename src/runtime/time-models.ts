import { invariant } from "../base/errors.js";
import { Child, ChildDied, crashed } from "./child.js";
import { type Feeds, randomFeeds } from "./feeds.js";
import { candidateInputs } from "./inputs.js";
import { openSession, type Session, type SessionOptions } from "./session.js";
import { handOver, type ModelSource, type PassedModel } from "./source.js";
import { task } from "./task.js";

export interface TimingOptions extends SessionOptions {
  /** Wall-clock time for all models together, without loading; 5 s by default. Every model gets two turns in any case. */
  readonly seconds?: number;
  /** Called with the share that is done. */
  readonly onProgress?: ((share: number) => void) | undefined;
}

/** A model's turn lasts so long, and one run in any case. */
const TURN_MS = 4;
const LIMITS = { timeoutMs: 120_000 };

/**
 * Fastest runs in milliseconds of several models, two figures for each: from every other turn one. Open dimensions of inputs
 * are filled in as for `measureLatency`, the batch being 1.
 * They share one child process and take turns; what else the machine does makes a run slower and never faster. Throws
 * what `openSession` throws.
 */
export async function timeModels(
  sources: readonly ModelSource[],
  { seconds = 5, onProgress, ...session }: TimingOptions = {},
): Promise<(readonly [number, number])[]> {
  const handed = await Promise.all(sources.map(handOver));
  const best = sources.map((): [number, number] => [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
  const child = new Child();
  try {
    await child.call(openTask, { models: handed.map(({ model }) => model), session }, LIMITS);
    const started = performance.now();
    for (let turn = 0, share = 0; turn < 2 || share < 1; turn++) {
      const times = await child.call(turnTask, TURN_MS, LIMITS);
      best.forEach((pair, i) => {
        pair[turn % 2] = Math.min(pair[turn % 2] ?? 0, times[i] ?? 0);
      });
      share = (performance.now() - started) / (1000 * seconds);
      onProgress?.(Math.min(1, share));
    }
    return best;
  } catch (error) {
    throw error instanceof ChildDied ? crashed("timing layers", error) : error;
  } finally {
    child.kill();
    for (const { dispose } of handed) dispose();
  }
}

interface OpenArgs {
  readonly models: readonly PassedModel[];
  readonly session: SessionOptions;
}

let opened: readonly { readonly session: Session; readonly feeds: Feeds }[] = [];

/** In the child: opens all models and runs each once. */
export async function openAll({ models, session: options }: OpenArgs): Promise<void> {
  const sessions = [];
  for (const model of models) {
    const session = await openSession(model, options);
    sessions.push({ session, feeds: await workingFeeds(session) });
  }
  opened = sessions;
}

/** Random inputs with which the model runs; it has run once then. */
async function workingFeeds(session: Session): Promise<Feeds> {
  let failure: unknown;
  for (const pinned of candidateInputs(session.inputs, { batch: 1 })) {
    try {
      const feeds = randomFeeds(session.inputs, pinned, 0, 4096);
      await session.run(feeds);
      return feeds;
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

/** In the child: the fastest run of each model in a turn of `ms` milliseconds. */
export async function takeTurn(ms: number): Promise<number[]> {
  invariant(opened.length > 0, "no models are open in this child process");
  const fastest: number[] = [];
  for (const { session, feeds } of opened) {
    let best = Number.POSITIVE_INFINITY;
    const end = performance.now() + ms;
    do {
      const started = performance.now();
      await session.run(feeds);
      best = Math.min(best, performance.now() - started);
    } while (performance.now() < end);
    fastest.push(best);
  }
  return fastest;
}

const openTask = task(import.meta.url, openAll);
const turnTask = task(import.meta.url, takeTurn);
