import { UserError } from "../base/errors.js";
import { DataType, type Model } from "../ir/index.js";
import {
  candidateInputs,
  type HostTensor,
  type InputChoice,
  inputPorts,
  numbersIn,
  type RunOutput,
  randomFeeds,
  run,
} from "../runtime/index.js";

/** How far an output of one model is from that of another on the same random input. */
export interface OutputDifference {
  readonly name: string;
  /** Largest and mean absolute difference; null where the dimensions differ or the output is no number. */
  readonly largest: number | null;
  readonly mean: number | null;
}

export interface RunChoice extends InputChoice {
  readonly seed?: number | undefined;
  readonly provider?: string | undefined;
}

/**
 * Runs both models on the same random input and compares their outputs by position. Inputs go by their names. Throws
 * the UserErrors of `run` where one of the models does not run.
 */
export async function compareRuns(
  before: Model,
  after: Model,
  choice: RunChoice = {},
): Promise<OutputDifference[]> {
  const { seed = 0, provider, ...sizes } = choice;
  const ports = inputPorts(before.graph);
  let failure: unknown;
  for (const pinned of candidateInputs(ports, sizes)) {
    const feeds = randomFeeds(ports, pinned, seed);
    try {
      const outputs = await run(before, feeds, { provider });
      const others = await run(after, feeds, { provider });
      return outputs.map((output, index) => differenceOf(output, others[index]));
    } catch (error) {
      if (!(error instanceof UserError) || error.code !== "run-failed") throw error;
      failure ??= error;
    }
  }
  throw failure;
}

function differenceOf(output: RunOutput, other: HostTensor | undefined): OutputDifference {
  const nothing = { name: output.name, largest: null, mean: null };
  if (!other || String(output.dims) !== String(other.dims)) return nothing;
  if (output.dataType === DataType.STRING || other.dataType === DataType.STRING) return nothing;
  const [x, y] = [numbersIn(output), numbersIn(other)];
  let [largest, sum] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    const distance = Object.is(x[i], y[i]) ? 0 : Math.abs((x[i] as number) - (y[i] as number));
    // Math.max keeps NaN, which one model alone gave.
    largest = Math.max(largest, distance);
    sum += distance;
  }
  return { name: output.name, largest, mean: x.length === 0 ? 0 : sum / x.length };
}
