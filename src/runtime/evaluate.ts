import { invariant, UserError } from "../base/errors.js";
import { elementsOf, nameOfType } from "../ir/index.js";
import { areProbabilities, type Score, scoreBlock } from "./classify.js";
import { HeldSession, heldSession } from "./held-session.js";
import { floatTensor, numbersIn } from "./host-tensor.js";
import type { Port } from "./port.js";
import type { SessionOptions } from "./session.js";
import { labelOf, type ModelSource } from "./source.js";
import { task } from "./task.js";

/** Some samples with their labels: `x` has the dimensions `dims`, samples first; `y` one class number for each. */
export interface LabelledBatch {
  readonly x: Float32Array;
  readonly dims: readonly number[];
  readonly y: ArrayLike<number>;
}

export interface EvaluateOptions extends SessionOptions {
  /** The output that holds the class scores; the first by default. */
  readonly output?: string | undefined;
  /** Called after every batch with the number of samples so far. */
  readonly onProgress?: ((samples: number) => void) | undefined;
  /** For one batch; ten minutes by default. */
  readonly timeoutMs?: number | undefined;
}

/** Accuracy on a data set: shares of samples, and the mean cross-entropy in nats. */
export interface Evaluation {
  readonly top1: number;
  readonly top5: number;
  readonly loss: number;
  readonly samples: number;
  readonly provider: string;
  /** From the first batch to the last, reading included, without loading the model. */
  readonly seconds: number;
}

/**
 * Measures how well a classifier predicts the labels of the batches, in a child process that computes one batch while
 * the next is read. A model with a fixed batch size gets blocks of that size, the last one filled up. Throws a
 * UserError where the model and the data do not fit each other, and those of `openSession`.
 */
export async function evaluate(
  source: ModelSource,
  batches: Iterable<LabelledBatch> | AsyncIterable<LabelledBatch>,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const { output, onProgress, timeoutMs = 600_000, ...sessionOptions } = options;
  const session = await HeldSession.open(source, sessionOptions, { timeoutMs });
  try {
    const label = labelOf(source);
    const input = onlyInput(session.ports.inputs, label);
    const scores = outputNamed(session.ports.outputs, output, label);
    const started = performance.now();
    const total = { samples: 0, top1: 0, top5: 0, loss: 0 };
    let running: Promise<Score> | undefined;
    const finish = async () => {
      add(total, await running);
      onProgress?.(total.samples);
    };
    let first = 0;
    for await (const batch of batches) {
      checkFits(input, batch, label);
      if (running) await finish();
      running = session.call(scoreTask, { ...batch, input, output: scores.name, first }, { timeoutMs });
      // A failure is seen when the batch is awaited, after the next one has been read.
      running.catch(() => {});
      first += batch.y.length;
    }
    if (running) await finish();
    const { samples } = total;
    if (samples === 0) throw new UserError("no-samples", "there are no samples to evaluate on");
    return {
      top1: total.top1 / samples,
      top5: total.top5 / samples,
      loss: total.loss / samples,
      samples,
      provider: sessionOptions.provider ?? "cpu",
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    session.close();
  }
}

interface ScoreArgs extends LabelledBatch {
  readonly input: Port;
  readonly output: string;
  /** Number of the batch's first sample in the data set. */
  readonly first: number;
}

/** True where the held session's model ends with a softmax; decided by its first predictions. */
let probabilities: boolean | undefined;

/** In the child: predicts one batch, in blocks where the model's batch size is fixed. */
export async function scoreBatch({ x, dims, y, input, output, first }: ScoreArgs): Promise<Score> {
  const [samples = 0, ...sample] = dims;
  const size = elementsOf(sample);
  const fixed = input.dims[0];
  const block = typeof fixed === "number" && fixed > 0 ? fixed : samples;
  const total = { samples: 0, top1: 0, top5: 0, loss: 0 };
  for (let start = 0; start < samples; start += block) {
    const count = Math.min(block, samples - start);
    const scores = await predict(
      input,
      output,
      [block, ...sample],
      x.subarray(start * size, (start + count) * size),
    );
    const classes = scores.length / block;
    const own = Array.prototype.slice.call(scores, 0, count * classes) as number[];
    probabilities ??= areProbabilities(own, classes);
    add(total, scoreBlock(own, Array.from(y).slice(start, start + count), probabilities, first + start));
  }
  return total;
}

const scoreTask = task(import.meta.url, scoreBatch);

/** Class scores of one block, whose missing samples are zeros. */
async function predict(
  input: Port,
  output: string,
  dims: number[],
  x: Float32Array,
): Promise<ArrayLike<number>> {
  const filled = new Float32Array(elementsOf(dims));
  filled.set(x);
  const tensor = floatTensor(input.dataType, dims, filled);
  if (!tensor) {
    throw new UserError(
      "input-type",
      `input ${input.name} takes ${nameOfType(input.dataType)}, data sets give floats`,
    );
  }
  const [scores] = await heldSession().run(new Map([[input.name, tensor]]), [output]);
  return scores ? numbersIn(scores) : [];
}

function add(total: { -readonly [Key in keyof Score]: number }, part: Score | undefined): void {
  total.samples += part?.samples ?? 0;
  total.top1 += part?.top1 ?? 0;
  total.top5 += part?.top5 ?? 0;
  total.loss += part?.loss ?? 0;
}

function onlyInput(inputs: readonly Port[], label: string): Port {
  const [input, ...others] = inputs;
  if (input && others.length === 0) return input;
  const names = inputs.map(({ name }) => name).join(", ") || "none";
  throw new UserError(
    "evaluate-inputs",
    `${label}: evaluating needs a model with one input, this has ${names}`,
  );
}

function outputNamed(outputs: readonly Port[], name: string | undefined, label: string): Port {
  const output = name === undefined ? outputs[0] : outputs.find((each) => each.name === name);
  if (output) return output;
  const names = outputs.map((each) => each.name).join(", ");
  throw new UserError("evaluate-output", `${label}: there is no output ${name}; the model has ${names}`);
}

function checkFits({ name, dims: wanted }: Port, { x, dims, y }: LabelledBatch, label: string): void {
  invariant(x.length === elementsOf(dims) && y.length === dims[0], "a batch contradicts its own dimensions");
  const fits = wanted.every((size, axis) => axis === 0 || typeof size === "string" || size === dims[axis]);
  if (wanted.length === 0 || (fits && wanted.length === dims.length)) return;
  const want = ["N", ...wanted.slice(1).map((size) => size || "?")].join(",");
  const got = ["N", ...dims.slice(1)].join(",");
  throw new UserError("input-shape", `${label}: input ${name} takes [${want}], the data set gives [${got}]`);
}
