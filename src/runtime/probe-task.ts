import type { InferenceSession } from "onnxruntime-node";
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
  /** Folds constants, which finds more shapes, but runs kernels while the probe is loaded. */
  readonly fold: boolean;
}

/** Sizes hardly depend on values: no need to draw a number for each element of large weights. */
const DISTINCT = 4096;

/** Constants that decide shapes are small; a folded ConstantOfShape may ask for all memory there is. */
const LARGEST_FOLDED = String(1 << 20);

/** What came of a probe, or why not, in onnxruntime's words. */
export type ProbeReply<T> =
  | { readonly ok: true; readonly found: T }
  | { readonly ok: false; readonly message: string };

/** Loads a probe and reads the types that onnxruntime inferred for its outputs. Runs nothing but constants. */
export function readTypes({ bytes, fold }: ProbeArgs): Promise<ProbeReply<readonly Port[]>> {
  const options: InferenceSession.SessionOptions = {
    graphOptimizationLevel: fold ? "basic" : "disabled",
    // Starting threads takes longer than all the rest.
    intraOpNumThreads: 1,
    extra: { optimization: { constant_folding_max_output_size_in_bytes: LARGEST_FOLDED } },
  };
  return inSession(bytes, options, async (session) => session.outputs);
}

/**
 * Runs a probe whose outputs are shapes on random inputs (its weights are inputs too) and returns these shapes in
 * order. For what only a run can tell. Nothing is folded: a shape that is known beforehand would not be computed.
 */
export function measureShapes({ bytes }: ProbeArgs): Promise<ProbeReply<readonly (readonly number[])[]>> {
  return inSession(bytes, { graphOptimizationLevel: "disabled" }, async (session) => {
    const pinned = new Map(session.inputs.map(({ name, dims }) => [name, dims.map(Number)]));
    const shapes = await session.run(randomFeeds(session.inputs, pinned, 0, DISTINCT));
    return shapes.map((shape) => Array.from(numbersIn(shape)));
  });
}

async function inSession<T>(
  bytes: Uint8Array,
  options: InferenceSession.SessionOptions,
  use: (session: Session) => Promise<T>,
): Promise<ProbeReply<T>> {
  const { InferenceSession } = await loadEngine();
  try {
    const session = new Session(
      await InferenceSession.create(bytes, { ...options, logSeverityLevel: 4 }),
      "probe",
    );
    try {
      return { ok: true, found: await use(session) };
    } finally {
      await session.release();
    }
  } catch (error) {
    return { ok: false, message: messageOf(error) };
  }
}

/** Loads what the other tasks need. */
export async function prepare(): Promise<void> {
  await loadEngine();
}

export const prepareTask = task(import.meta.url, prepare);
export const readTypesTask = task(import.meta.url, readTypes);
export const measureShapesTask = task(import.meta.url, measureShapes);
