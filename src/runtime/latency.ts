import { invariant } from "../base/errors.js";
import { type Feeds, randomFeeds } from "./feeds.js";
import { HeldSession, heldSession, peakTask } from "./held-session.js";
import { candidateInputs, type InputChoice } from "./inputs.js";
import type { SessionOptions } from "./session.js";
import type { ModelSource } from "./source.js";
import { task } from "./task.js";

export interface LatencyOptions extends SessionOptions, InputChoice {
  /** Runs before the clock starts; 10 by default, at most as many as take a second. */
  readonly warmup?: number | undefined;
  /** Wall-clock time for each model's measurement, without loading; 3 s by default. */
  readonly seconds?: number | undefined;
  /** Seed of the random inputs. */
  readonly seed?: number | undefined;
  /** Called with the share of the measurement that is done. */
  readonly onProgress?: ((share: number) => void) | undefined;
}

/** Time of one run and memory of one model. */
export interface Latency {
  readonly p50Ms: number;
  readonly p90Ms: number;
  /** Highest resident memory beyond that of an idle process with onnxruntime loaded. */
  readonly peakMb: number;
  readonly runs: number;
}

/** A turn of one model lasts about so long, and there are at least so many turns. */
const TURN_MS = 60;
const FEWEST_TURNS = 5;
const TIMEOUT_MS = 600_000;

/**
 * Times models against each other: each sits in a child process of its own, and they take turns, so that whatever else
 * the machine does hits all of them. Open first dimensions are 1 unless `batch` says otherwise. Throws a UserError for
 * a model that does not load or run.
 */
export async function measureLatency(
  sources: readonly ModelSource[],
  options: LatencyOptions = {},
): Promise<Latency[]> {
  const { warmup = 10, seconds = 3, seed = 0, batch = 1, inputShapes, onProgress, ...session } = options;
  const limits = { timeoutMs: TIMEOUT_MS };
  const sessions: HeldSession[] = [];
  try {
    // All before the first run: a model that does not load is not to be waited for.
    for (const source of sources) sessions.push(await HeldSession.open(source, session, limits));
    const turns: { readonly session: HeldSession; readonly runs: number; readonly times: number[] }[] = [];
    for (const held of sessions) {
      const runMs = await held.call(warmUpTask, { choice: { batch, inputShapes }, warmup, seed }, limits);
      turns.push({ session: held, runs: Math.max(1, Math.round(TURN_MS / runMs)), times: [] });
    }
    const started = performance.now();
    for (let turn = 0, share = 0; turn < FEWEST_TURNS || share < 1; turn++) {
      for (const { session: held, runs, times } of turns)
        times.push(...(await held.call(timeRunsTask, runs, limits)));
      share = (performance.now() - started) / (1000 * seconds * sources.length);
      onProgress?.(Math.min(share, 1));
    }
    return await Promise.all(
      turns.map(async ({ session: held, times }) => ({
        p50Ms: quantile(times, 0.5),
        p90Ms: quantile(times, 0.9),
        peakMb: await held.call(peakTask, undefined, limits),
        runs: times.length,
      })),
    );
  } finally {
    for (const held of sessions) held.close();
  }
}

/** The smallest value that at least this share of the values does not exceed (nearest rank). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

interface WarmUpArgs {
  readonly choice: InputChoice;
  readonly warmup: number;
  readonly seed: number;
}

let feeds: Feeds | undefined;

/** In the child: finds inputs that work, runs them a few times, and returns the time of the last run in ms. */
export async function warmUp({ choice, warmup, seed }: WarmUpArgs): Promise<number> {
  const session = heldSession();
  let failure: unknown;
  for (const pinned of candidateInputs(session.inputs, choice)) {
    try {
      feeds = randomFeeds(session.inputs, pinned, seed);
      const started = performance.now();
      let last = await timeRun();
      for (let i = 1; i < warmup && performance.now() - started < 1000; i++) last = await timeRun();
      return last;
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

/** In the child: times in ms of some runs, after one that does not count. */
export async function timeRuns(runs: number): Promise<number[]> {
  await timeRun();
  const times: number[] = [];
  for (let i = 0; i < runs; i++) times.push(await timeRun());
  return times;
}

async function timeRun(): Promise<number> {
  invariant(feeds, "the model was not warmed up");
  const started = performance.now();
  await heldSession().run(feeds);
  return performance.now() - started;
}

const warmUpTask = task(import.meta.url, warmUp);
const timeRunsTask = task(import.meta.url, timeRuns);
