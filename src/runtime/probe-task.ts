import { messageOf } from "../base/errors.js";
import { loadEngine } from "./engine.js";
import { randomFeeds } from "./feeds.js";
import { numbersIn } from "./host-tensor.js";
import type { Port } from "./port.js";
import { Session } from "./session.js";
import { task } from "./task.js";

export interface ProbeArgs {
  /** An encoded probe model. */
  readonly bytes: Uint8Array;
  /** "basic" folds constants, which finds more shapes, but runs kernels while it loads. */
  readonly optimization: "basic" | "disabled";
}

/** Sizes hardly depend on values: no need to draw a number for each element of large weights. */
const DISTINCT = 4096;

/** What came of a probe, or why not, in onnxruntime's words. */
export type ProbeReply<T> =
  | { readonly ok: true; readonly found: T }
  | { readonly ok: false; readonly message: string };

/** Loads a probe and reads the types that onnxruntime inferred for its outputs. Runs nothing but constants. */
export function readTypes(args: ProbeArgs): Promise<ProbeReply<readonly Port[]>> {
  return inSession(args, async (session) => session.outputs);
}

/**
 * Runs a probe whose outputs are shapes on random inputs (its weights are inputs too) and returns these shapes in
 * order. For what only a run can tell.
 */
export function measureShapes(args: ProbeArgs): Promise<ProbeReply<readonly (readonly number[])[]>> {
  return inSession(args, async (session) => {
    const pinned = new Map(session.inputs.map(({ name, dims }) => [name, dims.map(Number)]));
    const shapes = await session.run(randomFeeds(session.inputs, pinned, 0, DISTINCT));
    return shapes.map((shape) => Array.from(numbersIn(shape)));
  });
}

async function inSession<T>(args: ProbeArgs, use: (session: Session) => Promise<T>): Promise<ProbeReply<T>> {
  const { InferenceSession } = await loadEngine();
  try {
    const native = await InferenceSession.create(args.bytes, {
      graphOptimizationLevel: args.optimization,
      logSeverityLevel: 4,
    });
    const session = new Session(native, "probe");
    try {
      return { ok: true, found: await use(session) };
    } finally {
      await session.release();
    }
  } catch (error) {
    return { ok: false, message: messageOf(error) };
  }
}

export const readTypesTask = task(import.meta.url, readTypes);
export const measureShapesTask = task(import.meta.url, measureShapes);
