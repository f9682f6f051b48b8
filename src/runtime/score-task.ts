import { UserError } from "../base/errors.js";
import { elementsOf, nameOfType } from "../ir/index.js";
import { addScore, areProbabilities, type Score, scoreBlock } from "./classify.js";
import { heldSession } from "./held-session.js";
import { floatTensor, numbersIn } from "./host-tensor.js";
import type { Port } from "./port.js";
import type { Session } from "./session.js";
import { task } from "./task.js";

/** Some samples, one after the other, and the class number of each. */
export interface LabelledBatch {
  readonly x: Float32Array;
  readonly y: ArrayLike<number>;
}

interface ScoreArgs extends LabelledBatch {
  readonly shape: readonly number[];
  readonly input: Port;
  readonly output: string;
  /** Number of the batch's first sample in the data set. */
  readonly first: number;
}

/** Whether a model ends with a softmax; decided by its first predictions. */
export interface Ending {
  probabilities?: boolean;
}

const heldEnding: Ending = {};

/** In the child: predicts one batch with the session that it holds. */
export function scoreBatch(args: ScoreArgs): Promise<Score> {
  return scoreOn(heldSession(), args, heldEnding);
}

/** Predicts one batch, in blocks where the model's batch size is fixed. */
export async function scoreOn(session: Session, args: ScoreArgs, ending: Ending): Promise<Score> {
  const { x, y, shape, input, output, first } = args;
  const samples = y.length;
  const size = elementsOf(shape);
  const fixed = input.dims[0];
  const block = typeof fixed === "number" && fixed > 0 ? fixed : samples;
  const total = { samples: 0, top1: 0, top5: 0, loss: 0 };
  for (let start = 0; start < samples; start += block) {
    const count = Math.min(block, samples - start);
    const scores = await predict(
      session,
      input,
      output,
      [block, ...shape],
      x.subarray(start * size, (start + count) * size),
    );
    const classes = scores.length / block;
    if (!Number.isInteger(classes) || classes < 2) {
      throw new UserError(
        "evaluate-output",
        `output ${output} gives ${scores.length} numbers for ${block} samples, no class scores`,
      );
    }
    const own = Array.prototype.slice.call(scores, 0, count * classes) as number[];
    ending.probabilities ??= areProbabilities(own, classes);
    const labels = Array.from(y).slice(start, start + count);
    addScore(total, scoreBlock(own, labels, ending.probabilities, first + start));
  }
  return total;
}

/** Class scores of one block, whose missing samples are zeros. */
async function predict(
  session: Session,
  input: Port,
  output: string,
  dims: number[],
  x: Float32Array,
): Promise<ArrayLike<number>> {
  const full = elementsOf(dims) === x.length;
  const filled = full ? x : new Float32Array(elementsOf(dims));
  if (!full) filled.set(x);
  const tensor = floatTensor(input.dataType, dims, filled);
  if (!tensor) {
    throw new UserError(
      "input-type",
      `input ${input.name} takes ${nameOfType(input.dataType)}, data sets give floats`,
    );
  }
  const [scores] = await session.run(new Map([[input.name, tensor]]), [output]);
  return scores ? numbersIn(scores) : [];
}

export const scoreTask = task(import.meta.url, scoreBatch);
