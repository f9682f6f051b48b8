import { UserError } from "../base/errors.js";
import type { Model } from "../ir/index.js";
import { relativeDifference } from "./difference.js";
import { type Feeds, randomFeeds } from "./feeds.js";
import { candidateInputs, type InputChoice } from "./inputs.js";
import { inputPorts } from "./port.js";
import { run } from "./run.js";
import type { RunOutput, SessionOptions } from "./session.js";

/** How far one model's outputs are from another's. */
export interface OutputComparison {
  /** Why the candidate does not run on the reference's inputs; undefined where it does. */
  readonly failure: string | undefined;
  /** By the reference's outputs in their order; Infinity where the candidate has none of that name and these sizes. */
  readonly outputs: readonly { readonly name: string; readonly difference: number }[];
  /** How far the reference's own outputs move when onnxruntime optimises it: what rounding does. */
  readonly rounding: number;
}

export interface CompareOptions extends InputChoice {
  readonly provider?: string | undefined;
  /** Seed of the random inputs. */
  readonly seed?: number | undefined;
}

/**
 * Runs two models on the same random inputs, unoptimised, and measures how far their outputs are apart (see
 * `relativeDifference`). Open sizes are the first with which the reference runs. Throws the UserErrors of `run`.
 */
export async function compareOutputs(
  reference: Model,
  candidate: Model,
  { provider, seed = 0, ...choice }: CompareOptions = {},
): Promise<OutputComparison> {
  const plain: SessionOptions = { provider, optimization: "disabled" };
  const { feeds, outputs: wanted } = await firstRun(reference, choice, seed, plain);
  const optimized = await run(reference, feeds, { provider });
  const { got, failure } = await attempt(candidate, feeds, plain);
  return {
    failure,
    outputs: wanted.map((output) => ({ name: output.name, difference: differenceIn(output, got) })),
    rounding: Math.max(0, ...wanted.map((output) => differenceIn(output, optimized)).filter(Number.isFinite)),
  };
}

async function attempt(
  model: Model,
  feeds: Feeds,
  options: SessionOptions,
): Promise<{ got: readonly RunOutput[]; failure: string | undefined }> {
  try {
    return { got: await run(model, feeds, options), failure: undefined };
  } catch (error) {
    if (error instanceof UserError) return { got: [], failure: error.message };
    throw error;
  }
}

function differenceIn(output: RunOutput, others: readonly RunOutput[]): number {
  const other = others.find(({ name }) => name === output.name);
  return other ? relativeDifference(output, other) : Number.POSITIVE_INFINITY;
}

/** The outputs at the first input sizes with which the model runs. */
async function firstRun(
  model: Model,
  choice: InputChoice,
  seed: number,
  options: SessionOptions,
): Promise<{ feeds: Feeds; outputs: RunOutput[] }> {
  const ports = inputPorts(model.graph);
  let failure: unknown;
  for (const pinned of candidateInputs(ports, choice)) {
    const feeds = randomFeeds(ports, pinned, seed);
    try {
      return { feeds, outputs: await run(model, feeds, options) };
    } catch (error) {
      if (!(error instanceof UserError) || error.code !== "run-failed") throw error;
      failure ??= error;
    }
  }
  throw failure;
}
